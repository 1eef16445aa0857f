import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeView } from '../registry/node-view.js'
import {
  catalogText,
  configOf,
  destinationRuleText,
  errorsOf,
  type JsonObject,
  routesOf,
  shopNode,
  virtualServiceText,
} from '../testing/mesh-text.js'

const routeName = 'outbound|80||catalog.shop.svc.cluster.local'
const toCatalog = 'route: [{ destination: { host: catalog } }]'

function routes(http: string, node: NodeView = shopNode, rule = ''): readonly JsonObject[] {
  return routesOf(configOf(catalogText, virtualServiceText(http), destinationRuleText(rule)), routeName, node)
}

function onlyRoute(http: string, rule = ''): JsonObject {
  const [route, ...rest] = routes(http, shopNode, rule)
  assert.equal(rest.length, 0)
  return route ?? assert.fail('there is no route')
}

describe('a match becomes', () => {
  const matches: readonly (readonly [string, JsonObject])[] = [
    ['{ uri: { exact: /a } }', { path: '/a', caseSensitive: true }],
    ['{ uri: { prefix: /a }, ignoreUriCase: true }', { prefix: '/a', caseSensitive: false }],
    ['{ uri: { regex: "/a+" } }', { safeRegex: { regex: '/a+' }, caseSensitive: true }],
    [
      '{ headers: { X-B: { exact: "1" }, x-a: { prefix: p }, x-c: {}, x-d: { regex: "*" } } }',
      {
        prefix: '/',
        caseSensitive: true,
        headers: [
          { name: 'x-a', stringMatch: { prefix: 'p' } },
          { name: 'x-b', stringMatch: { exact: '1' } },
          { name: 'x-c', presentMatch: true },
          { name: 'x-d', presentMatch: true },
        ],
      },
    ],
    [
      '{ withoutHeaders: { x-a: { exact: "1" }, x-b: {} } }',
      {
        prefix: '/',
        caseSensitive: true,
        headers: [
          { name: 'x-a', stringMatch: { exact: '1' }, invertMatch: true, treatMissingHeaderAsEmpty: true },
          { name: 'x-b', presentMatch: true, invertMatch: true },
        ],
      },
    ],
    [
      '{ method: { exact: GET }, authority: { exact: a }, scheme: { exact: http } }',
      {
        prefix: '/',
        caseSensitive: true,
        headers: [
          { name: ':method', stringMatch: { exact: 'GET' } },
          { name: ':authority', stringMatch: { exact: 'a' } },
          { name: ':scheme', stringMatch: { exact: 'http' } },
        ],
      },
    ],
    [
      '{ queryParams: { q: { regex: "[0-9]+" }, debug: {} } }',
      {
        prefix: '/',
        caseSensitive: true,
        queryParameters: [
          { name: 'debug', presentMatch: true },
          { name: 'q', stringMatch: { safeRegex: { regex: '[0-9]+' } } },
        ],
      },
    ],
  ]
  for (const [match, expected] of matches) {
    it(`an xDS match: ${match}`, () => {
      assert.deepEqual(routes(`  - match: [${match}]\n    ${toCatalog}`)[0]?.match, expected)
    })
  }

  it('a route each, named after both', () => {
    const names = routes(
      `  - name: r\n    match: [{ name: m, uri: { exact: /a } }, { uri: { exact: /b } }]\n    ${toCatalog}`,
    ).map((route) => route.name)
    assert.deepEqual(names, ['r.m', 'r'])
  })
})

describe('routes that a caller gets', () => {
  const http = `
  - name: labels
    match: [{ sourceLabels: { app: front }, uri: { prefix: /l } }]
    ${toCatalog}
  - name: namespace
    match: [{ sourceNamespace: front, uri: { prefix: /n } }]
    ${toCatalog}
  - name: port
    match: [{ port: 8080, uri: { prefix: /p } }]
    ${toCatalog}
  - name: gateway
    match: [{ gateways: [edge], uri: { prefix: /g } }]
    ${toCatalog}
  - name: rest
    ${toCatalog}
`
  const names = (node: NodeView) => routes(http, node).map((route) => route.name)

  it('leave out those for other labels, namespaces, ports and gateways', () => {
    assert.deepEqual(names(shopNode), ['rest'])
    assert.deepEqual(names({ ...shopNode, labels: { app: 'front' } }), ['labels', 'rest'])
    assert.deepEqual(names({ ...shopNode, namespace: 'front' }), ['namespace', 'rest'])
  })

  it('end at the one that takes every request', () => {
    const all = `  - name: a\n    match: [{ uri: { prefix: / } }]\n    ${toCatalog}\n  - name: b\n    ${toCatalog}`
    assert.deepEqual(
      routes(all).map((route) => route.name),
      ['a'],
    )
  })

  it('are the default where none is left, and where the VirtualService is for gateways only', () => {
    const gateway = virtualServiceText(`  - name: x\n    ${toCatalog}`, '  gateways: [edge]\n')
    assert.equal(routesOf(configOf(catalogText, gateway), routeName)[0]?.name, 'default')
    const other = `  - match: [{ sourceNamespace: other }]\n    ${toCatalog}`
    assert.equal(onlyRoute(other).name, 'default')
  })
})

describe('destinations', () => {
  it('share by weight; of several, those of weight 0 get nothing', () => {
    const split = (v1: number, v2: number) =>
      onlyRoute(`
  - route:
    - { destination: { host: catalog, subset: v1 }, weight: ${v1} }
    - { destination: { host: catalog, subset: v2 }, weight: ${v2} }
`).route.weightedClusters.clusters
    assert.deepEqual(split(90, 10), [
      { name: 'outbound|80|v1|catalog.shop.svc.cluster.local', weight: 90 },
      { name: 'outbound|80|v2|catalog.shop.svc.cluster.local', weight: 10 },
    ])
    assert.deepEqual(split(0, 100), [{ name: 'outbound|80|v2|catalog.shop.svc.cluster.local', weight: 100 }])
    assert.match(
      errorsOf(
        virtualServiceText('  - route: [{ destination: { host: a } }, { destination: { host: b }, weight: 0 }]'),
      ).join(),
      /^mesh\/1\.yaml:8 spec\.http\[0\]\.route: the weights are all 0/,
    )
  })

  it('mean the only port of their service, else the port called, unless they name one', () => {
    const reviews = (ports: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: shop }
spec:
  hosts: [reviews]
  resolution: STATIC
  ports: ${ports}
`
    const cluster = (destination: string, ports: string) =>
      routesOf(
        configOf(catalogText, reviews(ports), virtualServiceText(`  - route: [{ destination: ${destination} }]`)),
        routeName,
      )[0]?.route.cluster
    const one = '[{ name: http, number: 9080 }]'
    const two = '[{ name: http, number: 9080 }, { name: more, number: 9081 }]'
    assert.equal(cluster('{ host: reviews }', one), 'outbound|9080||reviews.shop.svc.cluster.local')
    assert.equal(cluster('{ host: reviews }', two), 'outbound|80||reviews.shop.svc.cluster.local')
    assert.equal(
      cluster('{ host: reviews, port: { number: 9081 } }', two),
      'outbound|9081||reviews.shop.svc.cluster.local',
    )
    assert.equal(cluster('{ host: unknown.example.com }', one), 'outbound|80||unknown.example.com')
  })

  it('change headers for themselves, and rewrite the host where a change names it', () => {
    const { route } = onlyRoute(`
  - route:
    - destination: { host: catalog, subset: v1 }
      weight: 1
      headers: { request: { set: { x-v: "1", host: v1.example } }, response: { remove: [server] } }
    - { destination: { host: catalog, subset: v2 }, weight: 1 }
`)
    assert.deepEqual(route.weightedClusters.clusters[0], {
      name: 'outbound|80|v1|catalog.shop.svc.cluster.local',
      weight: 1,
      requestHeadersToAdd: [{ header: { key: 'x-v', value: '1' }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
      responseHeadersToRemove: ['server'],
      hostRewriteLiteral: 'v1.example',
    })
  })
})

describe('the retry policy of a route', () => {
  const policy = (retries: string) => onlyRoute(`  - ${toCatalog}\n${retries}`).route.retryPolicy

  it('is Istio’s where nothing is said: safe conditions, no status that a service may have answered', () => {
    assert.deepEqual(policy(''), {
      retryOn: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
      numRetries: 2,
      retryHostPredicate: [
        {
          name: 'envoy.retry_host_predicates.previous_hosts',
          typedConfig: {
            '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
          },
        },
      ],
      hostSelectionRetryMaxAttempts: '5',
    })
  })

  it('is absent with 0 attempts', () => {
    assert.equal(policy('    retries: { attempts: 0 }'), undefined)
  })

  it('tells statuses from conditions', () => {
    const { retryOn, retriableStatusCodes, numRetries } = policy(
      '    retries: { attempts: 4, retryOn: "503, reset,429" }',
    )
    assert.deepEqual([retryOn, retriableStatusCodes, numRetries], ['reset,retriable-status-codes', [503, 429], 4])
  })

  it('takes limits, back-off and previous hosts', () => {
    const { perTryTimeout, retryBackOff, retryHostPredicate } = policy(
      '    retries: { attempts: 1, perTryTimeout: 250ms, backoff: 10ms, retryIgnorePreviousHosts: false }',
    )
    assert.deepEqual(
      [perTryTimeout, retryBackOff, retryHostPredicate],
      ['0.250s', { baseInterval: '0.010s' }, undefined],
    )
  })

  it('stays with the endpoint of a hash', () => {
    const rule = '  trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-user } } }\n'
    const { route } = onlyRoute(`  - ${toCatalog}`, rule)
    assert.equal(route.retryPolicy.retryHostPredicate, undefined)
    assert.deepEqual(route.hashPolicy, [{ header: { headerName: 'x-user' } }])
  })
})

describe('what else a route does', () => {
  it('limits time: for HTTP by timeout, for gRPC by max_stream_duration', () => {
    const { route } = onlyRoute(`  - timeout: 1500ms\n    ${toCatalog}`)
    assert.deepEqual([route.timeout, route.maxStreamDuration], ['1.500s', { maxStreamDuration: '1.500s' }])
    const unlimited = onlyRoute(`  - ${toCatalog}`).route
    assert.deepEqual([unlimited.timeout, unlimited.maxStreamDuration], ['0s', { maxStreamDuration: '0s' }])
  })

  it('lets clients that know no CORS leave its policy out', () => {
    const { typedPerFilterConfig } = onlyRoute(`  - corsPolicy: { maxAge: 24h }\n    ${toCatalog}`)
    const { isOptional, config } = typedPerFilterConfig['envoy.filters.http.cors']
    assert.deepEqual([isOptional, config.maxAge], [true, '86400'])
  })

  it('puts in faults', () => {
    const fault = (text: string) =>
      onlyRoute(`  - fault: ${text}\n    ${toCatalog}`).typedPerFilterConfig?.['envoy.filters.http.fault']
    const percentage = { numerator: 125_000, denominator: 'MILLION' }
    assert.deepEqual(fault('{ delay: { percentage: { value: 12.5 }, fixedDelay: 2s } }'), {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
      delay: { fixedDelay: '2s', percentage },
    })
    assert.deepEqual(fault('{ abort: { percentage: { value: 12.5 }, grpcStatus: NOT_FOUND } }').abort, {
      grpcStatus: 5,
      percentage,
    })
    assert.deepEqual(fault('{ abort: { percent: 1, httpStatus: 418 } }').abort, {
      httpStatus: 418,
      percentage: { numerator: 10_000, denominator: 'MILLION' },
    })
    assert.match(
      errorsOf(virtualServiceText(`  - fault: { abort: { percent: 1 } }\n    ${toCatalog}`)).join(),
      /fault\.abort: one of httpStatus and grpcStatus must be given$/,
    )
  })

  it('rewrites path and host', () => {
    const rewrite = (text: string) => onlyRoute(`  - rewrite: ${text}\n    ${toCatalog}`).route
    assert.equal(rewrite('{ uri: /new }').prefixRewrite, '/new')
    assert.equal(rewrite('{ authority: other }').hostRewriteLiteral, 'other')
    assert.deepEqual(rewrite('{ uriRegexRewrite: { match: "^/a/(.*)", rewrite: "/b/\\\\1" } }').regexRewrite, {
      pattern: { regex: '^/a/(.*)' },
      substitution: '/b/\\1',
    })
  })

  it('redirects', () => {
    const redirect = (text: string) => onlyRoute(`  - redirect: ${text}`).redirect
    assert.deepEqual(redirect('{ uri: /x, authority: a }'), { hostRedirect: 'a', pathRedirect: '/x' })
    assert.deepEqual(redirect('{ scheme: https, port: 443, redirectCode: 307, prefixRewrite: /y }'), {
      schemeRedirect: 'https',
      responseCode: 'TEMPORARY_REDIRECT',
      prefixRewrite: '/y',
    })
    assert.deepEqual(redirect('{ port: 8443 }'), { portRedirect: 8443 })
    assert.deepEqual(redirect('{ scheme: https, derivePort: FROM_REQUEST_PORT }'), {
      schemeRedirect: 'https',
      portRedirect: 80,
    })
  })

  it('answers itself', () => {
    assert.deepEqual(onlyRoute('  - directResponse: { status: 503, body: { string: closed } }').directResponse, {
      status: 503,
      body: { inlineString: 'closed' },
    })
  })

  it('mirrors a share of the requests', () => {
    const { route } = onlyRoute(`
  - ${toCatalog}
    mirror: { host: catalog, subset: v1 }
    mirrorPercentage: { value: 5 }
    mirrors: [{ destination: { host: catalog, subset: v2 } }, { destination: { host: catalog }, percentage: { value: 0 } }]
`)
    const clusters = route.requestMirrorPolicies.map((policy: JsonObject) => [
      policy.cluster,
      policy.runtimeFraction.defaultValue.numerator,
    ])
    assert.deepEqual(clusters, [
      ['outbound|80|v1|catalog.shop.svc.cluster.local', 50_000],
      ['outbound|80|v2|catalog.shop.svc.cluster.local', 1_000_000],
    ])
  })

  it('is exactly one thing', () => {
    assert.match(
      errorsOf(virtualServiceText(`  - ${toCatalog}\n    directResponse: { status: 200 }`)).join(),
      /spec\.http\[0\]: exactly one of route, redirect and directResponse must be given$/,
    )
    assert.match(errorsOf(virtualServiceText('  - name: nothing')).join(), /exactly one of/)
  })
})
