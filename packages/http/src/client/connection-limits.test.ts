import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type CircuitBreakerThresholds, SimulatedClock } from '@inmesh/core'
import type { EndpointPools } from './http-carrier.js'
import { ClientFixture } from './testing/client-fixture.js'
import { closedPort, hungUp, TestUpstream } from './testing/test-upstream.js'

function limits(parts: Partial<CircuitBreakerThresholds>): CircuitBreakerThresholds {
  return { maxRequests: 1024, maxRetries: 3, ...parts }
}

/** An upstream that answers when it is told to. */
async function holding(context: TestContext): Promise<{ upstream: TestUpstream; answer: () => void }> {
  const held: (() => void)[] = []
  const upstream = await TestUpstream.start(context, (request, response) => {
    request.resume()
    held.push(() => response.end('done'))
  })
  return { upstream, answer: () => held.shift()!() }
}

/** Distinct connections over which requests came. */
function connectionsOf(requests: readonly IncomingMessage[]): number {
  return new Set(requests.map(({ socket }) => socket)).size
}

/** undici waits a turn of the event loop before it uses a connection again. */
async function free(mesh: ClientFixture): Promise<void> {
  const [endpoint] = mesh.cluster('reviews').endpoints.values()
  while (!(endpoint!.httpConnections as EndpointPools).default!.ready) await new Promise(setImmediate)
}

test('requests share no more connections than the cluster allows: the others wait in turn', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { thresholds: limits({ maxConnections: 2 }) })
  const answers = ['/1', '/2', '/3', '/4'].map((path) => mesh.request(path))
  await upstream.received(2)
  const { default: breaker } = mesh.cluster('reviews').breakers
  assert.deepEqual([breaker.connections, breaker.requests, breaker.pending], [2, 2, 2])
  for (let request = 3; request <= 4; request++) {
    answer()
    await upstream.received(request)
  }
  answer()
  answer()
  assert.deepEqual(new Set((await Promise.all(answers)).map(({ status }) => status)), new Set([200]))
  assert.deepEqual(
    upstream.requests.slice(2).map(({ url }) => url),
    ['/3', '/4'],
  )
  assert.equal(connectionsOf(upstream.requests), 2)
})

test('more requests than may wait are answered 503 with the flag UO, and say so in a header', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { thresholds: limits({ maxConnections: 1, maxPendingRequests: 1 }) })
  const first = mesh.request()
  await upstream.received(1)
  const second = mesh.request()
  const third = await mesh.response()
  assert.deepEqual([third.statusCode, third.headers['x-envoy-overloaded']], [503, 'true'])
  assert.match(await third.body.text(), /overflow$/)
  answer()
  await upstream.received(2)
  answer()
  assert.deepEqual([(await first).status, (await second).status], [200, 200])
})

test('where no request may wait, none that needs a new connection is sent', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { thresholds: limits({ maxPendingRequests: 0 }) })
  assert.equal((await mesh.request()).status, 503)
  assert.equal(upstream.requests.length, 0)
})

test('the limit on connections is one for all endpoints, and each may have one', async (context) => {
  const mesh = new ClientFixture(context)
  const [one, two] = [await holding(context), await holding(context)]
  mesh.serve([one.upstream.port, two.upstream.port], { thresholds: limits({ maxConnections: 1 }) })
  const answers = Array.from({ length: 4 }, () => mesh.request())
  await Promise.all([one.upstream.received(1), two.upstream.received(1)])
  assert.deepEqual(
    [mesh.cluster('reviews').breakers.default.connections, mesh.cluster('reviews').breakers.default.pending],
    [2, 2],
  )
  for (const { upstream, answer } of [one, two]) {
    answer()
    await upstream.received(2)
    answer()
  }
  await Promise.all(answers)
})

test('connections are limited per endpoint', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { thresholds: limits({ maxConnectionsPerEndpoint: 1 }) })
  const answers = [mesh.request(), mesh.request()]
  await upstream.received(1)
  assert.equal(mesh.cluster('reviews').breakers.default.connections, 1)
  answer()
  await upstream.received(2)
  answer()
  await Promise.all(answers)
})

test('a request that is given up while it waits is sent nowhere, and leaves its place to others', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { thresholds: limits({ maxConnections: 1, maxPendingRequests: 1 }) })
  const first = mesh.request('/first')
  await upstream.received(1)
  const second = mesh.request('/second', { mesh: { timeoutMs: 100 } })
  clock.advance(100)
  clock.advance(0)
  assert.equal((await second).status, 504)
  const third = mesh.request('/third')
  answer()
  await upstream.received(2)
  answer()
  assert.deepEqual([(await first).status, (await third).status], [200, 200])
  assert.deepEqual(
    upstream.requests.map(({ url }) => url),
    ['/first', '/third'],
  )
})

test('requests that wait for the only connection share its fate when it cannot be made', async (context) => {
  const mesh = new ClientFixture(context)
  const port = await closedPort()
  mesh.serve([port], { thresholds: limits({ maxConnections: 1 }) })
  const { release } = await mesh.holdConnections('reviews', port)
  const answers = [mesh.request(), mesh.request()]
  release()
  for (const answer of answers) assert.match((await answer).text, /remote connection failure$/)
  assert.equal(mesh.cluster('reviews').breakers.default.connections, 0)
})

test('requests that wait get a new connection when theirs breaks', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { thresholds: limits({ maxConnections: 1 }) })
  const first = mesh.request()
  await upstream.received(1)
  const second = mesh.request()
  upstream.requests[0]!.socket.destroy()
  assert.equal((await first).status, 503)
  await upstream.received(2)
  answer()
  answer()
  assert.equal((await second).status, 200)
})

test('a connection is closed after so many requests', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { connections: { maxRequests: 2 } })
  for (let request = 0; request < 5; request++) await mesh.request()
  assert.equal(connectionsOf(upstream.requests), 3)
})

test('a connection that is too old takes no further request', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { connections: { maxAgeMs: 1000 } })
  await mesh.request()
  await free(mesh)
  clock.advance(999)
  await mesh.request()
  assert.equal(connectionsOf(upstream.requests), 1)
  clock.advance(1)
  await mesh.request()
  await free(mesh)
  await mesh.request()
  assert.equal(connectionsOf(upstream.requests), 2)
})

test('a connection without requests is closed after a time', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { connections: { idleTimeoutMs: 5 } })
  await mesh.request()
  await hungUp(upstream.requests[0]!)
  await mesh.request()
  assert.equal(connectionsOf(upstream.requests), 2)
})
