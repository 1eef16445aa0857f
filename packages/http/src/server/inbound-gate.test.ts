import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import {
  ActiveFaults,
  type InboundConfig,
  InboundListener,
  type InboundWatcher,
  MeshError,
  SeededRandom,
  SimulatedClock,
} from '@inmesh/core'
import { InboundGate } from './inbound-gate.js'
import type { MeshServer } from './mesh-server.js'
import { keptConnection, send, serve, start } from './testing/inbound-fixture.js'

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

const plain = (): InboundConfig => ({
  name: 'in',
  revision: {},
  detectsProtocols: false,
  chains: [{ name: 'a', match: MATCH, use: { kind: 'plain' } }],
})

/** A server whose listener is told by the test. */
async function gated(context: TestContext, required = false) {
  const clock = new SimulatedClock()
  const random = new SeededRandom(1)
  const handled: string[] = []
  let watcher!: InboundWatcher
  const source = {
    watchInbound: (_: unknown, given: InboundWatcher) => {
      watcher = given
      return () => {}
    },
  }
  const observer = {
    listening: (server: MeshServer) => {
      const { address, port } = server.boundAddress!
      const listener = new InboundListener(source, { address, port }, random)
      return new InboundGate(listener, { clock, random, faults: new ActiveFaults(), patienceMs: 5000, required })
    },
    closing: () => {},
    closed: () => {},
  }
  const handler = () => (request: { url?: string }, response: { end(text: string): unknown }) => {
    handled.push(request.url!)
    response.end('handled')
  }
  const { server, port } = await serve(context, handler, { observer })
  /** Sends a request that is held back, and waits until it is. */
  const held = async () => {
    const { call, reply } = start(port, { path: '/held' })
    const [socket] = (await once(server, 'connection')) as [Socket]
    await once(socket, 'data')
    return { call, reply, socket }
  }
  return { server, port, clock, watcher, handled, held }
}

describe('a request before anything is known of the listener', () => {
  test('waits for the first word', async (context) => {
    const { watcher, handled, held } = await gated(context)
    const { reply } = await held()
    assert.deepEqual(handled, [])
    watcher.configured(plain())
    assert.equal((await reply).body, 'handled')
  })

  for (const required of [false, true]) {
    test(`waits no longer than it has patience, and ${required ? 'is answered 503' : 'goes on'} then`, async (context) => {
      const { clock, held } = await gated(context, required)
      const { reply } = await held()
      clock.advance(4999)
      clock.advance(1)
      const { status, body } = await reply
      assert.deepEqual(
        [status, body],
        required ? [503, 'not ready: the listener of the server has not arrived'] : [200, 'handled'],
      )
    })

    test(`${required ? 'is answered 503' : 'goes on'} when nobody can be asked, or has a listener`, async (context) => {
      const { watcher, port } = await gated(context, required)
      watcher.unreachable(new MeshError('ERR_INMESH_CONTROL_PLANE_UNAVAILABLE', 'refused'))
      assert.equal((await send(port)).status, required ? 503 : 200)
      watcher.unknown()
      assert.equal((await send(port)).status, required ? 503 : 200)
    })
  }

  test('is forgotten when its caller goes away', async (context) => {
    const { watcher, handled, held } = await gated(context)
    const { call, reply, socket } = await held()
    const lost = assert.rejects(reply)
    call.destroy()
    await Promise.all([lost, once(socket, 'close')])
    watcher.configured(plain())
    assert.deepEqual(handled, [])
  })
})

test('connections of a listener that was replaced can be cut, and the others stay', async (context) => {
  const { watcher, port, server } = await gated(context)
  watcher.configured(plain())
  const [old, young] = [keptConnection(), keptConnection()]
  context.after(() => {
    old.destroy()
    young.destroy()
  })
  const [socket] = await Promise.all([
    once(server, 'connection').then(([socket]) => socket),
    send(port, { agent: old }),
  ])
  watcher.configured(plain())
  await send(port, { agent: young })
  const closed = once(socket, 'close')
  server.cutRetired()
  await closed
  let connections = 0
  server.on('connection', () => connections++)
  assert.equal((await send(port, { agent: young })).body, 'handled')
  assert.equal(connections, 0)
})
