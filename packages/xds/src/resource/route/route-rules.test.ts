import assert from 'node:assert/strict'
import type { Route, RouteConfiguration } from '@inmesh/core'
import { routeOutcome } from '../../testing/route-outcome.js'
import { type Rule, testRules } from '../../testing/rule-table.js'
import { routeConfigurationType } from './route-configuration-type.js'

const FILTERS = 'type.googleapis.com/envoy.extensions.filters.http'
const MATCH = { prefix: '/' }
const ROUTE = 'virtual_hosts[0].routes[0]'

function hosts(...virtualHosts: object[]): object {
  return { name: 'r', virtualHosts }
}

function host(more: object = {}): object {
  return { name: 'h', domains: ['*'], routes: [{ match: MATCH, route: { cluster: 'c' } }], ...more }
}

function route(more: object): object {
  return hosts(host({ routes: [{ match: MATCH, ...more }] }))
}

function matched(match: object): object {
  return route({ match, route: { cluster: 'c' } })
}

function header(matcher: object): object {
  return matched({ ...MATCH, headers: [{ name: 'X-Beta', ...matcher }] })
}

function weighted(...clusters: object[]): object {
  return route({ route: { weightedClusters: { clusters } } })
}

function overridden(config: object): object {
  return route({ route: { cluster: 'c' }, typedPerFilterConfig: { f: config } })
}

function ofRoute(check: (route: Route) => void): (value: RouteConfiguration) => void {
  return (value) => check(value.virtualHosts[0]!.routes[0]!)
}

function expectHeader(expected: object): (value: RouteConfiguration) => void {
  const defaults = { name: 'x-beta', invert: false, treatMissingAsEmpty: false }
  return ofRoute(({ match }) => assert.deepEqual(match.headers, [{ ...defaults, ...expected }]))
}

function expectOverride(expected: unknown): (value: RouteConfiguration) => void {
  return ofRoute(({ filterOverrides }) => assert.deepEqual([...filterOverrides], [['f', expected]]))
}

const exact = (value: string, ignoreCase = false): object => ({ value: { kind: 'exact', value, ignoreCase } })

const TABLES: readonly Rule<RouteConfiguration>[] = [
  { id: 'RDS-1', rule: 'the name is required', input: {}, outcome: 'malformed', fields: ['name'] },
  { id: 'RDS-2', rule: 'a table without virtual hosts is valid', input: hosts(), outcome: 'empty' },
  {
    id: 'RDS-3',
    rule: 'every virtual host is checked',
    input: hosts(host(), host({ domains: ['b'], routes: [{}] }), host({ domains: ['c'], routes: [{ match: {} }] })),
    outcome: 'malformed',
    fields: ['virtual_hosts[1].routes[0].match', 'virtual_hosts[2].routes[0].match'],
  },
  {
    id: 'RDS-4',
    rule: 'domains are patterns in lower case',
    input: hosts(host({ domains: ['Shop.example', '*.example', 'shop.*', '*', '*-eu.example'] })),
    outcome: 'carried',
    check: (value) =>
      assert.deepEqual(value.virtualHosts[0]?.domains, ['shop.example', '*.example', 'shop.*', '*', '*-eu.example']),
  },
  {
    id: 'RDS-5',
    rule: 'a domain with an asterisk elsewhere, or empty, is malformed',
    input: hosts(host({ domains: ['a*b', '', '**', '*a*', 'a'] })),
    outcome: 'malformed',
    fields: [0, 1, 2, 3].map((index) => `virtual_hosts[0].domains[${index}]`),
  },
  {
    id: 'RDS-6',
    rule: 'a domain that is there already is malformed, whatever its case',
    input: hosts(host({ domains: ['A'] }), host({ domains: ['a', 'b'] })),
    outcome: 'malformed',
    fields: ['virtual_hosts[1].domains[0]'],
  },
  {
    id: 'RDS-7',
    rule: 'a virtual host has a domain',
    input: hosts(host({ domains: [] })),
    outcome: 'malformed',
    fields: ['virtual_hosts[0].domains'],
  },
  {
    id: 'RDS-8',
    rule: 'ports are left out of the match where the table says so',
    input: { ...hosts(host()), ignorePortInHostMatching: true, validateClusters: false },
    outcome: 'carried',
    check: (value) => assert.equal(value.ignorePortInHostMatching, true),
  },
  {
    id: 'RDS-11',
    rule: 'a virtual host that requires TLS of callers redirects HTTP requests, and gRPC passes that by',
    input: hosts(host({ requireTls: 'ALL' })),
    outcome: 'gRPC skipped',
    check: ({ virtualHosts }) => assert.equal(virtualHosts[0]?.routes[0]?.action.kind, 'redirect'),
  },
  {
    id: 'RDS-12',
    rule: 'what a virtual host says and is not carried out is listed',
    input: hosts(host({ hedgePolicy: {} })),
    outcome: 'listed',
    fields: ['virtual_hosts[0].hedge_policy'],
  },
  {
    id: 'RDS-412',
    rule: 'what a virtual host tells of attempts is carried',
    input: hosts(host({ includeRequestAttemptCount: true, includeIsTimeoutRetryHeader: true })),
    outcome: 'carried',
    check: ({ virtualHosts: [first] }) =>
      assert.deepEqual(first!.attemptHeaders, { inRequest: true, inResponse: false, timeoutRetry: true }),
  },
  {
    id: 'RDS-13',
    rule: 'overrides of the table are carried apart',
    input: {
      ...hosts(host({ typedPerFilterConfig: { f: { '@type': `${FILTERS}.fault.v3.HTTPFault` } } })),
      typedPerFilterConfig: {
        f: { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true },
        g: { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true },
      },
    },
    outcome: 'carried',
    check: ({ virtualHosts, filterOverrides }) => {
      assert.deepEqual([...virtualHosts[0]!.filterOverrides], [['f', { kind: 'fault' }]])
      assert.deepEqual([...filterOverrides!.keys()], ['f', 'g'])
    },
  },
]

const HEADERS: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-50',
    rule: 'a header has a name',
    input: header({ name: '', presentMatch: true }),
    outcome: 'malformed',
    fields: [`${ROUTE}.match.headers[0].name`],
  },
  {
    id: 'RDS-51',
    rule: 'exact_match is carried, also empty',
    input: header({ exactMatch: '' }),
    outcome: 'carried',
    check: expectHeader(exact('')),
  },
  {
    id: 'RDS-52',
    rule: 'string_match exact is carried, without regard to case',
    input: header({ stringMatch: { exact: 'On', ignoreCase: true } }),
    outcome: 'carried',
    check: expectHeader(exact('on', true)),
  },
  {
    id: 'RDS-53',
    rule: 'prefix_match is carried',
    input: header({ prefixMatch: 'a' }),
    outcome: 'carried',
    check: expectHeader({ value: { kind: 'prefix', value: 'a', ignoreCase: false } }),
  },
  {
    id: 'RDS-54',
    rule: 'suffix_match is carried',
    input: header({ suffixMatch: 'a' }),
    outcome: 'carried',
    check: expectHeader({ value: { kind: 'suffix', value: 'a', ignoreCase: false } }),
  },
  {
    id: 'RDS-55',
    rule: 'contains_match is carried',
    input: header({ containsMatch: 'a' }),
    outcome: 'carried',
    check: expectHeader({ value: { kind: 'contains', value: 'a', ignoreCase: false } }),
  },
  {
    id: 'RDS-56',
    rule: 'string_match prefix, suffix and contains are carried',
    input: matched({
      ...MATCH,
      headers: [
        { name: 'a', stringMatch: { prefix: 'P' } },
        { name: 'b', stringMatch: { suffix: 'S', ignoreCase: true } },
        { name: 'c', stringMatch: { contains: 'C' } },
      ],
    }),
    outcome: 'carried',
    check: ofRoute(({ match }) =>
      assert.deepEqual(
        match.headers.map(({ value }) => value),
        [
          { kind: 'prefix', value: 'P', ignoreCase: false },
          { kind: 'suffix', value: 's', ignoreCase: true },
          { kind: 'contains', value: 'C', ignoreCase: false },
        ],
      ),
    ),
  },
  {
    id: 'RDS-57',
    rule: 'an empty prefix, suffix or part is malformed',
    input: matched({
      ...MATCH,
      headers: [
        { name: 'a', prefixMatch: '' },
        { name: 'a', suffixMatch: '' },
        { name: 'a', containsMatch: '' },
        { name: 'a', stringMatch: { prefix: '' } },
      ],
    }),
    outcome: 'malformed',
    fields: [
      `${ROUTE}.match.headers[0].prefix_match`,
      `${ROUTE}.match.headers[1].suffix_match`,
      `${ROUTE}.match.headers[2].contains_match`,
      `${ROUTE}.match.headers[3].string_match.prefix`,
    ],
  },
  {
    id: 'RDS-58',
    rule: 'expressions are carried in both forms',
    input: matched({
      ...MATCH,
      headers: [
        { name: ':method', stringMatch: { safeRegex: { regex: 'GET|POST' } } },
        { name: 'a', safeRegexMatch: { regex: 'x+' } },
      ],
    }),
    outcome: 'carried',
    check: ofRoute(({ match }) =>
      assert.deepEqual(
        match.headers.map(({ value }) => value.kind),
        ['regex', 'regex'],
      ),
    ),
  },
  {
    id: 'RDS-59',
    rule: 'a bad expression is malformed in both forms',
    input: matched({
      ...MATCH,
      headers: [
        { name: 'a', safeRegexMatch: { regex: '(' } },
        { name: 'a', stringMatch: { safeRegex: { regex: '(' } } },
      ],
    }),
    outcome: 'malformed',
    fields: [
      `${ROUTE}.match.headers[0].safe_regex_match.regex`,
      `${ROUTE}.match.headers[1].string_match.safe_regex.regex`,
    ],
  },
  {
    id: 'RDS-60',
    rule: 'a range is carried',
    input: header({ rangeMatch: { start: '-3', end: '10' } }),
    outcome: 'carried',
    check: expectHeader({ value: { kind: 'range', start: -3, end: 10 } }),
  },
  {
    id: 'RDS-61',
    rule: 'presence is carried, inverted too',
    input: header({ presentMatch: true, invertMatch: true }),
    outcome: 'carried',
    check: expectHeader({ value: { kind: 'present', present: true }, invert: true }),
  },
  {
    id: 'RDS-62',
    rule: 'absence is carried',
    input: header({ presentMatch: false }),
    outcome: 'carried',
    check: expectHeader({ value: { kind: 'present', present: false } }),
  },
  {
    id: 'RDS-63',
    rule: 'an absent header may count as empty',
    input: header({ exactMatch: 'a', treatMissingHeaderAsEmpty: true }),
    outcome: 'carried',
    check: expectHeader({ ...exact('a'), treatMissingAsEmpty: true }),
  },
  {
    id: 'RDS-64',
    rule: 'a header without condition must be there for Envoy; gRPC refuses it',
    input: header({}),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.match.headers[0]`],
    check: expectHeader({ value: { kind: 'present', present: true } }),
  },
  {
    id: 'RDS-65',
    rule: 'string_match says what to match',
    input: header({ stringMatch: {} }),
    outcome: 'malformed',
    fields: [`${ROUTE}.match.headers[0].string_match`],
  },
  {
    id: 'RDS-66',
    rule: 'a custom matcher refuses the calls that may be meant',
    input: header({ stringMatch: { custom: { name: 'x' } } }),
    outcome: 'refused',
    fields: [`${ROUTE}.match.headers[0].string_match.custom`],
  },
]

const OVERRIDES: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-80',
    rule: 'an override of a fault is carried by the name of the filter',
    input: overridden({
      '@type': `${FILTERS}.fault.v3.HTTPFault`,
      abort: { httpStatus: 503, percentage: { numerator: 1 } },
    }),
    outcome: 'carried',
    check: expectOverride({ kind: 'fault', abort: { httpStatus: 503, fraction: { perMillion: 10_000 } } }),
  },
  {
    id: 'RDS-81',
    rule: 'an override may turn a filter off, known or not',
    input: overridden({ '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true }),
    outcome: 'carried',
    check: expectOverride('disabled'),
  },
  {
    id: 'RDS-82',
    rule: 'an override may be wrapped',
    input: overridden({
      '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
      config: { '@type': `${FILTERS}.fault.v3.HTTPFault` },
    }),
    outcome: 'carried',
    check: expectOverride({ kind: 'fault' }),
  },
  {
    id: 'RDS-83',
    rule: 'a known filter with a bad override is an error even if optional',
    input: overridden({
      '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
      isOptional: true,
      config: { '@type': `${FILTERS}.fault.v3.HTTPFault`, abort: { httpStatus: 7 } },
    }),
    outcome: 'malformed',
    fields: [`${ROUTE}.typed_per_filter_config["f"].config.abort.http_status`],
  },
  {
    id: 'RDS-84',
    rule: 'an override of a harmless filter is left out',
    input: overridden({ '@type': `${FILTERS}.compressor.v3.CompressorPerRoute` }),
    outcome: 'listed',
    fields: [`${ROUTE}.typed_per_filter_config["f"]`],
  },
  {
    id: 'RDS-260',
    rule: 'a CORS policy is carried',
    input: overridden({
      '@type': `${FILTERS}.cors.v3.CorsPolicy`,
      allowOriginStringMatch: [{ exact: '*' }],
      allowMethods: 'GET',
      allowHeaders: 'x-a',
      exposeHeaders: 'x-b',
      maxAge: '60',
      allowCredentials: true,
      allowPrivateNetworkAccess: true,
      forwardNotMatchingPreflights: false,
      filterEnabled: { defaultValue: { numerator: 1, denominator: 'HUNDRED' } },
      shadowEnabled: { defaultValue: { numerator: 100 } },
    }),
    outcome: 'carried',
    check: expectOverride({
      kind: 'cors',
      allowOrigins: [{ kind: 'exact', value: '*', ignoreCase: false }],
      allowMethods: 'GET',
      allowHeaders: 'x-a',
      exposeHeaders: 'x-b',
      maxAge: '60',
      allowCredentials: true,
      allowPrivateNetworkAccess: true,
      forwardUnmatchedPreflights: false,
      enabled: { perMillion: 10_000 },
    }),
  },
  {
    id: 'RDS-261',
    rule: 'header mutation of a route is carried for HTTP and refused for gRPC',
    input: overridden({
      '@type': `${FILTERS}.header_mutation.v3.HeaderMutationPerRoute`,
      mutations: { requestMutations: [{ remove: 'x' }] },
    }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.typed_per_filter_config["f"]`],
    check: expectOverride({
      kind: 'header-mutation',
      request: [{ kind: 'remove', name: 'x' }],
      query: [],
      response: [],
    }),
  },
  {
    id: 'RDS-262',
    rule: 'a message that only configures listeners overrides nothing and refuses the route',
    input: overridden({ '@type': `${FILTERS}.cors.v3.Cors` }),
    outcome: 'refused',
    fields: [`${ROUTE}.typed_per_filter_config["f"]`],
  },
  {
    id: 'RDS-263',
    rule: 'an override in a TypedStruct is carried',
    input: overridden({
      '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
      typeUrl: `${FILTERS}.fault.v3.HTTPFault`,
      value: { delay: { fixedDelay: '2s', percentage: { numerator: 100 } } },
    }),
    outcome: 'carried',
    check: expectOverride({ kind: 'fault', delay: { durationMs: 2000, fraction: { perMillion: 1_000_000 } } }),
  },
  {
    id: 'RDS-85',
    rule: 'an override of authorization refuses the route',
    input: overridden({ '@type': `${FILTERS}.rbac.v3.RBACPerRoute` }),
    outcome: 'refused',
    fields: [`${ROUTE}.typed_per_filter_config["f"]`],
  },
  {
    id: 'RDS-86',
    rule: 'an override of a filter nobody has heard of refuses the route',
    input: overridden({ '@type': 'type.googleapis.com/xds.type.v3.TypedStruct', typeUrl: 'a/example.Gate' }),
    outcome: 'refused',
    fields: [`${ROUTE}.typed_per_filter_config["f"]`],
  },
  {
    id: 'RDS-87',
    rule: 'an optional override of a filter nobody has heard of is left out',
    input: overridden({
      '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
      isOptional: true,
      config: { '@type': 'type.googleapis.com/xds.type.v3.TypedStruct', typeUrl: 'a/example.Gate' },
    }),
    outcome: 'listed',
    fields: [`${ROUTE}.typed_per_filter_config["f"].config`],
  },
  {
    id: 'RDS-88',
    rule: 'an override without configuration is malformed for both, unless it turns the filter off',
    input: overridden({ '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', isOptional: true }),
    outcome: 'malformed',
    fields: [`${ROUTE}.typed_per_filter_config["f"].config`],
  },
  {
    id: 'RDS-409',
    rule: 'an empty configuration turns the filter on in Envoy and is refused for gRPC (gRFC A39)',
    input: overridden({ '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', config: {} }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.typed_per_filter_config["f"].config`],
    check: expectOverride('enabled'),
  },
  {
    id: 'RDS-410',
    rule: 'the older policy for CORS of a route and a virtual host is carried',
    input: hosts(
      host({
        routes: [
          { match: MATCH, route: { cluster: 'c', cors: { maxAge: '60', filterEnabled: { defaultValue: {} } } } },
        ],
        cors: { allowOriginStringMatch: [{ exact: 'https://shop.test' }], shadowEnabled: { defaultValue: {} } },
      }),
    ),
    outcome: 'carried',
    check: ({ virtualHosts: [first] }) => {
      const { action } = first!.routes[0]!
      assert.deepEqual(action.kind === 'forward' && action.cors, {
        kind: 'cors',
        maxAge: '60',
        enabled: { perMillion: 0 },
      })
      const origin = { kind: 'exact', value: 'https://shop.test', ignoreCase: false }
      assert.deepEqual(first!.cors, { kind: 'cors', allowOrigins: [origin] })
    },
  },
  {
    id: 'RDS-411',
    rule: 'a matcher tree fails the calls of its virtual host with the reason, and no others',
    input: hosts(host({ routes: [], matcher: {} }), host({ domains: ['b'] })),
    outcome: 'fails',
    fields: ['virtual_hosts[0].matcher'],
    check: ({ virtualHosts: [, other] }) => assert.deepEqual(other!.routes[0]!.refused, {}),
  },
  {
    id: 'RDS-89',
    rule: 'an override of a virtual host refuses all its routes',
    input: hosts(host({ typedPerFilterConfig: { f: { '@type': `${FILTERS}.rbac.v3.RBACPerRoute` } } })),
    outcome: 'refused',
    fields: ['virtual_hosts[0].typed_per_filter_config["f"]'],
  },
  {
    id: 'RDS-90',
    rule: 'an override of one destination refuses the route',
    input: weighted(
      { name: 'a', weight: 1, typedPerFilterConfig: { f: { '@type': `${FILTERS}.rbac.v3.RBACPerRoute` } } },
      { name: 'b', weight: 1 },
    ),
    outcome: 'refused',
    fields: [`${ROUTE}.route.weighted_clusters.clusters[0].typed_per_filter_config["f"]`],
  },
]

testRules({
  type: routeConfigurationType,
  outcomeOf: routeOutcome,
  rules: [...TABLES, ...HEADERS, ...OVERRIDES],
})
