import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { MeshError } from '../errors/mesh-error.js'
import type { ChainUse, InboundConfig } from '../model/inbound-config.js'
import type { Route, ServeAction } from '../model/route.js'
import type { InboundWatcher } from '../ports/inbound-source.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { LISTENER, route, routes, virtualHost } from '../testing/fixtures.js'
import { InboundListener } from './inbound-listener.js'

const SERVE: ServeAction = { kind: 'serve', timeoutMs: 0 }
const SERVER = { address: '127.0.0.1', port: 80 }
const CONNECTION = { localAddress: '127.0.0.1', localPort: 80, remoteAddress: '127.0.0.1', remotePort: 5 }
const MATCH = {
  destinations: [],
  serverNames: [],
  transport: '',
  protocols: [],
  directSources: [],
  source: 'any' as const,
  sources: [],
  sourcePorts: [],
}

function http(...list: readonly Route[]): ChainUse {
  return { kind: 'http', listener: LISTENER, routes: routes([virtualHost(list, { domains: ['*'] })]) }
}

function config(use: ChainUse, revision: object = {}): InboundConfig {
  return { name: 'in', revision, detectsProtocols: false, chains: [{ name: 'a', match: MATCH, use }] }
}

describe('the listener of a server', () => {
  let watcher: InboundWatcher
  let unwatched: number
  let retired: number
  let listener: InboundListener
  const error = new MeshError('ERR_INMESH_RESOURCE_INVALID', 'malformed')

  beforeEach(() => {
    unwatched = 0
    retired = 0
    const source = {
      watchInbound: (_: unknown, given: InboundWatcher) => {
        watcher = given
        return () => void unwatched++
      },
    }
    listener = new InboundListener(source, SERVER, new SeededRandom(1), () => void retired++)
  })

  it('tells whoever waits as soon as anything is known, once', () => {
    let told = 0
    listener.whenSettled(() => told++)
    listener.whenSettled(() => told++)()
    assert.equal(listener.state, 'pending')
    watcher.unknown()
    watcher.unreachable(error)
    assert.deepEqual([listener.state, told], ['unknown', 1])
  })

  it('changes the routes of connections in place, and leaves connections with the listener that they came to', () => {
    const revision = {}
    watcher.configured(config(http(route({}, SERVE, { name: 'first' })), revision))
    const chain = listener.chainFor(CONNECTION)!
    assert.deepEqual(chain.use, { kind: 'plain', routeName: 'first' })
    watcher.configured(config(http(route({}, SERVE, { name: 'second' })), revision))
    assert.equal(listener.chainFor(CONNECTION), chain)
    assert.deepEqual([chain.use, chain.retired, retired], [{ kind: 'plain', routeName: 'second' }, false, 0])
    watcher.configured(config(http(route({}, SERVE, { name: 'third' }))))
    assert.notEqual(listener.chainFor(CONNECTION), chain)
    assert.deepEqual([chain.use, chain.retired, retired], [{ kind: 'plain', routeName: 'second' }, true, 1])
  })

  it('stops the server when it was deleted, and starts it again when it is back', () => {
    watcher.configured(config(http(route({}, SERVE))))
    watcher.unknown()
    assert.deepEqual([listener.state, listener.error?.code, retired], ['failed', 'ERR_INMESH_RESOURCE_MISSING', 1])
    watcher.unknown()
    assert.equal(listener.state, 'failed')
    watcher.configured(config(http(route({}, SERVE))))
    assert.deepEqual([listener.state, listener.error], ['configured', undefined])
  })

  it('stays in use when the watch ends, and is closed where nothing was known', () => {
    watcher.configured(config(http(route({}, SERVE))))
    listener.close()
    assert.deepEqual([listener.state, unwatched], ['configured', 1])
    const other = new InboundListener({ watchInbound: () => () => {} }, SERVER, new SeededRandom(1))
    other.close()
    assert.equal(other.state, 'closed')
  })

  it('has the fallback for connections that no chain is for', () => {
    const none = { ...config({ kind: 'plain' }), chains: [] }
    watcher.configured(none)
    assert.equal(listener.chainFor(CONNECTION), undefined)
    const fallback = { name: 'rest', match: MATCH, use: { kind: 'closed' as const, reason: 'so' } }
    watcher.configured({ ...none, revision: {}, fallback })
    assert.equal(listener.chainFor(CONNECTION)?.closed, 'so')
  })
})
