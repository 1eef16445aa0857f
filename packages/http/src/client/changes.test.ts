import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import {
  FormatString,
  type ForwardAction,
  type HeaderAddition,
  type HeaderOperations,
  RegexSubstitution,
  type Route,
  type RouteConfiguration,
  type VirtualHost,
  type WeightedCluster,
} from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, retryPolicy, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

interface Levels {
  readonly action?: Partial<ForwardAction>
  readonly destination?: Partial<WeightedCluster>
  readonly route?: Partial<Route>
  readonly host?: Partial<VirtualHost>
  readonly table?: Partial<RouteConfiguration>
  readonly hostname?: string
}

function configure(mesh: ClientFixture, upstreams: readonly TestUpstream[], levels: Levels): void {
  const { action, destination, hostname = '' } = levels
  const plain = route({ clusters: { reviews: 1 } })
  assert.ok(plain.action.kind === 'forward')
  const clusters = plain.action.clusters.map((entry) => ({ ...entry, ...destination }))
  const changed: Route = { ...plain, name: 'canary', action: { ...plain.action, clusters, ...action }, ...levels.route }
  const endpoints = upstreams.map(({ port }) => endpoint(port, { hostname }))
  const config = target('reviews:80', [changed], [cluster('reviews', endpoints)])
  const virtualHosts = config.routes.virtualHosts.map((host) => ({ ...host, ...levels.host }))
  mesh.source.set('reviews:80', { ...config, routes: { ...config.routes, virtualHosts, ...levels.table } })
}

async function one(
  context: TestContext,
  levels: Levels,
  listener?: RequestListener,
): Promise<{ readonly mesh: ClientFixture; readonly upstream: TestUpstream }> {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, listener)
  configure(mesh, [upstream], levels)
  return { mesh, upstream }
}

function operations(
  add: Readonly<Record<string, string>>,
  parts: Partial<HeaderAddition> & { remove?: readonly string[] } = {},
): HeaderOperations {
  const { remove = [], ...rest } = parts
  const additions = Object.entries(add).map(([name, value]): HeaderAddition => {
    return { name, value: FormatString.parse(value) as FormatString, action: 'append', keepEmpty: false, ...rest }
  })
  return { remove, add: additions }
}

function received(request: IncomingMessage | undefined, ...names: readonly string[]): unknown[] {
  return names.map((name) => request?.headers[name])
}

test('a prefix is rewritten on the wire, the old path told and the query kept', async (context) => {
  const { mesh, upstream } = await one(context, {
    action: { pathRewrite: { kind: 'prefix', value: '/v2' } },
    route: { match: { path: { kind: 'prefix', value: '/v1', caseSensitive: true }, headers: [], grpcOnly: false } },
  })
  assert.equal((await mesh.request('/v1/users?q=/v1')).status, 200)
  const [request] = upstream.requests
  assert.equal(request?.url, '/v2/users?q=/v1')
  assert.deepEqual(received(request, 'x-envoy-original-path', 'host'), ['/v1/users?q=/v1', 'reviews'])
})

test('an expression rewrites the path', async (context) => {
  const rewrite = new RegexSubstitution('^/service/([^/]+)(/.*)$', '\\2/instance/\\1')
  const { mesh, upstream } = await one(context, { action: { pathRewrite: { kind: 'regex', rewrite } } })
  await mesh.request('/service/foo/v1?q')
  await mesh.request('/other?q')
  const [first, second] = upstream.requests
  assert.deepEqual([first?.url, second?.url], ['/v1/instance/foo?q', '/other?q'])
  assert.equal(second?.headers['x-envoy-original-path'], undefined, 'nothing was rewritten')
})

test('a host is rewritten to a text, and the old one appended to x-forwarded-host where asked for', async (context) => {
  const { mesh, upstream } = await one(context, {
    action: { hostRewrite: { kind: 'literal', host: 'other.test' }, appendsForwardedHost: true },
  })
  await mesh.request('/', { headers: { 'x-forwarded-host': 'first.test', Host: 'own.test' } })
  await mesh.request('/', { headers: ['x-forwarded-host', 'reviews'] })
  assert.deepEqual(
    upstream.requests.map((request) => received(request, 'host', 'x-forwarded-host', 'x-envoy-original-host')),
    [
      ['other.test', 'first.test,own.test', 'own.test'],
      ['other.test', 'reviews', 'reviews'],
    ],
  )
})

test('a host is rewritten to that of the endpoint, anew for each attempt', async (context) => {
  const mesh = new ClientFixture(context)
  let attempts = 0
  const failOnce: RequestListener = (_, response) => response.writeHead(++attempts === 1 ? 503 : 200).end()
  const upstreams = [await TestUpstream.start(context, failOnce), await TestUpstream.start(context, failOnce)]
  const plain = route({ clusters: { reviews: 1 }, retries: retryPolicy({ serverError: true }) })
  assert.ok(plain.action.kind === 'forward')
  const changed: Route = {
    ...plain,
    action: { ...plain.action, hostRewrite: { kind: 'endpoint' }, appendsForwardedHost: true },
    requestHeaders: operations({ 'x-to': '%UPSTREAM_HOST%' }),
  }
  const endpoints = upstreams.map(({ port }) => endpoint(port, { hostname: `${port}.test` }))
  mesh.source.set('reviews:80', target('reviews:80', [changed], [cluster('reviews', endpoints)]))
  assert.equal((await mesh.request()).status, 200)
  for (const { port, requests } of upstreams) {
    const told = received(requests[0], 'host', 'x-forwarded-host', 'x-to')
    assert.deepEqual(told, [`${port}.test`, 'reviews', `127.0.0.1:${port}`])
  }
})

test('an endpoint without a host name leaves the host', async (context) => {
  const { mesh, upstream } = await one(context, { action: { hostRewrite: { kind: 'endpoint' } } })
  await mesh.request()
  assert.equal(upstream.requests[0]?.headers.host, 'reviews')
})

test('a host is rewritten to the first value of a header, to a part of the path, to a format', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const rewrites: NonNullable<ForwardAction['hostRewrite']>[] = [
    { kind: 'header', name: 'x-host' },
    { kind: 'path', rewrite: new RegexSubstitution('^/(.+)/.+$', '\\1') },
    { kind: 'format', format: FormatString.parse('%REQ(x-host)%.test') as FormatString },
  ]
  const hosts: unknown[] = []
  for (const hostRewrite of rewrites) {
    configure(mesh, [upstream], { action: { hostRewrite } })
    await mesh.request('/from.path/x?y', { headers: { 'x-host': 'from.header' } })
    hosts.push(upstream.requests.at(-1)?.headers.host)
  }
  assert.deepEqual(hosts, ['from.header', 'from.path', 'from.header.test'])
})

test('headers of requests are added, overwritten and removed, whatever form the caller gave them in', async (context) => {
  const { mesh, upstream } = await one(context, {
    route: { requestHeaders: operations({ 'x-set': 'mesh' }, { action: 'overwrite', remove: ['x-drop'] }) },
    host: { requestHeaders: operations({ 'x-add': 'host' }) },
  })
  const forms = [
    { 'X-Set': 'caller', 'x-drop': ['1', '2'], 'x-add': 'caller', 'x-number': 3 },
    ['X-Set', 'caller', 'X-Drop', '1', 'x-add', 'caller', 'x-number', '3'],
    new Map([
      ['x-set', 'caller'],
      ['x-drop', '1'],
      ['x-add', 'caller'],
      ['x-number', '3'],
    ]),
  ]
  for (const headers of forms) await mesh.request('/', { headers })
  for (const request of upstream.requests) {
    assert.deepEqual(received(request, 'x-set', 'x-drop', 'x-add', 'x-number'), [
      'mesh',
      undefined,
      'caller, host',
      '3',
    ])
  }
  assert.equal(upstream.requests.length, 3)
})

test("the caller's own object stays as it is", async (context) => {
  const { mesh } = await one(context, { route: { requestHeaders: operations({ a: 'mesh' }, { remove: ['b'] }) } })
  const headers = ['a', '1', 'b', '2']
  await mesh.request('/', { headers })
  assert.deepEqual(headers, ['a', '1', 'b', '2'])
})

for (const [specific, winner] of [
  [false, 'table'],
  [true, 'route'],
] as const) {
  test(`of all levels the ${winner} wins where mostSpecificHeaderChangesWin is ${specific}`, async (context) => {
    const set = (level: string): Pick<Route, 'requestHeaders' | 'responseHeaders'> => {
      const changes = operations({ 'x-level': level }, { action: 'overwrite' })
      return { requestHeaders: changes, responseHeaders: changes }
    }
    const { mesh, upstream } = await one(context, {
      destination: set('destination'),
      route: set('route'),
      host: set('host'),
      table: { ...set('table'), mostSpecificHeaderChangesWin: specific },
    })
    const { headers, body } = await mesh.response()
    await body.dump()
    assert.deepEqual([upstream.requests[0]?.headers['x-level'], headers['x-level']], [winner, winner])
  })
}

test('headers of responses are changed, with what is known by then', async (context) => {
  const changes = operations(
    {
      'x-what':
        '%RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_CLUSTER% %ROUTE_NAME% %REQ(:PATH)% %RESP(x-old)% %PROTOCOL%',
      server: '',
    },
    { remove: ['x-powered-by'] },
  )
  const { mesh } = await one(context, { route: { responseHeaders: changes } }, (_, response) => {
    response.writeHead(404, { 'X-Powered-By': 'me', 'x-old': 'old' }).end('gone')
  })
  const { statusCode, headers, body } = await mesh.response('/p?q')
  assert.equal(await body.text(), 'gone')
  assert.equal(statusCode, 404)
  assert.equal(headers['x-what'], '404 - reviews canary /p?q old HTTP/1.1')
  assert.deepEqual([headers['x-powered-by'], headers.server], [undefined, undefined])
})

test('a direct response has the headers of its route, a failure has not', async (context) => {
  const changes = operations({ 'content-type': 'application/json', 'x-by': 'route' })
  const mesh = new ClientFixture(context)
  configure(mesh, [], { route: { responseHeaders: changes } })
  const failed = await mesh.response()
  assert.deepEqual(
    [failed.statusCode, failed.headers['x-by'], await failed.body.text()],
    [503, undefined, 'no healthy upstream'],
  )
  configure(mesh, [], {
    route: { responseHeaders: changes, action: { kind: 'direct-response', status: 200, body: '{}' } },
  })
  const { headers, body } = await mesh.response()
  assert.deepEqual(headers, { 'content-length': '2', 'content-type': 'application/json', 'x-by': 'route' })
  assert.equal(await body.text(), '{}')
})

test("the client's address is told, its steering of the mesh is not", async (context) => {
  const { mesh, upstream } = await one(context, {
    route: {
      requestHeaders: operations({
        'x-client': '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
        'x-retry': '%REQ(x-envoy-max-retries)%',
      }),
    },
  })
  await mesh.request('/', { headers: { 'x-envoy-max-retries': '3' } })
  assert.deepEqual(received(upstream.requests[0], 'x-client', 'x-retry', 'x-envoy-max-retries'), [
    undefined,
    '3',
    undefined,
  ])
})
