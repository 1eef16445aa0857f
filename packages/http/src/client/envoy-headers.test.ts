import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type AttemptHeaders, type RouterOptions, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, type RouteParts, retryPolicy, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

interface Parts extends Partial<RouteParts> {
  readonly router?: Partial<RouterOptions>
  readonly attemptHeaders?: AttemptHeaders
  readonly maxRequests?: number
}

async function served(context: TestContext, parts: Parts, listener?: RequestListener, clock?: SimulatedClock) {
  const { router, attemptHeaders, maxRequests = 1024, ...routeParts } = parts
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context, listener)
  const clusters = [cluster('reviews', [endpoint(upstream.port)], { thresholds: { maxRequests, maxRetries: 3 } })]
  const {
    listener: plain,
    routes,
    ...rest
  } = target('reviews:80', [route({ clusters: { reviews: 1 }, ...routeParts })], clusters)
  const options = { suppressesEnvoyHeaders: false, respectsExpectedTimeout: false, strictHeaders: [], ...router }
  const [host] = routes.virtualHosts
  const virtualHosts = [{ ...host!, ...(attemptHeaders && { attemptHeaders }) }]
  mesh.source.set('reviews:80', {
    ...rest,
    listener: { ...plain, router: options },
    routes: { ...routes, virtualHosts },
  })
  return { mesh, upstream }
}

/** Answers 503 so many times, then 200. */
function failing(times: number): RequestListener {
  let left = times
  return (request, response) => {
    request.resume()
    response.statusCode = left-- > 0 ? 503 : 200
    response.end()
  }
}

const TOLD: AttemptHeaders = { inRequest: true, inResponse: true, timeoutRetry: true }
const RETRIES = retryPolicy({ serverError: true })

test('requests and responses tell which attempt they are, where the virtual host says so', async (context) => {
  const { mesh, upstream } = await served(context, { attemptHeaders: TOLD, retries: RETRIES }, failing(1))
  const response = await mesh.response('/', { headers: { 'x-envoy-attempt-count': '7' } })
  await response.body.dump()
  const counts = upstream.requests.map(({ headers }) => headers['x-envoy-attempt-count'])
  assert.deepEqual([response.statusCode, response.headers['x-envoy-attempt-count'], counts], [200, '2', ['1', '2']])
  const timeouts = upstream.requests.map(({ headers }) => headers['x-envoy-is-timeout-retry'])
  assert.deepEqual(timeouts, [undefined, 'false'])
})

test('a retry tells when the attempt before it took too long', async (context) => {
  let first = true
  const slow: RequestListener = (request, response) => {
    request.resume()
    if (!first) response.end()
    first = false
  }
  const retries = retryPolicy({ serverError: true }, { perTryTimeoutMs: 30 })
  const clock = new SimulatedClock()
  const { mesh, upstream } = await served(context, { attemptHeaders: TOLD, retries }, slow, clock)
  const answered = mesh.request()
  await upstream.received(1)
  clock.advance(30)
  clock.advance(1)
  await answered
  assert.equal(upstream.requests[1]!.headers['x-envoy-is-timeout-retry'], 'true')
})

test('answers of the mesh itself tell the attempts that there were', async (context) => {
  const { mesh, upstream } = await served(context, { attemptHeaders: TOLD })
  upstream.server.closeAllConnections()
  upstream.server.close()
  const failed = await mesh.response()
  await failed.body.dump()
  assert.deepEqual([failed.statusCode, failed.headers['x-envoy-attempt-count']], [503, '1'])
})

test('nothing tells of attempts by default', async (context) => {
  const { mesh, upstream } = await served(context, { retries: RETRIES }, failing(1))
  const response = await mesh.response()
  await response.body.dump()
  assert.deepEqual(
    [upstream.requests[1]!.headers['x-envoy-attempt-count'], response.headers['x-envoy-attempt-count']],
    [undefined, undefined],
  )
})

test('a router that suppresses headers of Envoy adds none', async (context) => {
  for (const suppressesEnvoyHeaders of [false, true]) {
    const action = {
      kind: 'forward',
      clusters: [{ name: 'reviews', weight: 1, filterOverrides: new Map() }],
      pathRewrite: { kind: 'prefix', value: '/new/' },
    } as const
    const { mesh, upstream } = await served(context, { router: { suppressesEnvoyHeaders }, action })
    await mesh.request('/a', { mesh: { timeoutMs: 60_000 } })
    const { headers, url } = upstream.requests[0]!
    const told = [headers['x-envoy-expected-rq-timeout-ms'], headers['x-envoy-original-path']]
    assert.deepEqual(
      [url, told.map((value) => value !== undefined)],
      ['/new/a', [!suppressesEnvoyHeaders, !suppressesEnvoyHeaders]],
    )

    const full = await served(context, { router: { suppressesEnvoyHeaders }, maxRequests: 0 })
    const response = await full.mesh.response()
    await response.body.dump()
    assert.equal(response.headers['x-envoy-overloaded'] === 'true', !suppressesEnvoyHeaders)
  }
})

test('the time that a request expects to have takes the place of that of its route, where the router lets it', async (context) => {
  const silent: RequestListener = (request) => request.resume()
  const headers = { 'x-envoy-expected-rq-timeout-ms': '40' }
  const router = { respectsExpectedTimeout: true }
  const { mesh } = await served(context, { router, timeoutMs: 600_000 }, silent)
  assert.equal((await mesh.request('/', { headers })).status, 504)
})

test('headers that steer the mesh are checked where the router says so', async (context) => {
  const strictHeaders = ['x-envoy-retry-on', 'x-envoy-retry-grpc-on', 'x-envoy-max-retries']
  const { mesh, upstream } = await served(context, { router: { strictHeaders } })
  const wrong: Record<string, string>[] = [
    { 'x-envoy-retry-on': '5xx,nonsense' },
    { 'x-envoy-retry-on': 'unavailable' },
    { 'x-envoy-retry-grpc-on': '5xx' },
    { 'x-envoy-max-retries': 'many' },
  ]
  for (const headers of wrong) {
    const [[name, value]] = Object.entries(headers) as [[string, string]]
    assert.deepEqual(await mesh.request('/', { headers }), {
      status: 400,
      text: `invalid header '${name}' with value '${value}'`,
    })
  }
  const right = { 'x-envoy-retry-on': '5xx', 'x-envoy-retry-grpc-on': 'unavailable', 'x-envoy-max-retries': '1' }
  assert.equal((await mesh.request('/', { headers: right })).status, 200)
  // Not among those to check.
  assert.equal((await mesh.request('/', { headers: { 'x-envoy-upstream-rq-timeout-ms': 'x' } })).status, 200)
  assert.equal(upstream.requests.length, 2)
})
