import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CorsConfig,
  type FilterConfig,
  FormatString,
  type HeaderAppendAction,
  type HeaderMutation,
  type HeaderMutationConfig,
  type HttpFilter,
  type QueryMutation,
  type Route,
} from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, retryPolicy, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

const ALWAYS = { perMillion: 1_000_000 }

function format(text: string): FormatString {
  const parsed = FormatString.parse(text)
  assert.ok(parsed instanceof FormatString)
  return parsed
}

function add(name: string, value: string, action: HeaderAppendAction = 'append'): HeaderMutation {
  return { kind: 'add', addition: { name, value: format(value), action, keepEmpty: false } }
}

function mutation(parts: Partial<HeaderMutationConfig>): HeaderMutationConfig {
  return { kind: 'header-mutation', request: [], query: [], response: [], ...parts }
}

function filter(config: FilterConfig, name: string = config.kind): HttpFilter {
  return { name, config, disabled: false }
}

function serve(
  mesh: ClientFixture,
  upstream: TestUpstream,
  filters: readonly HttpFilter[],
  parts: Partial<Route> = {},
  hostOverride?: HeaderMutationConfig,
): void {
  const changed = { ...route({ clusters: { reviews: 1 } }), ...parts }
  const config = target('reviews:80', [changed], [cluster('reviews', [endpoint(upstream.port)])], filters)
  const filterOverrides = new Map(hostOverride === undefined ? [] : [['header-mutation', hostOverride] as const])
  const virtualHosts = config.routes.virtualHosts.map((host) => ({ ...host, filterOverrides }))
  mesh.source.set('reviews:80', { ...config, routes: { ...config.routes, virtualHosts } })
}

test('a header mutation filter changes headers, the path and the query, in order', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const query: QueryMutation[] = [
    { kind: 'remove', name: 'drop' },
    { kind: 'add', name: 'by', value: format('%REQ(x-user)%'), action: 'overwrite' },
    { kind: 'add', name: 'first', value: format('x'), action: 'add-if-absent' },
    { kind: 'add', name: 'none', value: format('x'), action: 'overwrite-if-present' },
  ]
  const request: HeaderMutation[] = [
    { kind: 'remove-matching', match: { kind: 'prefix', value: 'x-internal-', ignoreCase: false } },
    add('x-user', 'alice', 'overwrite'),
    add('x-copy', '%REQ(x-user)%'),
    { kind: 'remove', name: 'x-old' },
    add(':path', '%REQ(:PATH)%&more', 'overwrite'),
  ]
  serve(mesh, upstream, [filter(mutation({ request, query }))])
  const headers = { 'x-internal-a': '1', 'X-Internal-B': '2', 'x-old': '1', 'x-user': 'bob' }
  await mesh.request('/p?drop=1&first=0&by=x', { headers })
  const [received] = upstream.requests
  assert.equal(received?.url, '/p?first=0&more&by=alice')
  const names = ['x-internal-a', 'x-internal-b', 'x-old', 'x-user', 'x-copy']
  assert.deepEqual(
    names.map((name) => received?.headers[name]),
    [undefined, undefined, undefined, 'alice', 'alice'],
  )
})

for (const [mostSpecificWins, winner] of [
  [false, 'host'],
  [true, 'route'],
] as const) {
  test(`all levels of a header mutation filter count, and the ${winner} has the last word`, async (context) => {
    const mesh = new ClientFixture(context)
    const upstream = await TestUpstream.start(context)
    const level = (name: string) =>
      mutation({ request: [add('x-level', name, 'overwrite'), add('x-all', name)], mostSpecificWins })
    const filterOverrides = new Map([['header-mutation', level('route')]])
    serve(mesh, upstream, [filter(level('base'))], { filterOverrides }, level('host'))
    await mesh.request()
    const { headers } = upstream.requests[0]!
    assert.equal(headers['x-level'], winner)
    assert.equal(headers['x-all'], mostSpecificWins ? 'base, host, route' : 'base, route, host')
  })
}

test('filters change responses in the opposite order, those of the mesh itself included', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const marking = (name: string): HttpFilter =>
    filter(mutation({ response: [add('x-by', `${name} %RESPONSE_CODE%`)] }), name)
  serve(mesh, upstream, [marking('first'), marking('second')])
  const answered = await mesh.response()
  await answered.body.dump()
  assert.equal(String(answered.headers['x-by']), 'second 200,first 200')
  const aborting = filter({ kind: 'fault', abort: { fraction: ALWAYS, httpStatus: 418 } })
  serve(mesh, upstream, [marking('first'), aborting, marking('second')])
  const aborted = await mesh.response()
  await aborted.body.dump()
  assert.equal(String(aborted.headers['x-by']), 'second 418,first 418')
})

test('what a filter removed stays removed in every attempt', async (context) => {
  const mesh = new ClientFixture(context)
  let attempts = 0
  const upstream = await TestUpstream.start(context, (_, response) =>
    response.writeHead(++attempts === 1 ? 503 : 200).end(),
  )
  const retried = route({ clusters: { reviews: 1 }, retries: retryPolicy({ serverError: true }) })
  const config = target(
    'reviews:80',
    [retried],
    [cluster('reviews', [endpoint(upstream.port)])],
    [filter(mutation({ request: [{ kind: 'remove', name: 'x-old' }] }))],
  )
  mesh.source.set('reviews:80', config)
  assert.equal((await mesh.request('/', { headers: { 'x-old': '1' } })).status, 200)
  assert.deepEqual(
    upstream.requests.map(({ headers }) => headers['x-old']),
    [undefined, undefined],
  )
})

test('preflight requests are answered, and responses tell which origin may read them', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const policy: CorsConfig = {
    kind: 'cors',
    allowOrigins: [{ kind: 'suffix', value: '.shop.test', ignoreCase: false }],
    allowMethods: 'GET',
  }
  serve(mesh, upstream, [filter({ kind: 'cors' })], { filterOverrides: new Map([['cors', policy]]) })
  const origin = 'https://www.shop.test'
  const preflight = await mesh.response('/', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET' },
  })
  await preflight.body.dump()
  assert.equal(preflight.statusCode, 200)
  assert.deepEqual(preflight.headers, {
    'content-length': '0',
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET',
  })
  assert.equal(upstream.requests.length, 0)
  const { headers, body } = await mesh.response('/', { headers: { origin } })
  await body.dump()
  assert.equal(headers['access-control-allow-origin'], origin)
})
