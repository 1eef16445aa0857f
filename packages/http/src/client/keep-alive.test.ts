import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import type { EndpointPools } from './http-carrier.js'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

async function listening(context: TestContext, server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A server that closes a connection when a second request arrives on it, as if it had closed it just before. */
async function closingServer(context: TestContext): Promise<{ port: number; requests: string[]; lost: string[] }> {
  const requests: string[] = []
  const lost: string[] = []
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    let served = 0
    socket.on('data', (data) => {
      const [line = ''] = String(data).split('\r\n')
      if (served++ > 0) {
        lost.push(line)
        socket.destroy()
        return
      }
      requests.push(line)
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
  context.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { port: await listening(context, server), requests, lost }
}

/** undici waits a turn of the event loop before it uses a connection again. */
async function free(mesh: ClientFixture): Promise<void> {
  const [endpoint] = mesh.cluster('reviews').endpoints.values()
  while (!(endpoint!.httpConnections as EndpointPools).default!.ready) await turn()
}

test('no request fails where the server closes idle connections after a few milliseconds', async (context) => {
  const mesh = new ClientFixture(context)
  // Both tell of it, and keep it to themselves.
  for (const announced of [true, false]) {
    const server = createServer((request, response: ServerResponse) => {
      request.resume()
      if (!announced) response.setHeader('connection', 'keep-alive')
      response.end('ok')
    })
    const port = await listening(context, server)
    mesh.serve([port])
    for (let round = 0; round < 100; round++) {
      server.keepAliveTimeout = 1 + (round % 50)
      const { status } = await mesh.request('/', announced ? { method: 'POST', body: 'x' } : {})
      assert.equal(status, 200)
      if (round % 4 === 0) await pause(server.keepAliveTimeout)
    }
  }
})

test('a request that may be carried out twice goes out again when its connection was closed', async (context) => {
  const mesh = new ClientFixture(context)
  const { port, lost } = await closingServer(context)
  mesh.serve([port])
  for (const [path, options] of [
    ['/1', { method: 'PUT', body: 'x' }],
    ['/2', {}],
    ['/3', { method: 'POST', body: 'x', mesh: { idempotent: true } }],
  ] as const) {
    await mesh.request('/first')
    await free(mesh)
    assert.equal((await mesh.request(path, options)).text, 'ok')
    await free(mesh)
    assert.equal(mesh.cluster('reviews').breakers.default.connections, 1)
    // The next finds a connection that was used twice.
    assert.equal((await mesh.request('/last')).text, 'ok')
    await free(mesh)
  }
  const seen = lost.filter((line) => !/first|last/.test(line))
  assert.deepEqual(seen, ['PUT /1 HTTP/1.1', 'GET /2 HTTP/1.1', 'POST /3 HTTP/1.1'])
})

test('one that may not is told to have failed, and a stream is never sent twice', async (context) => {
  const mesh = new ClientFixture(context)
  const { port, requests, lost } = await closingServer(context)
  mesh.serve([port])
  for (const options of [
    { method: 'POST', body: 'x' },
    { method: 'PUT', body: Readable.from(['x']) },
  ]) {
    await mesh.request()
    await free(mesh)
    const { status, text } = await mesh.request('/', options)
    assert.equal(status, 503)
    assert.match(text, /connection termination$/)
  }
  assert.deepEqual([requests.length, lost.length], [2, 2])
})

test('a new connection that closes without an answer is a failure, also of what may be carried out twice', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (request) => void request.socket.destroy())
  mesh.serve([upstream.port])
  assert.equal((await mesh.request()).status, 503)
  assert.equal(upstream.requests.length, 1)
})

test('what was sent again is still retried as its route says', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (request, response) => {
    if (upstream.requests.length === 1 || upstream.requests.length === 4) response.end('ok')
    else request.socket.destroy()
  })
  mesh.serve([upstream.port], { retries: retryPolicy({ reset: true }, { retries: 1 }) })
  await mesh.request()
  await free(mesh)
  assert.equal((await mesh.request()).text, 'ok')
  assert.equal(upstream.requests.length, 4)
})

test('where only one connection is allowed, the request waits for its place', async (context) => {
  const mesh = new ClientFixture(context)
  const { port } = await closingServer(context)
  mesh.serve([port], { thresholds: { maxRequests: 1024, maxRetries: 3, maxConnections: 1 } })
  await mesh.request()
  await free(mesh)
  assert.equal((await mesh.request()).text, 'ok')
})
