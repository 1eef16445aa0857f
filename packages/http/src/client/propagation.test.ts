import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { type TestContext, test } from 'node:test'
import { RequestContext, SimulatedClock, Trace } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { closedPort, TestUpstream } from './testing/test-upstream.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const trace = new Trace(TRACE, 'v=1')
const EXPECTED = 'x-envoy-expected-rq-timeout-ms'

async function serving(context: TestContext, clock = new SimulatedClock()) {
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  const sent = (): IncomingHttpHeaders => upstream.requests.at(-1)!.headers
  return { mesh, upstream, sent, clock }
}

test('outside an inbound request nothing is added', async (context) => {
  const { mesh, sent } = await serving(context)
  await mesh.request('/', { headers: { 'x-a': '1' } })
  assert.deepEqual(sent(), { host: 'reviews', connection: 'keep-alive', 'x-a': '1' })
})

test('inside one the trace goes with every form of headers', async (context) => {
  const { mesh, sent } = await serving(context)
  const forms = [undefined, null, { 'x-a': '1' }, ['x-a', '1'], new Map([['x-a', '1']])]
  for (const headers of forms) {
    await mesh.contexts.run(new RequestContext(Number.POSITIVE_INFINITY, { trace }), () =>
      mesh.request('/', { headers }),
    )
    assert.equal(sent().traceparent, TRACE)
    assert.equal(sent().tracestate, 'v=1')
    assert.equal(sent()['x-a'], headers ? '1' : undefined)
    assert.equal(sent()[EXPECTED], undefined)
  }
})

test('calls of one request without a trace share the one that begins there', async (context) => {
  const { mesh, upstream } = await serving(context)
  await mesh.contexts.run(new RequestContext(Number.POSITIVE_INFINITY), async () => {
    await mesh.request()
    await mesh.request()
  })
  const [first, second] = upstream.requests.map(({ headers }) => headers.traceparent)
  assert.match(String(first), /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  assert.equal(second, first)
})

test('a trace of the caller is left alone', async (context) => {
  const { mesh, sent } = await serving(context)
  const own = TRACE.replace('b7ad', 'aaaa')
  await mesh.contexts.run(new RequestContext(Number.POSITIVE_INFINITY, { trace }), () =>
    mesh.request('/', { headers: { Traceparent: own } }),
  )
  assert.equal(sent().traceparent, own)
  assert.equal(sent().tracestate, undefined)
})

test('the time left is announced where the call or the inbound request has a limit', async (context) => {
  const { mesh, sent, clock } = await serving(context)
  await mesh.configured()
  clock.advance(1000)
  await mesh.contexts.run(new RequestContext(1600.7, { trace }), () => mesh.request())
  assert.equal(sent()[EXPECTED], '600')
  await mesh.request('/', { mesh: { timeoutMs: 250 } })
  assert.equal(sent()[EXPECTED], '250')
  await mesh.request('/', { mesh: { timeoutMs: 250 }, headers: { [EXPECTED]: '40' } })
  assert.equal(sent()[EXPECTED], '40')
})

test('the time announced is that of the attempt where it has less', async (context) => {
  const { mesh, upstream, sent } = await serving(context)
  mesh.serve([upstream.port], { timeoutMs: 500, retries: retryPolicy({}, { perTryTimeoutMs: 100 }) })
  await mesh.request('/', { mesh: { timeoutMs: 1000 } })
  assert.equal(sent()[EXPECTED], '100')
  mesh.serve([upstream.port], { timeoutMs: 500 })
  await mesh.request('/', { mesh: { timeoutMs: 1000 } })
  assert.equal(sent()[EXPECTED], '500')
})

test("a route's own limit is not announced", async (context) => {
  const { mesh, upstream, sent } = await serving(context)
  mesh.serve([upstream.port], { timeoutMs: 500 })
  await mesh.request()
  assert.equal(sent()[EXPECTED], undefined)
})

test('a retry announces what is left then', async (context) => {
  const { mesh, upstream, sent, clock } = await serving(context)
  const backOff = { baseMs: 100, maxMs: 100 }
  mesh.serve([await closedPort(), upstream.port], { retries: retryPolicy({ connectFailure: true }, { backOff }) })
  const pending = [mesh.request('/', { mesh: { timeoutMs: 1000 } }), mesh.request('/', { mesh: { timeoutMs: 1000 } })]
  await upstream.received(1)
  while (mesh.cluster('reviews').activeRetries === 0) await new Promise(setImmediate)
  clock.advance(100)
  await Promise.all(pending)
  const announced = Number(sent()[EXPECTED])
  assert.ok(announced >= 900 && announced < 1000, `${announced} ms announced`)
})

test('of all that the mesh adds only the trace goes to hosts outside it', async (context) => {
  const { mesh, upstream, sent } = await serving(context)
  const origin = `http://127.0.0.1:${upstream.port}`
  await mesh.contexts.run(new RequestContext(10_000, { trace }), () =>
    mesh.request('/', { origin, mesh: { timeoutMs: 500 } }),
  )
  assert.equal(sent().traceparent, TRACE)
  assert.equal(sent().tracestate, 'v=1')
  assert.equal(sent()[EXPECTED], undefined)
})

test("the caller's options are never changed", async (context) => {
  const { mesh } = await serving(context)
  const options = Object.freeze({ headers: Object.freeze({ 'x-a': '1' }), mesh: Object.freeze({ timeoutMs: 500 }) })
  await mesh.contexts.run(new RequestContext(10_000, { trace }), () => mesh.request('/', options))
})
