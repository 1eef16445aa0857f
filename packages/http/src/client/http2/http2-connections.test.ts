import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type CircuitBreakerThresholds, type Http2Options, SimulatedClock, type UpstreamProtocol } from '@inmesh/core'
import type { EndpointPools } from '../http-carrier.js'
import { ClientFixture } from '../testing/client-fixture.js'
import { retryPolicy } from '../testing/configs.js'
import { gone, HTTP2, TestHttp2Upstream } from '../testing/test-http2-upstream.js'
import { closedPort, TestUpstream } from '../testing/test-upstream.js'

function http2(options: Http2Options): UpstreamProtocol {
  return { kind: 'http2', http2: options }
}

function limits(parts: Partial<CircuitBreakerThresholds>): CircuitBreakerThresholds {
  return { maxRequests: 1024, maxRetries: 3, ...parts }
}

/** An upstream that answers when it is told to. */
async function holding(
  context: TestContext,
  options = {},
): Promise<{ upstream: TestHttp2Upstream; answer: (index?: number) => void }> {
  const held: ServerHttp2Stream[] = []
  const upstream = await TestHttp2Upstream.start(context, (stream) => void held.push(stream.resume()), options)
  const answer = (index = 0): void => {
    const [stream] = held.splice(index, 1)
    stream!.respond({ ':status': 200 })
    stream!.end('done')
  }
  return { upstream, answer }
}

function breaker(mesh: ClientFixture): { connections: number; requests: number; pending: number } {
  const { connections, requests, pending } = mesh.cluster('reviews').breakers.default
  return { connections, requests, pending }
}

/** A TCP server that does what a test says with each connection. */
async function tcpServer(context: TestContext, listener: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    listener(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as { port: number }).port
}

test('where the server allows no more requests at a time, another connection is made', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context, { settings: { maxConcurrentStreams: 2 } })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const answers = Array.from({ length: 5 }, () => mesh.request())
  await upstream.received(5)
  assert.equal(upstream.sessions.length, 3)
  for (let index = 0; index < 5; index++) answer()
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200)
})

test('the cluster may allow less than the server', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { protocol: http2({ maxConcurrentStreams: 1 }) })
  const answers = [mesh.request(), mesh.request()]
  await upstream.received(2)
  assert.equal(upstream.sessions.length, 2)
  answer()
  answer()
  await Promise.all(answers)
})

test('requests wait where the cluster allows no further connection, and are counted as waiting', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  const thresholds = limits({ maxConnections: 1, maxPendingRequests: 2 })
  mesh.serve([upstream.port], { protocol: http2({ maxConcurrentStreams: 2 }), thresholds })
  const answers = ['/1', '/2'].map((path) => mesh.request(path))
  await upstream.received(2)
  answers.push(mesh.request('/3'), mesh.request('/4'))
  const fifth = await mesh.request('/5')
  assert.equal(fifth.status, 503)
  assert.match(fifth.text, /overflow$/)
  assert.deepEqual(breaker(mesh), { connections: 1, requests: 2, pending: 2 })
  answer()
  await upstream.received(3)
  answer()
  await upstream.received(4)
  answer()
  answer()
  await Promise.all(answers)
  assert.deepEqual(
    upstream.heads.map(({ ':path': path }) => path),
    ['/1', '/2', '/3', '/4'],
  )
  assert.equal(upstream.sessions.length, 1)
})

test('the limit on requests counts streams', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { protocol: HTTP2, thresholds: limits({ maxRequests: 2 }) })
  const first = mesh.request()
  await upstream.received(1)
  const second = mesh.request()
  await upstream.received(2)
  assert.equal((await mesh.request()).status, 503)
  answer()
  answer()
  assert.deepEqual([(await first).status, (await second).status], [200, 200])
})

test('a request that is given up while it waits is sent nowhere', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  const protocol = http2({ maxConcurrentStreams: 1 })
  mesh.serve([upstream.port], { protocol, thresholds: limits({ maxConnections: 1 }) })
  const first = mesh.request('/1')
  await upstream.received(1)
  const abort = new AbortController()
  const second = mesh.request('/2', { signal: abort.signal })
  const third = mesh.request('/3')
  abort.abort()
  await assert.rejects(second, { name: 'AbortError' })
  answer()
  await upstream.received(2)
  answer()
  await Promise.all([first, third])
  assert.deepEqual(
    upstream.heads.map(({ ':path': path }) => path),
    ['/1', '/3'],
  )
})

test('a server that begins to allow less is heeded', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { protocol: HTTP2, thresholds: limits({ maxConnections: 1 }) })
  const first = mesh.request()
  await upstream.received(1)
  upstream.sessions[0]!.settings({ maxConcurrentStreams: 1 })
  await once(upstream.sessions[0]!, 'localSettings')
  const second = mesh.request()
  while (breaker(mesh).pending === 0) await turn()
  assert.equal(upstream.streams.length, 1)
  answer()
  await upstream.received(2)
  answer()
  await Promise.all([first, second])
})

test('a server that cannot be reached costs all that wait for it, and is tried elsewhere', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([await closedPort()], { protocol: HTTP2 })
  for (const { status, text } of await Promise.all([mesh.request(), mesh.request()])) {
    assert.equal(status, 503)
    assert.match(text, /remote connection failure$/)
  }
  const retrying = new ClientFixture(context)
  const retries = retryPolicy({ connectFailure: true })
  retrying.serve([await closedPort(), upstream.port], { protocol: HTTP2, retries })
  for (let index = 0; index < 2; index++) assert.equal((await retrying.request()).status, 200)
  assert.equal(breaker(retrying).connections, 1)
})

test('a server that does not speak HTTP/2 never sees a request', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2, retries: retryPolicy({ reset: true }) })
  const { status, text } = await mesh.request('/', { method: 'POST', body: 'x' })
  assert.equal(status, 503)
  assert.match(text, /remote connection failure$/)
  assert.equal(upstream.requests.length, 0)
})

test('a server that accepts and says nothing is no connection', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  let accepted = 0
  const port = await tcpServer(context, (socket) => {
    accepted++
    socket.resume()
  })
  mesh.serve([port], { protocol: HTTP2 })
  const pending = mesh.request()
  while (accepted === 0) await turn()
  clock.advance(5000)
  assert.match((await ticking(clock, pending)).text, /remote connection failure$/)
  assert.equal(breaker(mesh).connections, 0)
})

test('a connection is replaced after so many requests', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2, connections: { maxRequests: 2 } })
  for (let request = 0; request < 5; request++) assert.equal((await mesh.request()).status, 200)
  assert.equal(upstream.sessions.length, 3)
})

test('a connection that is too old takes no further request', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { protocol: HTTP2, connections: { maxAgeMs: 1000 } })
  const first = mesh.request()
  await upstream.received(1)
  const long = mesh.request()
  await upstream.received(2)
  clock.advance(1000)
  answer()
  await first
  const next = mesh.request()
  await upstream.connected(2)
  await upstream.received(3)
  answer(1)
  answer()
  for (const { text } of await Promise.all([long, next])) assert.equal(text, 'done')
  await gone(upstream.sessions[0]!)
})

test('a connection without requests is closed after a time', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2, connections: { idleTimeoutMs: 1000 } })
  for (let request = 0; request < 3; request++) {
    await mesh.request()
    clock.advance(900)
  }
  assert.equal(upstream.sessions.length, 1)
  const lastMs = clock.now()
  while (upstream.open.length > 0) {
    await turn()
    clock.advance(10)
  }
  assert.ok(clock.now() - lastMs >= 100)
  await mesh.request()
  assert.equal(upstream.sessions.length, 2)
})

test('an endpoint that is removed ends its requests in flight, then its connection', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream: leaving, answer } = await holding(context)
  const staying = await TestHttp2Upstream.start(context)
  mesh.serve([leaving.port], { protocol: HTTP2 })
  const pending = Array.from({ length: 5 }, () => mesh.request())
  await leaving.received(5)
  mesh.serve([staying.port], { protocol: HTTP2 })
  assert.equal((await mesh.request()).text, String(staying.port))
  for (let index = 0; index < 5; index++) answer()
  for (const { text } of await Promise.all(pending)) assert.equal(text, 'done')
  await gone(leaving.sessions[0]!)
  assert.equal(leaving.sessions.length, 1)
})

test('closing waits for what is in flight, and destroying does not', async (context) => {
  for (const wait of [true, false]) {
    const mesh = new ClientFixture(context)
    const { upstream, answer } = await holding(context)
    mesh.serve([upstream.port], { protocol: HTTP2 })
    const pending = mesh.request()
    await upstream.received(1)
    if (wait) {
      const closed = mesh.dispatcher.close()
      answer()
      assert.equal((await pending).text, 'done')
      await closed
    } else {
      const failed = assert.rejects(pending, { code: 'ERR_INMESH_CLOSED' })
      await mesh.dispatcher.destroy()
      await failed
    }
    await gone(upstream.sessions[0]!)
  }
})

test('a connection that answers no PING is given up, and requests that may be repeated go elsewhere', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const { upstream, port, silence } = await behindSwitch(context)
  mesh.serve([port], { protocol: http2({ keepalive: { intervalMs: 1000, timeoutMs: 500, jitterPercent: 0 } }) })
  await mesh.request()
  clock.advance(1000)
  await once(upstream.sessions[0]!, 'ping')
  await turn()
  clock.advance(499)
  await mesh.request()
  assert.equal(upstream.sessions.length, 1)
  silence()
  const [read, write] = [mesh.request(), mesh.request('/', { method: 'POST', body: 'x' })]
  clock.advance(1000)
  await turn()
  clock.advance(1000)
  clock.advance(500)
  assert.equal((await ticking(clock, read)).status, 200)
  const { status, text } = await ticking(clock, write)
  assert.deepEqual([status, /reset/.test(text)], [503, true])
  assert.equal(upstream.sessions.length, 2)
})

test('a connection that was silent for a whole request is asked, and takes no request meanwhile', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const { upstream, port, silence } = await behindSwitch(context)
  mesh.serve([port], { protocol: HTTP2 })
  await mesh.request()
  silence()
  const lost = mesh.request('/', { mesh: { timeoutMs: 100 } })
  clock.advance(100)
  assert.equal((await ticking(clock, lost)).status, 504)
  assert.equal((await mesh.request()).status, 200)
  assert.equal(upstream.sessions.length, 2)
  clock.advance(5000)
  while (breaker(mesh).connections > 1) await turn()
})

test('a connection that answers after all takes requests again', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestHttp2Upstream.start(context, (stream, { ':path': path }) => {
    if (path === '/slow') return
    stream.respond({ ':status': 200 })
    stream.end()
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  await mesh.request()
  const slow = mesh.request('/slow', { mesh: { timeoutMs: 100 } })
  await upstream.received(2)
  clock.advance(100)
  assert.equal((await ticking(clock, slow)).status, 504)
  const [endpoint] = mesh.cluster('reviews').endpoints.values()
  const pool = (endpoint!.httpConnections as EndpointPools)['http2-default']!
  while (!pool.ready) await turn()
  await mesh.request()
  assert.equal(upstream.sessions.length, 1)
})

test('a reset is a failure like any other, and a refused stream one that is safe to repeat', async (context) => {
  const mesh = new ClientFixture(context)
  const { NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR } = constants
  const upstream = await TestHttp2Upstream.start(context, (stream, { ':path': path }) => {
    if (upstream.streams.length === 1)
      stream.close(path === '/refused' ? NGHTTP2_REFUSED_STREAM : NGHTTP2_INTERNAL_ERROR)
    else stream.respond({ ':status': 200 }, { endStream: true })
  })
  const write = { method: 'POST', body: 'x' }
  for (const [path, status] of [
    ['/refused', 200],
    ['/other', 503],
  ] as const) {
    upstream.streams.length = 0
    mesh.serve([upstream.port], { protocol: HTTP2, retries: retryPolicy({ refusedStream: true }) })
    assert.equal((await mesh.request(path, write)).status, status)
  }
})

/** Runs what is due again and again until an answer is there. */
async function ticking<T>(clock: SimulatedClock, answer: Promise<T>): Promise<T> {
  let done = false
  void answer.finally(() => {
    done = true
  })
  while (!done) {
    clock.advance(0)
    await turn()
  }
  return answer
}

/** An upstream behind a switch: connections that were made before it is turned swallow everything from then on. */
async function behindSwitch(
  context: TestContext,
): Promise<{ upstream: TestHttp2Upstream; port: number; silence: () => void }> {
  const { connect } = await import('node:net')
  const upstream = await TestHttp2Upstream.start(context)
  const passing = new Set<Socket[]>()
  const port = await tcpServer(context, (socket) => {
    const behind = connect(upstream.port, '127.0.0.1').on('error', () => {})
    socket.pipe(behind)
    behind.pipe(socket)
    passing.add([socket, behind])
  })
  const silence = (): void => {
    for (const [front, behind] of passing) {
      front!.unpipe(behind).resume()
      behind!.unpipe(front).resume()
    }
    passing.clear()
  }
  return { upstream, port, silence }
}
