import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { type TestContext, test } from 'node:test'
import { RequestContext, type RouteAction, SimulatedClock, Trace } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, type RouteParts, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

const trace = new Trace('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'v=1')
const EXPECTED = 'x-envoy-expected-rq-timeout-ms'
const GRPC = { 'content-type': 'application/grpc' }

async function serving(context: TestContext, parts: Omit<RouteParts, 'clusters'> = {}) {
  const mesh = new ClientFixture(context, new SimulatedClock())
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], parts)
  await mesh.configured()
  const sent = async (inbound: RequestContext, options: Record<string, unknown> = {}): Promise<IncomingHttpHeaders> => {
    await mesh.contexts.run(inbound, () => mesh.request('/', options))
    return upstream.requests.at(-1)!.headers
  }
  return { mesh, upstream, sent }
}

const carrying = (deadline = Number.POSITIVE_INFINITY) =>
  new RequestContext(deadline, { trace, baggage: 'user=7,tier=free', priority: 1, clientAddress: '192.0.2.1' })

/** An action that changes the request, so that its head is edited. */
const EDITED: RouteAction = {
  kind: 'forward',
  clusters: [{ name: 'reviews', weight: 1, filterOverrides: new Map() }],
  pathRewrite: { kind: 'prefix', value: '/new/' },
  timeoutMs: 0,
}

test('baggage and priority of the inbound request go to hosts of the mesh with every form of headers', async (context) => {
  const { sent } = await serving(context)
  for (const headers of [undefined, null, { 'x-a': '1' }, ['x-a', '1'], new Map([['x-a', '1']])]) {
    const { baggage, priority } = await sent(carrying(), { headers })
    assert.deepEqual([baggage, priority], ['user=7,tier=free', 'u=1'])
  }
})

test('an inbound request without them adds none', async (context) => {
  const { sent } = await serving(context)
  const { baggage, priority } = await sent(new RequestContext(Number.POSITIVE_INFINITY))
  assert.deepEqual([baggage, priority], [undefined, undefined])
})

test("a call's own baggage is joined with that of the request, and its own priority stays", async (context) => {
  const { sent } = await serving(context)
  const own = { Baggage: 'tier=gold', PRIORITY: 'u=6' }
  for (const headers of [own, Object.entries(own).flat(), new Map(Object.entries(own))]) {
    const { baggage, priority } = await sent(carrying(), { headers })
    assert.deepEqual([baggage, priority], ['tier=gold,user=7', 'u=6'])
  }
})

test('what is carried goes with requests that a route has changed too', async (context) => {
  const { sent } = await serving(context, { action: EDITED })
  const seen = await sent(carrying(500), { method: 'POST', headers: { ...GRPC, baggage: 'a=1', 'grpc-timeout': '9S' } })
  assert.deepEqual(
    [seen.baggage, seen.priority, seen[EXPECTED], seen['grpc-timeout']],
    ['a=1,user=7,tier=free', 'u=1', '500', '500m'],
  )
})

test('nothing but the trace goes to hosts outside the mesh, not even when the caller sets it', async (context) => {
  const { mesh, upstream, sent } = await serving(context)
  const origin = `http://127.0.0.1:${upstream.port}`
  const internal = {
    baggage: 'a=1',
    Priority: 'u=1',
    [EXPECTED]: '500',
    'x-envoy-retry-on': '5xx',
    'X-Forwarded-For': '192.0.2.1',
    'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/a/sa/b',
  }
  const kept = { ...GRPC, 'x-own': '1', 'grpc-timeout': '3S' }
  const tracing = { traceparent: trace.traceparent(mesh.plane.random), tracestate: 'v=1' }
  const headers = { ...internal, ...kept }
  for (const form of [headers, Object.entries(headers).flat(), new Map(Object.entries(headers))]) {
    const {
      host,
      connection,
      'content-length': _,
      ...inside
    } = await sent(carrying(500), {
      origin,
      headers: form,
      method: 'POST',
    })
    assert.deepEqual(inside, { ...kept, ...tracing })
    await mesh.request('/', { origin, headers: form, method: 'POST' })
    const { host: __, connection: ___, 'content-length': ____, ...bare } = upstream.requests.at(-1)!.headers
    assert.deepEqual(bare, kept)
  }
})

const timeouts: [
  what: string,
  headers: Record<string, string>,
  expected: string | undefined,
  grpc: string | undefined,
][] = [
  ['a gRPC request', GRPC, '500', '500m'],
  ['one of another gRPC type', { 'Content-Type': 'application/grpc+json' }, '500', '500m'],
  ['another request', { 'content-type': 'application/json' }, '500', undefined],
  ['a gRPC request that says less', { ...GRPC, 'grpc-timeout': '200m' }, '500', '200m'],
  ['a gRPC request that says more', { ...GRPC, 'Grpc-Timeout': '2S' }, '500', '500m'],
  ['a gRPC request that says nothing to be read', { ...GRPC, 'grpc-timeout': 'soon' }, '500', '500m'],
  ['a request that says less', { [EXPECTED]: '40' }, '40', undefined],
  ['a request that says more', { 'X-Envoy-Expected-Rq-Timeout-Ms': '4000' }, '500', undefined],
  ['a request that says 0', { [EXPECTED]: '0' }, '500', undefined],
]
for (const [what, headers, expected, grpc] of timeouts) {
  test(`the time left is announced in ${what}`, async (context) => {
    const { sent } = await serving(context)
    const seen = await sent(new RequestContext(500), { method: 'POST', headers })
    assert.deepEqual([seen[EXPECTED], seen['grpc-timeout']], [expected, grpc])
  })
}

test('without a deadline a gRPC request is left as it is', async (context) => {
  const { sent } = await serving(context)
  const seen = await sent(carrying(), { method: 'POST', headers: { ...GRPC, 'grpc-timeout': '2S' } })
  assert.deepEqual([seen[EXPECTED], seen['grpc-timeout']], [undefined, '2S'])
})

test("a gRPC request tells the time left where Envoy's own headers are switched off", async (context) => {
  const { mesh, upstream, sent } = await serving(context)
  const plain = target(
    'reviews:80',
    [route({ clusters: { reviews: 1 } })],
    [cluster('reviews', [endpoint(upstream.port)])],
  )
  const router = { suppressesEnvoyHeaders: true, respectsExpectedTimeout: false, strictHeaders: [] }
  mesh.source.set('reviews:80', { ...plain, listener: { ...plain.listener, router } })
  const seen = await sent(new RequestContext(500), { method: 'POST', headers: GRPC })
  assert.deepEqual([seen[EXPECTED], seen['grpc-timeout']], [undefined, '500m'])
})

test('a request whose handler has ended the response leaves its calls the trace and no more', async (context) => {
  const { sent } = await serving(context)
  const inbound = carrying(500)
  inbound.close()
  const { traceparent, tracestate, baggage, priority, [EXPECTED]: expected } = await sent(inbound)
  assert.deepEqual([traceparent, tracestate], [trace.traceparent({} as never), 'v=1'])
  assert.deepEqual([baggage, priority, expected], [undefined, undefined, undefined])
})
