import assert from 'node:assert/strict'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ListenerResource } from './listener-resource.js'
import { listenerType } from './listener-type.js'

const TYPES = 'type.googleapis.com/envoy.extensions.filters'
const ROUTER = { name: 'router', typedConfig: { '@type': `${TYPES}.http.router.v3.Router` } }
const STRUCT = 'type.googleapis.com/xds.type.v3.TypedStruct'
const FAULT = 'fault.v3.HTTPFault'
const HCM = 'api_listener.api_listener'

function filter(type: string, config: object = {}): object {
  return { name: type, typedConfig: { '@type': `${TYPES}.http.${type}`, ...config } }
}

function filters(...httpFilters: object[]): object {
  const apiListener = {
    '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
    rds: { configSource: { ads: {} }, routeConfigName: 'r' },
    httpFilters,
  }
  return { name: 'l', apiListener: { apiListener } }
}

function routerWith(options: object): object {
  return { ...ROUTER, typedConfig: { ...ROUTER.typedConfig, ...options } }
}

function expectFilter(expected: object): (value: ListenerResource) => void {
  return ({ listener }) => assert.deepEqual(listener.filters[0]?.config, expected)
}

const FILTERS: readonly Rule<ListenerResource>[] = [
  {
    id: 'LDS-110',
    rule: 'CORS is carried, and does nothing without a policy',
    input: filters(filter('cors.v3.Cors'), ROUTER),
    outcome: 'carried',
    check: expectFilter({ kind: 'cors' }),
  },
  {
    id: 'LDS-111',
    rule: 'a message that only overrides is no configuration of a listener',
    input: filters(filter('cors.v3.CorsPolicy'), ROUTER),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0].typed_config`],
  },
  {
    id: 'LDS-112',
    rule: 'header mutation is carried for HTTP and refused for gRPC',
    input: filters(
      filter('header_mutation.v3.HeaderMutation', {
        mutations: {
          requestMutations: [{ remove: 'X' }],
          responseMutations: [{ removeOnMatch: { keyMatcher: { prefix: 'x-' } } }],
          queryParameterMutations: [{ remove: 'q' }],
        },
        mostSpecificHeaderMutationsWins: true,
      }),
      ROUTER,
    ),
    outcome: 'gRPC refused',
    fields: [`${HCM}.http_filters[0]`],
    check: expectFilter({
      kind: 'header-mutation',
      request: [{ kind: 'remove', name: 'x' }],
      query: [{ kind: 'remove', name: 'q' }],
      response: [{ kind: 'remove-matching', match: { kind: 'prefix', value: 'x-', ignoreCase: false } }],
      mostSpecificWins: true,
    }),
  },
  {
    id: 'LDS-113',
    rule: 'header mutation says what it does, with names and values that exist',
    input: filters(
      filter('header_mutation.v3.HeaderMutation', {
        mutations: {
          requestMutations: [{}, { append: { header: { key: 'a', value: '%NO%' } } }, { remove: 'a b' }],
          queryParameterMutations: [{}, { append: { record: { key: 'k', value: 3 } } }],
        },
      }),
      ROUTER,
    ),
    outcome: 'malformed',
    fields: [
      'request_mutations[0]',
      'request_mutations[1].append.header.value',
      'request_mutations[2].remove',
      'query_parameter_mutations[0]',
      'query_parameter_mutations[1].append.record',
    ].map((field) => `${HCM}.http_filters[0].typed_config.mutations.${field}`),
  },
  {
    id: 'LDS-114',
    rule: 'changes of trailers, and of parts that a request or response must keep, refuse every call',
    input: filters(
      filter('header_mutation.v3.HeaderMutation', {
        mutations: {
          responseTrailersMutations: [{ remove: 'x' }],
          requestMutations: [{ append: { header: { key: ':path', value: '/' } } }],
          responseMutations: [{ append: { header: { key: ':status', value: '200' } } }],
        },
      }),
      ROUTER,
    ),
    outcome: 'refused',
    fields: [
      `${HCM}.http_filters[0].typed_config.mutations.response_trailers_mutations`,
      `${HCM}.http_filters[0].typed_config.mutations.response_mutations[0].append.header.key`,
      `${HCM}.http_filters[0]`,
    ],
  },
  {
    id: 'LDS-115',
    rule: 'a known filter in a TypedStruct is carried',
    input: filters(
      {
        name: 'wrapped',
        typedConfig: {
          '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
          typeUrl: `${TYPES}.http.${FAULT}`,
          value: { abort: { http_status: 503, percentage: { numerator: 50, denominator: 'HUNDRED' } } },
        },
      },
      ROUTER,
    ),
    outcome: 'carried',
    check: expectFilter({ kind: 'fault', abort: { fraction: { perMillion: 500_000 }, httpStatus: 503 } }),
  },
  {
    id: 'LDS-116',
    rule: 'a TypedStruct that is not of the message it names is malformed',
    input: filters(
      {
        name: 'wrapped',
        typedConfig: {
          '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
          typeUrl: `${TYPES}.http.header_mutation.v3.HeaderMutation`,
          value: { mutationz: {} },
        },
      },
      ROUTER,
    ),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters[0].typed_config.mutationz`],
  },
  {
    id: 'LDS-130',
    rule: 'options of the router are carried',
    input: filters(
      routerWith({
        suppressEnvoyHeaders: true,
        respectExpectedRqTimeout: true,
        strictCheckHeaders: ['X-Envoy-Retry-On'],
      }),
    ),
    outcome: 'carried',
    check: ({ listener: { router } }) =>
      assert.deepEqual(router, {
        suppressesEnvoyHeaders: true,
        respectsExpectedTimeout: true,
        strictHeaders: ['x-envoy-retry-on'],
      }),
  },
  {
    id: 'LDS-149',
    rule: 'options of the router in a TypedStruct are carried too',
    input: filters({
      name: 'router',
      typedConfig: {
        '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
        typeUrl: `${TYPES}.http.router.v3.Router`,
        value: { suppress_envoy_headers: true },
      },
    }),
    outcome: 'carried',
    check: ({ listener: { router } }) => assert.equal(router?.suppressesEnvoyHeaders, true),
  },
  {
    id: 'LDS-131',
    rule: 'the default options of the router are none, and what only observes is listed',
    input: filters(routerWith({ startChildSpan: true, dynamicStats: false })),
    outcome: 'listed',
    fields: [`${HCM}.http_filters[0].typed_config.start_child_span`],
    check: ({ listener: { router } }) => assert.equal(router, undefined),
  },
  {
    id: 'LDS-132',
    rule: 'a header that cannot be checked is refused by Envoy; gRPC does not read it',
    input: filters(routerWith({ strictCheckHeaders: ['x-custom'] })),
    outcome: 'HTTP refused',
    fields: [`${HCM}.http_filters[0].typed_config.strict_check_headers[0]`],
  },
  {
    id: 'LDS-133',
    rule: 'filters of the upstream side may guard what goes out: HTTP calls fail, unless the filter is the codec or optional',
    input: filters(
      routerWith({
        upstreamHttpFilters: [
          filter('rbac.v3.RBAC'),
          { ...filter('rbac.v3.RBAC'), isOptional: true },
          { name: 'codec', typedConfig: { '@type': STRUCT, typeUrl: `${TYPES}.http.upstream_codec.v3.UpstreamCodec` } },
        ],
      }),
    ),
    outcome: 'HTTP refused',
    fields: [0, 1].map((index) => `${HCM}.http_filters[0].typed_config.upstream_http_filters[${index}]`),
  },
  {
    id: 'LDS-117',
    rule: 'a known filter with a bad configuration is malformed even if optional',
    input: filters(
      {
        ...filter(FAULT, { abort: { httpStatus: 99, percentage: { numerator: 50 } } }),
        isOptional: true,
      },
      ROUTER,
    ),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters[0].typed_config.abort.http_status`],
  },
  {
    id: 'LDS-145',
    rule: 'a rate of responses is carried for HTTP; gRPC has none (gRFC A33)',
    input: filters(
      filter(FAULT, { responseRateLimit: { fixedLimit: { limitKbps: 64 }, percentage: { numerator: 100 } } }),
      ROUTER,
    ),
    outcome: 'listed',
    fields: [`${HCM}.http_filters[0].typed_config.response_rate_limit`],
    check: expectFilter({ kind: 'fault', responseRate: { fraction: { perMillion: 1_000_000 }, kbps: 64 } }),
  },
  {
    id: 'LDS-146',
    rule: 'a rate of none is none',
    input: filters(filter(FAULT, { responseRateLimit: { fixedLimit: {}, percentage: { numerator: 100 } } }), ROUTER),
    outcome: 'listed',
    fields: ['', '.fixed_limit.limit_kbps'].map((field) => {
      return `${HCM}.http_filters[0].typed_config.response_rate_limit${field}`
    }),
    check: expectFilter({ kind: 'fault' }),
  },
]

testRules({ type: listenerType, outcomeOf, rules: FILTERS })

function outcomeOf({ refused }: ListenerResource, listed: boolean): string {
  return refusedViews(refused).join(', ') || (listed ? 'listed' : 'carried')
}
