/**
 * The exported name of a message is its own name. Where two packages use one
 * name, or where it says too little, the exported name is given here; messages
 * nested in it follow (`Outer_Inner`). The build fails on a name used twice.
 */

/** @type {Record<string, string>} */
export const messageNames = {
  'envoy.config.cluster.v3.Filter': 'ClusterFilter',
  'envoy.config.common.matcher.v3.Matcher': 'EnvoyMatcher',
  'envoy.config.common.mutation_rules.v3.HeaderMutation': 'HeaderMutation',
  'envoy.config.core.v3.HttpService': 'HttpService',
  'envoy.config.core.v3.RetryPolicy': 'CoreRetryPolicy',
  'envoy.config.listener.v3.Filter': 'NetworkFilter',
  'envoy.config.listener.v3.QuicProtocolOptions': 'ListenerQuicProtocolOptions',
  'envoy.config.rbac.v3.Permission': 'RbacPermission',
  'envoy.config.rbac.v3.Policy': 'RbacPolicy',
  'envoy.config.rbac.v3.Principal': 'RbacPrincipal',
  'envoy.config.rbac.v3.RBAC': 'RbacRules',
  'envoy.config.route.v3.CorsPolicy': 'RouteCorsPolicy',
  'envoy.config.route.v3.FilterConfig': 'RouteFilterConfig',
  'envoy.config.route.v3.RateLimit': 'RouteRateLimit',
  'envoy.config.route.v3.RetryPolicy': 'RetryPolicy',
  'envoy.config.route.v3.Tracing': 'RouteTracing',
  'envoy.config.trace.v3.Tracing': 'TracingProvider',
  'envoy.extensions.clusters.aggregate.v3.ClusterConfig': 'AggregateClusterConfig',
  'envoy.extensions.compression.gzip.compressor.v3.Gzip': 'GzipCompressor',
  'envoy.extensions.filters.http.buffer.v3.Buffer': 'HttpBuffer',
  'envoy.extensions.filters.http.buffer.v3.BufferPerRoute': 'HttpBufferPerRoute',
  'envoy.extensions.filters.http.cors.v3.CorsPolicy': 'CorsPolicy',
  'envoy.extensions.filters.http.ext_authz.v3.BufferSettings': 'ExtAuthzBufferSettings',
  'envoy.extensions.filters.http.ext_authz.v3.CheckSettings': 'ExtAuthzCheckSettings',
  'envoy.extensions.filters.http.ext_authz.v3.HttpService': 'ExtAuthzHttpService',
  'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig': 'GrpcStats',
  'envoy.extensions.filters.http.header_mutation.v3.HeaderMutation': 'HttpHeaderMutation',
  'envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute': 'HttpHeaderMutationPerRoute',
  'envoy.extensions.filters.http.header_mutation.v3.Mutations': 'HttpHeaderMutations',
  'envoy.extensions.filters.http.health_check.v3.HealthCheck': 'HttpHealthCheck',
  'envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig': 'JwtPerRouteConfig',
  'envoy.extensions.filters.http.jwt_authn.v3.RequirementRule': 'JwtRequirementRule',
  'envoy.extensions.filters.http.ratelimit.v3.RateLimit': 'HttpRateLimit',
  'envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute': 'HttpRateLimitPerRoute',
  'envoy.extensions.filters.http.rbac.v3.RBAC': 'HttpRbac',
  'envoy.extensions.filters.http.rbac.v3.RBACPerRoute': 'HttpRbacPerRoute',
  'envoy.extensions.filters.network.rbac.v3.RBAC': 'NetworkRbac',
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': 'UpstreamHttpProtocolOptions',
  'envoy.config.core.v3.UpstreamHttpProtocolOptions': 'UpstreamSniOptions',
  'envoy.service.discovery.v3.ResourceLocator': 'DiscoveryResourceLocator',
  'envoy.service.discovery.v3.ResourceName': 'DiscoveryResourceName',
  'google.rpc.Status': 'RpcStatus',
  'istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig': 'IstioAlpn',
  'udpa.type.v1.TypedStruct': 'UdpaTypedStruct',
}

/**
 * Prefixes for packages whose names are all taken by others or too general.
 *
 * @type {Record<string, string>}
 */
export const packagePrefixes = {
  'google.api.expr.v1alpha1': 'Cel',
  'xds.core.v3': 'Xds',
  'xds.type.matcher.v3': 'Xds',
}
