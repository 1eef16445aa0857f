import assert from 'node:assert/strict'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ListenerResource } from './listener-resource.js'
import { listenerType } from './listener-type.js'

const TYPES = 'type.googleapis.com/envoy.extensions.filters'
const ROUTER = { name: 'router', typedConfig: { '@type': `${TYPES}.http.router.v3.Router` } }

function filter(type: string, config: object = {}, more: object = {}): object {
  return { name: type, typedConfig: { '@type': `${TYPES}.http.${type}`, ...config }, ...more }
}

const FAULT = 'fault.v3.HTTPFault'
const RBAC = 'rbac.v3.RBAC'

function wrappedFilter(typeUrl: string, more: object = {}): object {
  return { name: 'wrapped', typedConfig: { '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct', typeUrl }, ...more }
}

const RDS = { configSource: { ads: {} }, routeConfigName: 'r' }

function manager(more: object = {}): object {
  const apiListener = {
    '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
    ...('routeConfig' in more || 'scopedRoutes' in more ? {} : { rds: RDS }),
    httpFilters: [ROUTER],
    ...more,
  }
  return { name: 'l', apiListener: { apiListener } }
}

function filters(...httpFilters: object[]): object {
  return manager({ httpFilters })
}

function fault(config: object): object {
  return filters(filter(FAULT, config), ROUTER)
}

function struct(value: object): object {
  const typedConfig = {
    '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
    typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
    value,
  }
  return filters({ name: 'fault', typedConfig }, ROUTER)
}

const HCM = 'api_listener.api_listener'

function expectFault(expected: object): (value: ListenerResource) => void {
  return ({ listener }) => assert.deepEqual(listener.filters[0]?.config, { kind: 'fault', ...expected })
}

function expectNoFilters({ listener }: ListenerResource): void {
  assert.deepEqual(listener.filters, [])
}

const LISTENERS: readonly Rule<ListenerResource>[] = [
  { id: 'LDS-1', rule: 'the name is required', input: {}, outcome: 'malformed', fields: ['name'] },
  {
    id: 'LDS-2',
    rule: 'routes may be a resource of their own',
    input: manager(),
    outcome: 'carried',
    check: (value) => {
      assert.deepEqual(value.routes, { kind: 'rds', name: 'r' })
      assert.deepEqual(value.listener, { name: 'l', filters: [], maxStreamDurationMs: 0 })
    },
  },
  {
    id: 'LDS-3',
    rule: 'routes may stand in the listener',
    input: manager({ routeConfig: { virtualHosts: [{ name: 'h', domains: ['*'] }] } }),
    outcome: 'carried',
    check: ({ routes }) => {
      assert.ok(routes.kind === 'inline')
      assert.equal(routes.routes.virtualHosts[0]?.name, 'h')
    },
  },
  {
    id: 'LDS-4',
    rule: 'errors in inline routes are errors of the listener',
    input: manager({ routeConfig: { virtualHosts: [{ name: 'h', domains: ['*'], routes: [{}] }] } }),
    outcome: 'malformed',
    fields: [`${HCM}.route_config.virtual_hosts[0].routes[0].match`],
  },
  {
    id: 'LDS-5',
    rule: 'routes must come from somewhere',
    input: manager({ rds: null }),
    outcome: 'malformed',
    fields: [HCM],
  },
  {
    id: 'LDS-6',
    rule: 'the routes have a name and a source',
    input: manager({ rds: {} }),
    outcome: 'malformed',
    fields: [`${HCM}.rds.route_config_name`, `${HCM}.rds.config_source`],
  },
  {
    id: 'LDS-7',
    rule: 'routes come from ads or self only',
    input: manager({ rds: { routeConfigName: 'r', configSource: { path: '/etc/routes' } } }),
    outcome: 'no routes',
    fields: [`${HCM}.rds.config_source`],
  },
  {
    id: 'LDS-8',
    rule: 'routes may come from self',
    input: manager({ rds: { routeConfigName: 'r', configSource: { self: {} } } }),
    outcome: 'carried',
  },
  {
    id: 'LDS-9',
    rule: 'scoped routes are not supported',
    input: manager({ scopedRoutes: { name: 's' } }),
    outcome: 'no routes',
    fields: [`${HCM}.scoped_routes`],
  },
  {
    id: 'LDS-10',
    rule: 'a listener for servers is valid and of no use to a client',
    input: { name: 'l', address: { socketAddress: { address: '0.0.0.0', portValue: 80 } }, filterChains: [{}] },
    outcome: 'no routes',
    fields: ['filter_chains[0].filters'],
  },
  {
    id: 'LDS-11',
    rule: 'an API listener is an HTTP connection manager',
    input: { name: 'l', apiListener: { apiListener: ROUTER.typedConfig } },
    outcome: 'malformed',
    fields: [HCM],
  },
  {
    id: 'LDS-12',
    rule: 'an API listener is not empty',
    input: { name: 'l', apiListener: {} },
    outcome: 'malformed',
    fields: [HCM],
  },
  {
    id: 'LDS-13',
    rule: 'gRPC takes no client address from headers',
    input: manager({ xffNumTrustedHops: 1, originalIpDetectionExtensions: [{ name: 'x' }] }),
    outcome: 'gRPC refused',
    fields: [`${HCM}.xff_num_trusted_hops`, `${HCM}.original_ip_detection_extensions`],
  },
  {
    id: 'LDS-134',
    rule: 'the time to send a request is carried; that to read a response which is all there has no meaning',
    input: manager({ requestTimeout: '2s', streamFlushTimeout: '1s' }),
    outcome: 'carried',
    check: ({ listener }) => assert.equal(listener.requestTimeoutMs, 2000),
  },
  {
    id: 'LDS-14',
    rule: 'the limit of streams is carried',
    input: manager({ commonHttpProtocolOptions: { maxStreamDuration: '1.5s', idleTimeout: '1s' } }),
    outcome: 'carried',
    check: ({ listener }) => assert.equal(listener.maxStreamDurationMs, 1500),
  },
  {
    id: 'LDS-15',
    rule: 'a limit of streams must not be negative',
    input: manager({ commonHttpProtocolOptions: { maxStreamDuration: '-1s' } }),
    outcome: 'malformed',
    fields: [`${HCM}.common_http_protocol_options.max_stream_duration`],
  },
  {
    id: 'LDS-16',
    rule: 'what is not carried out is listed',
    input: manager({
      tracing: {},
      accessLog: [{ name: 'a' }],
      upgradeConfigs: [{ upgradeType: 'websocket' }],
      normalizePath: true,
    }),
    outcome: 'listed',
    fields: ['tracing', 'access_log', 'upgrade_configs', 'normalize_path'].map((field) => `${HCM}.${field}`),
  },
  {
    id: 'LDS-21',
    rule: 'the idle limit of streams is carried, 0 for none too',
    input: manager({ streamIdleTimeout: '0s' }),
    outcome: 'carried',
    check: ({ listener }) => assert.equal(listener.idleTimeoutMs, 0),
  },
  {
    id: 'LDS-19',
    rule: 'ports and final dots of hosts are left out of the match where the listener says so',
    input: manager({ stripAnyHostPort: true, stripTrailingHostDot: true }),
    outcome: 'carried',
    check: ({ listener }) =>
      assert.deepEqual([listener.strippedHostPort, listener.stripsTrailingHostDot], ['any', true]),
  },
  {
    id: 'LDS-20',
    rule: 'the two ways to leave ports out exclude each other',
    input: manager({ stripMatchingHostPort: true, stripAnyHostPort: true }),
    outcome: 'malformed',
    fields: [`${HCM}.strip_matching_host_port`],
  },
  {
    id: 'LDS-17',
    rule: "what speaks of a proxy's connection to the application is moot",
    input: manager({
      statPrefix: 's',
      codecType: 'HTTP1',
      serverName: 'x',
      useRemoteAddress: true,
      proxy100Continue: true,
    }),
    outcome: 'carried',
  },
  {
    id: 'LDS-18',
    rule: 'headers that are changed before routing refuse HTTP',
    input: manager({ earlyHeaderMutationExtensions: [{ name: 'x' }] }),
    outcome: 'HTTP refused',
    fields: [`${HCM}.early_header_mutation_extensions`],
  },
]

const FILTERS: readonly Rule<ListenerResource>[] = [
  {
    id: 'LDS-30',
    rule: 'there is at least one filter',
    input: filters(),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters`],
  },
  {
    id: 'LDS-31',
    rule: 'a filter has a name',
    input: filters({ ...ROUTER, name: '' }),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters[0].name`],
  },
  {
    id: 'LDS-32',
    rule: 'gRPC takes a name once',
    input: filters(filter(FAULT), filter(FAULT), ROUTER),
    outcome: 'gRPC refused',
    fields: [`${HCM}.http_filters[1].name`],
  },
  {
    id: 'LDS-33',
    rule: 'the router is the last filter',
    input: filters(ROUTER, filter(FAULT)),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters[0]`, `${HCM}.http_filters[1]`],
  },
  {
    id: 'LDS-34',
    rule: 'the last filter is the router',
    input: filters(filter('cors.v3.Cors')),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-35',
    rule: 'a filter has a configuration',
    input: filters({ name: 'x' }, ROUTER),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-36',
    rule: 'an optional filter may have none',
    input: filters({ name: 'x', isOptional: true }, ROUTER),
    outcome: 'listed',
    fields: [`${HCM}.http_filters[0]`],
    check: expectNoFilters,
  },
  {
    id: 'LDS-37',
    rule: 'a filter that is known to be harmless is left out',
    input: filters(
      wrappedFilter('a/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb', { name: 'web' }),
      filter('grpc_stats.v3.FilterConfig'),
      wrappedFilter('a/io.istio.http.peer_metadata.Config'),
      ROUTER,
    ),
    outcome: 'listed',
    fields: [0, 1, 2].map((index) => `${HCM}.http_filters[${index}]`),
    check: expectNoFilters,
  },
  {
    id: 'LDS-38',
    rule: 'authorization that is not carried out refuses every call',
    input: filters(filter(RBAC), ROUTER),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-39',
    rule: 'so does authentication',
    input: filters(filter('jwt_authn.v3.JwtAuthentication'), ROUTER),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-40',
    rule: 'so does external authorization',
    input: filters(filter('ext_authz.v3.ExtAuthz'), ROUTER),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-41',
    rule: 'so does a rate limit',
    input: filters(filter('local_ratelimit.v3.LocalRateLimit'), ROUTER),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-42',
    rule: 'so does a filter nobody has heard of',
    input: filters(wrappedFilter('a/example.Gate'), ROUTER),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-43',
    rule: 'so does a filter nobody has heard of in the last place',
    input: filters(wrappedFilter('a/example.Terminal')),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-44',
    rule: 'so does a filter whose configuration is discovered apart',
    input: filters({ name: 'x', configDiscovery: { typeUrls: ['x'] } }, ROUTER),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0].config_discovery`],
  },
  {
    id: 'LDS-45',
    rule: 'an optional filter that is not carried out is left out',
    input: filters(
      filter(RBAC, {}, { isOptional: true }),
      wrappedFilter('a/example.Gate', { isOptional: true }),
      ROUTER,
    ),
    outcome: 'listed',
    fields: [`${HCM}.http_filters[0]`, `${HCM}.http_filters[1]`],
    check: expectNoFilters,
  },
  {
    id: 'LDS-46',
    rule: 'an optional filter of unknown type cannot end the chain',
    input: filters(wrappedFilter('a/example.Gate', { isOptional: true })),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters[0]`],
  },
  {
    id: 'LDS-47',
    rule: 'a filter that is off and not carried out fails the calls of the routes that turn it on',
    input: filters(filter(RBAC, {}, { disabled: true }), ROUTER),
    outcome: 'listed',
    fields: [`${HCM}.http_filters[0]`],
    check: ({ listener }) =>
      assert.deepEqual([listener.filters[0]?.config.kind, listener.filters[0]?.disabled], ['guard', true]),
  },
]

const CHAIN_MANAGER = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  rds: { routeConfigName: '80', configSource: { ads: {} } },
  httpFilters: [ROUTER],
}

function outbound(...chains: object[]): object {
  const address = { socketAddress: { address: '0.0.0.0', portValue: 80 } }
  return { name: 'l', trafficDirection: 'OUTBOUND', address, filterChains: chains }
}

function chain(typedConfig: object, filterChainMatch: object = {}): object {
  return { filterChainMatch, filters: [{ name: 'f', typedConfig }] }
}

const TCP_PROXY = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
  statPrefix: 's',
  cluster: 'c',
}

const OUTBOUND: readonly Rule<ListenerResource>[] = [
  {
    id: 'LDS-80',
    rule: 'a listener that catches what an application sends says what becomes of plaintext HTTP on its port',
    input: outbound(chain(TCP_PROXY), chain(CHAIN_MANAGER, { transportProtocol: 'raw_buffer' })),
    outcome: 'carried',
    check: ({ routes, outbound: socket }) => {
      assert.deepEqual(routes, { kind: 'rds', name: '80' })
      assert.deepEqual(socket, { address: '0.0.0.0', port: 80 })
    },
  },
  {
    id: 'LDS-81',
    rule: 'HTTP within TLS is not what the mesh stands for',
    input: outbound(chain(CHAIN_MANAGER, { transportProtocol: 'tls' })),
    outcome: 'no routes',
    fields: ['filter_chains'],
  },
  {
    id: 'LDS-82',
    rule: 'a listener that catches TCP only is listed',
    input: outbound(chain(TCP_PROXY)),
    outcome: 'no routes',
    fields: ['filter_chains'],
  },
  {
    id: 'LDS-83',
    rule: 'the default chain counts where no other is for HTTP',
    input: { ...outbound(chain(TCP_PROXY)), defaultFilterChain: chain(CHAIN_MANAGER) },
    outcome: 'carried',
  },
  {
    id: 'LDS-84',
    rule: 'errors of the manager in a chain are errors of the listener',
    input: outbound(chain({ ...CHAIN_MANAGER, rds: { configSource: { ads: {} } } })),
    outcome: 'malformed',
    fields: ['filter_chains[0].filters[0].typed_config.rds.route_config_name'],
  },
]

const FAULTS: readonly Rule<ListenerResource>[] = [
  {
    id: 'LDS-60',
    rule: 'a delay and an abort are carried',
    input: fault({
      delay: { fixedDelay: '0.100s', percentage: { numerator: 100000, denominator: 'MILLION' } },
      abort: { httpStatus: 503, percentage: { numerator: 5 } },
    }),
    outcome: 'carried',
    check: expectFault({
      delay: { durationMs: 100, fraction: { perMillion: 100_000 } },
      abort: { httpStatus: 503, fraction: { perMillion: 50_000 } },
    }),
  },
  {
    id: 'LDS-61',
    rule: 'an empty fault is one for routes to configure',
    input: fault({}),
    outcome: 'carried',
    check: expectFault({}),
  },
  {
    id: 'LDS-62',
    rule: 'a fault without percentage hits nobody',
    input: fault({ abort: { grpcStatus: 14 } }),
    outcome: 'carried',
    check: expectFault({ abort: { grpcStatus: 14, fraction: { perMillion: 0 } } }),
  },
  {
    id: 'LDS-63',
    rule: 'a gRPC status that does not exist is UNKNOWN',
    input: fault({ abort: { grpcStatus: 17 } }),
    outcome: 'carried',
    check: expectFault({ abort: { grpcStatus: 2, fraction: { perMillion: 0 } } }),
  },
  {
    id: 'LDS-64',
    rule: 'an HTTP status is 200 to 599',
    input: filters(filter(FAULT, { abort: { httpStatus: 600 } }, { isOptional: true }), ROUTER),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters[0].typed_config.abort.http_status`],
  },
  {
    id: 'LDS-65',
    rule: 'faults that requests ask for are carried, with the unit in which they count their share',
    input: fault({
      delay: { headerDelay: {}, percentage: { numerator: 50 } },
      abort: { headerAbort: {}, percentage: { numerator: 7, denominator: 'TEN_THOUSAND' } },
    }),
    outcome: 'carried',
    check: expectFault({
      delay: { fraction: { perMillion: 500_000 }, askedUnit: 10_000 },
      abort: { fraction: { perMillion: 700 }, askedUnit: 100 },
    }),
  },
  {
    id: 'LDS-66',
    rule: 'the number of faults at a time is limited',
    input: fault({ abort: { httpStatus: 503, percentage: { numerator: 100 } }, maxActiveFaults: 0 }),
    outcome: 'carried',
    check: expectFault({ abort: { httpStatus: 503, fraction: { perMillion: 1_000_000 } }, maxActive: 0 }),
  },
  {
    id: 'LDS-67',
    rule: 'a fault may be meant for some requests of HTTP; gRPC does not read for which (gRFC A33)',
    input: fault({
      delay: { fixedDelay: '1s', percentage: { numerator: 100 } },
      headers: [{ name: 'X', presentMatch: true }],
      upstreamCluster: 'c',
      downstreamNodes: ['n'],
    }),
    outcome: 'listed',
    fields: ['upstream_cluster', 'headers', 'downstream_nodes'].map(
      (field) => `${HCM}.http_filters[0].typed_config.${field}`,
    ),
    check: expectFault({
      delay: { durationMs: 1000, fraction: { perMillion: 1_000_000 } },
      headers: [{ name: 'x', value: { kind: 'present', present: true }, invert: false, treatMissingAsEmpty: false }],
      upstreamCluster: 'c',
      downstreamNodes: ['n'],
    }),
  },
  {
    id: 'LDS-70',
    rule: 'a fault under a condition that cannot be tested does not become one for all',
    input: fault({
      abort: { httpStatus: 503, percentage: { numerator: 100 } },
      headers: [{ name: 'x', stringMatch: { custom: { name: 'm' } } }],
    }),
    outcome: 'listed',
    fields: ['headers', 'headers[0].string_match.custom'].map(
      (field) => `${HCM}.http_filters[0].typed_config.${field}`,
    ),
    check: expectFault({}),
  },
  {
    id: 'LDS-71',
    rule: 'a fault may come as JSON in a TypedStruct',
    input: struct({
      delay: { fixed_delay: '1.5s', percentage: { numerator: 5, denominator: 'TEN_THOUSAND' } },
      abort: { httpStatus: 503, percentage: { numerator: 100 } },
      upstreamCluster: 'c',
      downstream_nodes: ['n'],
      max_active_faults: 2,
    }),
    outcome: 'listed',
    fields: ['upstream_cluster', 'downstream_nodes'].map((field) => `${HCM}.http_filters[0].typed_config.${field}`),
    check: expectFault({
      delay: { durationMs: 1500, fraction: { perMillion: 500 } },
      abort: { httpStatus: 503, fraction: { perMillion: 1_000_000 } },
      upstreamCluster: 'c',
      downstreamNodes: ['n'],
      maxActive: 2,
    }),
  },
  {
    id: 'LDS-72',
    rule: 'such a fault is read as any other: what cannot be tested makes it none',
    input: struct({
      abort: { header_abort: {}, percentage: { numerator: 100 } },
      headers: [{ name: 'x', string_match: { custom: { name: 'm' } } }],
    }),
    outcome: 'listed',
    fields: ['headers', 'headers[0].string_match.custom'].map(
      (field) => `${HCM}.http_filters[0].typed_config.${field}`,
    ),
    check: expectFault({}),
  },
  {
    id: 'LDS-73',
    rule: 'what is of the wrong type in such a fault, or not of it, is malformed',
    input: struct({ delay: { fixed_delay: 5 }, abort: { http_status: 'many' }, max_active_faults: -1, sticky: true }),
    outcome: 'malformed',
    fields: ['delay.fixed_delay', 'abort.http_status', 'max_active_faults', 'sticky'].map(
      (field) => `${HCM}.http_filters[0].typed_config.${field}`,
    ),
  },
  {
    id: 'LDS-68',
    rule: 'runtime keys are listed, and the rest applies',
    input: fault({
      abort: { httpStatus: 503 },
      abortPercentRuntime: 'x',
    }),
    outcome: 'listed',
    fields: [`${HCM}.http_filters[0].typed_config.abort_percent_runtime`],
    check: expectFault({ abort: { httpStatus: 503, fraction: { perMillion: 0 } } }),
  },
  {
    id: 'LDS-69',
    rule: 'a fault that is off stays in the chain for routes to turn on',
    input: filters(filter(FAULT, {}, { disabled: true }), ROUTER),
    outcome: 'carried',
    check: ({ listener }) => assert.equal(listener.filters[0]?.disabled, true),
  },
]

function outcomeOf({ routes, refused }: ListenerResource, listed: boolean): string {
  if (routes.kind === 'none') return 'no routes'
  return refusedViews(refused).join(', ') || (listed ? 'listed' : 'carried')
}

testRules({ type: listenerType, outcomeOf, rules: [...LISTENERS, ...OUTBOUND, ...FILTERS, ...FAULTS] })
