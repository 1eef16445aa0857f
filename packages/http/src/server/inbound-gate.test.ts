import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, constants } from 'node:http2'
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
async function gated(context: TestContext, { required = false, http2 = false } = {}) {
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
      const retired = () => server.retireConnections(600_000)
      const listener = new InboundListener(source, { address, port }, random, retired)
      return new InboundGate(listener, { clock, random, faults: new ActiveFaults(), patienceMs: 5000, required })
    },
    closing: () => {},
    closed: () => {},
  }
  const handler = () => (request: { url?: string }, response: { end(text: string): unknown }) => {
    handled.push(request.url!)
    response.end('handled')
  }
  const { server, port, clock: serverClock } = await serve(context, handler, { observer, http2 })
  /** Sends a request that is held back, and waits until it is. */
  const held = async () => {
    const { call, reply } = start(port, { path: '/held' })
    const [socket] = (await once(server, 'connection')) as [Socket]
    await once(socket, 'data')
    return { call, reply, socket }
  }
  return { server, port, clock, serverClock, watcher, handled, held }
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
      const { clock, held } = await gated(context, { required })
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
      const { watcher, port } = await gated(context, { required })
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

describe('connections of a listener that was replaced', () => {
  test('hear of it with their next response, are cut when their time is over, and others stay', async (context) => {
    const { watcher, port, server, serverClock } = await gated(context)
    watcher.configured(plain())
    const [old, hearing, young] = [keptConnection(), keptConnection(), keptConnection()]
    context.after(() => {
      for (const agent of [old, hearing, young]) agent.destroy()
    })
    const [socket] = await Promise.all([
      once(server, 'connection').then(([socket]) => socket),
      send(port, { agent: old }),
    ])
    await send(port, { agent: hearing })
    watcher.configured(plain())
    assert.equal((await send(port, { agent: hearing })).headers.connection, 'close')
    assert.equal((await send(port, { agent: young })).headers.connection, 'keep-alive')
    const closed = once(socket, 'close')
    serverClock.advance(599_999)
    assert.equal(socket.destroyed, false)
    serverClock.advance(1)
    await closed
    let connections = 0
    server.on('connection', () => connections++)
    assert.equal((await send(port, { agent: young })).body, 'handled')
    assert.equal(connections, 0)
  })

  test('of HTTP/2 get GOAWAY at once, also those without a request yet, and end with their streams', async (context) => {
    const { watcher, port, server } = await gated(context, { http2: true })
    watcher.configured(plain())
    const open = async () => {
      const client = connect(`http://127.0.0.1:${port}`)
      context.after(() => client.destroy())
      await Promise.all([once(client, 'remoteSettings'), once(server, 'session')])
      return client
    }
    const clients = [await open(), await open()]
    const stream = clients[0]!.request({ ':path': '/held' })
    await once(stream, 'response')
    const told = clients.map((client) => once(client, 'goaway'))
    const closed = clients.map((client) => once(client, 'close'))
    watcher.configured(plain())
    for (const goaway of told) assert.equal((await goaway)[0], constants.NGHTTP2_NO_ERROR)
    stream.resume()
    await Promise.all([once(stream, 'end'), ...closed])
    const young = await open()
    watcher.configured({ ...plain(), revision: server })
    await once(young, 'close')
  })

  test('leave nothing on the clock when their server is closed', async (context) => {
    const { watcher, server, serverClock, port } = await gated(context)
    watcher.configured(plain())
    await send(port)
    watcher.configured(plain())
    await server.drain()
    assert.equal(serverClock.nextDue, undefined)
  })
})
