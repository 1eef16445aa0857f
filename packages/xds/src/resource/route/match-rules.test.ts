import assert from 'node:assert/strict'
import type { Route, RouteConfiguration } from '@inmesh/core'
import { routeOutcome } from '../../testing/route-outcome.js'
import { type Rule, testRules } from '../../testing/rule-table.js'
import { routeConfigurationType } from './route-configuration-type.js'

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

function template(pathTemplate: string): object {
  const type = 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig'
  return matched({ pathMatchPolicy: { name: 't', typedConfig: { '@type': type, pathTemplate } } })
}

function filterState(matcher: object): object {
  return matched({ ...MATCH, filterState: [{ key: 'io.inmesh.client_address', ...matcher }] })
}

function ofRoute(check: (route: Route) => void): (value: RouteConfiguration) => void {
  return (value) => check(value.virtualHosts[0]!.routes[0]!)
}

function expectPath(expected: object): (value: RouteConfiguration) => void {
  return ofRoute(({ match }) => assert.deepEqual({ ...match.path }, expected))
}

const exact = (value: string, ignoreCase = false): object => ({ value: { kind: 'exact', value, ignoreCase } })

const RULES: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-20',
    rule: 'a route has a match',
    input: route({ match: null, route: { cluster: 'c' } }),
    outcome: 'malformed',
    fields: [`${ROUTE}.match`],
  },
  { id: 'RDS-21', rule: 'a match has a path', input: matched({}), outcome: 'malformed', fields: [`${ROUTE}.match`] },
  {
    id: 'RDS-22',
    rule: 'a prefix is carried',
    input: matched({ prefix: '/A' }),
    outcome: 'carried',
    check: expectPath({ kind: 'prefix', value: '/A', caseSensitive: true }),
  },
  {
    id: 'RDS-23',
    rule: 'a path is carried, without regard to case',
    input: matched({ path: '/A', caseSensitive: false }),
    outcome: 'carried',
    check: expectPath({ kind: 'exact', value: '/a', caseSensitive: false }),
  },
  {
    id: 'RDS-24',
    rule: 'a regular expression is carried, whatever is said of case',
    input: matched({ safeRegex: { regex: '/v[0-9]+/.*' }, caseSensitive: false }),
    outcome: 'carried',
    check: ofRoute(({ match }) => assert.ok(match.path.kind === 'regex' && match.path.regex.matches('/v1/x'))),
  },
  {
    id: 'RDS-25',
    rule: 'a bad expression is malformed',
    input: matched({ safeRegex: { regex: '(' } }),
    outcome: 'malformed',
    fields: [`${ROUTE}.match.safe_regex.regex`],
  },
  {
    id: 'RDS-26',
    rule: 'an empty expression is malformed',
    input: matched({ safeRegex: {} }),
    outcome: 'malformed',
    fields: [`${ROUTE}.match.safe_regex.regex`],
  },
  {
    id: 'RDS-27',
    rule: 'path_separated_prefix is carried for HTTP and refused for gRPC',
    input: matched({ pathSeparatedPrefix: '/a' }),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.match.path_separated_prefix`],
    check: expectPath({ kind: 'path-separated-prefix', value: '/a', caseSensitive: true }),
  },
  {
    id: 'RDS-28',
    rule: 'path_separated_prefix has no final slash',
    input: matched({ pathSeparatedPrefix: '/a/' }),
    outcome: 'malformed',
    fields: [`${ROUTE}.match.path_separated_prefix`],
  },
  {
    id: 'RDS-29',
    rule: 'a route for CONNECT is left out',
    input: matched({ connectMatcher: {} }),
    outcome: 'left out',
    fields: [`${ROUTE}.match.connect_matcher`],
  },
  {
    id: 'RDS-30',
    rule: 'a URI template is carried for HTTP and refused for gRPC',
    input: template('/api/{id}/x'),
    outcome: 'gRPC refused',
    fields: [`${ROUTE}.match.path_match_policy`],
    check: ofRoute(({ match }) => assert.ok(match.path.kind === 'template' && match.path.template.matches('/api/7/x'))),
  },
  {
    id: 'RDS-39',
    rule: "a template that is not of Envoy's grammar is malformed",
    input: template('/api/{id'),
    outcome: 'malformed',
    fields: [`${ROUTE}.match.path_match_policy.typed_config.path_template`],
  },
  {
    id: 'RDS-31',
    rule: 'any other path policy refuses all calls',
    input: matched({ pathMatchPolicy: { name: 't' } }),
    outcome: 'refused',
    fields: [`${ROUTE}.match.path_match_policy`],
    check: expectPath({ kind: 'prefix', value: '', caseSensitive: true }),
  },
  {
    id: 'RDS-32',
    rule: 'query parameters are matched for HTTP; gRPC passes the route by',
    input: matched({
      ...MATCH,
      queryParameters: [
        { name: 'debug', presentMatch: false },
        { name: 'v', stringMatch: { exact: '2' } },
        { name: 'any' },
      ],
    }),
    outcome: 'gRPC skipped',
    fields: [`${ROUTE}.match.query_parameters`],
    check: ofRoute(({ match }) =>
      assert.deepEqual(match.queryParameters, [
        { name: 'debug', value: { kind: 'present', present: false } },
        { name: 'v', ...exact('2') },
        { name: 'any', value: { kind: 'present', present: true } },
      ]),
    ),
  },
  {
    id: 'RDS-33',
    rule: 'cookies are matched for HTTP; gRPC passes the route by',
    input: matched({ ...MATCH, cookies: [{ name: 'sid', stringMatch: { exact: 'a' }, invertMatch: true }] }),
    outcome: 'gRPC skipped',
    fields: [`${ROUTE}.match.cookies`],
    check: ofRoute(({ match }) => assert.deepEqual(match.cookies, [{ name: 'sid', ...exact('a'), invert: true }])),
  },
  {
    id: 'RDS-40',
    rule: 'conditions on parameters and cookies have a name and a value that can be tested',
    input: matched({
      ...MATCH,
      queryParameters: [{ stringMatch: { prefix: '' } }],
      cookies: [{ stringMatch: { safeRegex: { regex: '(' } } }],
    }),
    outcome: 'malformed',
    fields: ['name', 'string_match.prefix']
      .map((field) => `${ROUTE}.match.query_parameters[0].${field}`)
      .concat(['name', 'string_match.safe_regex.regex'].map((field) => `${ROUTE}.match.cookies[0].${field}`)),
  },
  {
    id: 'RDS-41',
    rule: 'the network of the originating client is matched for HTTP; gRPC passes the route by',
    input: filterState({ addressMatch: { ranges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }] } }),
    outcome: 'gRPC skipped',
    fields: [`${ROUTE}.match.filter_state`],
    check: ofRoute(({ match }) =>
      assert.deepEqual(
        match.clientNetworks?.map(({ blocks }) => blocks),
        [['10.0.0.0/8']],
      ),
    ),
  },
  {
    id: 'RDS-42',
    rule: 'a network must be one',
    input: filterState({ addressMatch: { ranges: [{ addressPrefix: '10.0.0.0', prefixLen: 64 }] } }),
    outcome: 'malformed',
    fields: [`${ROUTE}.match.filter_state[0].address_match.ranges[0]`],
  },
  {
    id: 'RDS-43',
    rule: 'any other filter state refuses HTTP',
    input: filterState({ stringMatch: { exact: 'x' } }),
    outcome: 'HTTP refused, gRPC skipped',
    fields: [`${ROUTE}.match.filter_state`, `${ROUTE}.match.filter_state[0]`],
  },
  {
    id: 'RDS-34',
    rule: 'dynamic metadata is as query parameters',
    input: matched({ ...MATCH, dynamicMetadata: [{ filter: 'f' }] }),
    outcome: 'HTTP refused, gRPC skipped',
    fields: [`${ROUTE}.match.dynamic_metadata`],
  },
  {
    id: 'RDS-35',
    rule: 'the TLS state of the caller refuses HTTP; gRPC does not read it',
    input: matched({ ...MATCH, tlsContext: {} }),
    outcome: 'HTTP refused',
    fields: [`${ROUTE}.match.tls_context`],
  },
  {
    id: 'RDS-36',
    rule: 'a match may be for gRPC only',
    input: matched({ ...MATCH, grpc: {} }),
    outcome: 'carried',
    check: ofRoute(({ match }) => assert.equal(match.grpcOnly, true)),
  },
  {
    id: 'RDS-37',
    rule: 'a share of requests is carried; there is no runtime',
    input: matched({
      ...MATCH,
      runtimeFraction: { defaultValue: { numerator: 3, denominator: 'TEN_THOUSAND' }, runtimeKey: 'k' },
    }),
    outcome: 'listed',
    fields: [`${ROUTE}.match.runtime_fraction.runtime_key`],
    check: ofRoute(({ match }) => assert.deepEqual(match.fraction, { perMillion: 300 })),
  },
  {
    id: 'RDS-38',
    rule: 'a share without value is an error for Envoy and nobody for gRPC',
    input: matched({ ...MATCH, runtimeFraction: {} }),
    outcome: 'HTTP refused',
    fields: [`${ROUTE}.match.runtime_fraction.default_value`],
    check: ofRoute(({ match }) => assert.deepEqual(match.fraction, { perMillion: 0 })),
  },
]

testRules({ type: routeConfigurationType, outcomeOf: routeOutcome, rules: RULES })
