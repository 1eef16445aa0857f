import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { SeededRandom } from '@inmesh/core'
import type { MeshIncomingMessage } from './mesh-request.js'
import { deferred, type ServerFixture, serve } from './testing/inbound-fixture.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: raw\r\n\r\n'

/** A connection that asks for another protocol, with the headers given. */
async function asking(context: TestContext, port: number, headers: Record<string, string> = {}, method = 'GET') {
  const socket = connect(port, '127.0.0.1')
  context.after(() => socket.destroy())
  socket.on('error', () => {}).setEncoding('latin1')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const target = method === 'CONNECT' ? 'other.test:80' : '/chat'
  socket.write(
    `${method} ${target} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: raw\r\n${lines.join('')}\r\n`,
  )
  return socket
}

/** A server whose connections of another protocol are the test's. */
async function tunnelled(context: TestContext, parts: Parameters<typeof serve>[2] = {}) {
  const fixture = await serve(context, () => (_request, response) => response.end('plain'), parts)
  const opened = deferred<{ request: MeshIncomingMessage; socket: Socket }>()
  const listener = (request: unknown, socket: unknown) => {
    const tunnel = { request: request as MeshIncomingMessage, socket: socket as Socket }
    tunnel.socket.write(SWITCH)
    opened.resolve(tunnel)
  }
  fixture.server.on('upgrade', listener)
  fixture.server.on('connect', listener)
  return { ...fixture, opened: opened.promise }
}

function carried({ contexts }: ServerFixture) {
  const { trace, deadline, baggage } = contexts.current() ?? assert.fail('no context')
  return [trace.traceparent(new SeededRandom(1)), deadline, baggage]
}

describe('a request that becomes a connection of another protocol', () => {
  for (const method of ['GET', 'CONNECT']) {
    test(`by ${method === 'GET' ? 'an upgrade' : method} is in flight as long as the connection, and a drain waits for it`, async (context) => {
      const { server, port, opened } = await tunnelled(context)
      const client = await asking(context, port, {}, method)
      const { socket } = await opened
      assert.equal(server.inFlight, 1)
      let drained = false
      const end = server.drain().then(() => {
        drained = true
      })
      socket.write('after')
      while (!String(client.read() ?? '').endsWith('after')) await turn()
      assert.equal(drained, false)
      client.end()
      socket.end()
      await end
      assert.equal(server.inFlight, 0)
    })
  }

  test('is run in the context of the request, what comes later included, and has no deadline', async (context) => {
    const fixture = await tunnelled(context)
    const seen: unknown[] = []
    fixture.server.prependListener('upgrade', (_request, socket) => {
      seen.push(carried(fixture))
      socket.on('data', () => seen.push(carried(fixture)))
      socket.on('close', () => seen.push(carried(fixture)))
    })
    const headers = { traceparent: TRACE, baggage: 'tenant=a', 'x-envoy-expected-rq-timeout-ms': '50' }
    const client = await asking(context, fixture.port, headers)
    const { request, socket } = await fixture.opened
    assert.equal(request.mesh.timeLeftMs, undefined)
    client.write('one')
    await once(socket, 'data')
    const closed = once(socket, 'close')
    client.end()
    socket.end()
    await closed
    const whole = [TRACE, Number.POSITIVE_INFINITY, 'tenant=a']
    assert.deepEqual(seen.slice(0, 2), [whole, whole])
    assert.equal(fixture.server.inFlight, 0)
  })

  test('of a stranger loses what only a peer may say', async (context) => {
    const { port, opened } = await tunnelled(context, { trusted: [] })
    await asking(context, port, { baggage: 'tenant=a', 'x-envoy-upstream-alt-stat-name': 'x', 'x-own': 'kept' })
    const { request } = await opened
    assert.deepEqual(Object.keys(request.headers).sort(), ['connection', 'host', 'upgrade', 'x-own'])
  })

  test('is taken in once, however often it is handed on', async (context) => {
    const { server, port, opened } = await tunnelled(context)
    server.once('upgrade', (request, socket, head) => server.emit('upgrade', request, socket, head))
    await asking(context, port)
    await opened
    assert.equal(server.inFlight, 1)
  })
})

describe('requests that wait for those before them on their connection', () => {
  test('are over when the connection is cut', async (context) => {
    const both = deferred()
    const signals: AbortSignal[] = []
    const { server, port } = await serve(context, () => (request) => {
      signals.push(request.mesh.signal)
      if (signals.length === 2) both.resolve()
    })
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n')
    await both.promise
    assert.equal(server.inFlight, 2)
    socket.destroy()
    while (!signals[0]!.aborted) await turn()
    await turn()
    assert.deepEqual([server.inFlight, signals[1]!.aborted], [0, true])
  })
})
