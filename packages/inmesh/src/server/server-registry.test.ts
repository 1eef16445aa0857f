import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { type InboundWatcher, SeededRandom, type ServerAddress, SimulatedClock } from '@inmesh/core'
import type { MeshServer } from '@inmesh/http'
import { ServerGates } from './server-gates.js'
import { ServerRegistry } from './server-registry.js'

describe('the servers of a mesh', () => {
  /** Listeners that are watched and servers that are registered, as `address:port`. */
  let watched: string[]
  let registered: string[]
  let registry: ServerRegistry

  function kept(list: string[], { address, port }: ServerAddress): () => void {
    const name = `${address}:${port}`
    list.push(name)
    return () => {
      if (list.includes(name)) list.splice(list.indexOf(name), 1)
    }
  }

  function server(port: number): MeshServer {
    return { boundAddress: { address: '127.0.0.1', port, family: 'IPv4' }, ready: true } as MeshServer
  }

  beforeEach(() => {
    watched = []
    registered = []
    const clock = new SimulatedClock()
    const settings = {
      clock,
      random: new SeededRandom(1),
      discoveryTimeoutMs: 5000,
      inboundListener: 'optional' as const,
    }
    const source = { watchInbound: (address: ServerAddress, _: InboundWatcher) => kept(watched, address) }
    const configuration = { register: (address: ServerAddress) => kept(registered, address) }
    registry = new ServerRegistry(configuration, new ServerGates(source, settings), clock)
  })

  test('watch their listeners and are registered from when they listen until they close', () => {
    const tested = server(80)
    assert.ok(registry.listening(tested))
    assert.deepEqual([watched, registered], [['127.0.0.1:80'], ['127.0.0.1:80']])
    registry.closing(tested)
    assert.deepEqual([watched, registered], [[], []])
  })

  test('of the application are watched once, by port, and not where a server of the mesh listens, whichever is first', () => {
    const gate = registry.foreignGate(80)
    assert.equal(registry.foreignGate(80), gate)
    assert.deepEqual([watched, registered], [['0.0.0.0:80'], ['0.0.0.0:80']])
    registry.listening(server(80))
    assert.deepEqual([watched, registered], [['127.0.0.1:80'], ['127.0.0.1:80']])
    assert.equal(registry.foreignGate(80), undefined)
    assert.deepEqual(watched, ['127.0.0.1:80'])
  })

  test('say why they are not ready', () => {
    registry.listening(server(80))
    assert.deepEqual([...registry.reasons()], ['the listener of port 80 has not arrived'])
    registry.unready({ ...server(81), ready: false } as MeshServer)
    assert.equal([...registry.reasons()][1], 'the application does not take requests on port 81')
  })
})
