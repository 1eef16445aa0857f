/**
 * The messages the mesh reads or writes by type URL or as a call's request or
 * response, by proto package. Everything they refer to is generated with them;
 * each of them has a constant in `TypeUrl`, an entry in `messageTypes` and is
 * known to the JSON codec inside a `google.protobuf.Any`.
 */
export const roots = {
  // Discovery, load reporting, status.
  'envoy.service.discovery.v3': [
    'DiscoveryRequest',
    'DiscoveryResponse',
    'DeltaDiscoveryRequest',
    'DeltaDiscoveryResponse',
    'Resource',
  ],
  'envoy.service.load_stats.v3': ['LoadStatsRequest', 'LoadStatsResponse'],
  'envoy.service.status.v3': ['ClientStatusRequest', 'ClientStatusResponse', 'ClientConfig'],
  'xds.core.v3': ['ResourceName', 'ResourceLocator', 'CollectionEntry', 'TypedExtensionConfig'],
  'xds.type.v3': ['TypedStruct'],
  'udpa.type.v1': ['TypedStruct'],
  'google.rpc': ['Status'],

  // Resources.
  'envoy.config.listener.v3': ['Listener', 'ListenerCollection', 'ApiListener'],
  'envoy.config.route.v3': ['RouteConfiguration', 'ScopedRouteConfiguration', 'VirtualHost', 'FilterConfig'],
  'envoy.config.cluster.v3': ['Cluster', 'ClusterCollection'],
  'envoy.config.endpoint.v3': ['ClusterLoadAssignment', 'LbEndpoint', 'LbEndpointCollection'],
  'envoy.extensions.transport_sockets.tls.v3': [
    'Secret',
    'UpstreamTlsContext',
    'DownstreamTlsContext',
    'CertificateValidationContext',
    'SPIFFECertValidatorConfig',
  ],

  // Network and listener filters.
  'envoy.extensions.filters.network.http_connection_manager.v3': ['HttpConnectionManager'],
  'envoy.extensions.filters.network.rbac.v3': ['RBAC'],
  'envoy.extensions.filters.network.tcp_proxy.v3': ['TcpProxy'],
  'envoy.extensions.filters.listener.http_inspector.v3': ['HttpInspector'],
  'envoy.extensions.filters.listener.original_dst.v3': ['OriginalDst'],
  'envoy.extensions.filters.listener.tls_inspector.v3': ['TlsInspector'],

  // HTTP filters, in the order of the alphabet.
  'envoy.extensions.filters.http.adaptive_concurrency.v3': ['AdaptiveConcurrency'],
  'envoy.extensions.filters.http.admission_control.v3': ['AdmissionControl'],
  'envoy.extensions.filters.http.bandwidth_limit.v3': ['BandwidthLimit'],
  'envoy.extensions.filters.http.buffer.v3': ['Buffer', 'BufferPerRoute'],
  'envoy.extensions.filters.http.composite.v3': ['Composite', 'ExecuteFilterAction'],
  'envoy.extensions.filters.http.compressor.v3': ['Compressor', 'CompressorPerRoute'],
  'envoy.extensions.filters.http.cors.v3': ['Cors', 'CorsPolicy'],
  'envoy.extensions.filters.http.ext_authz.v3': ['ExtAuthz', 'ExtAuthzPerRoute'],
  'envoy.extensions.filters.http.fault.v3': ['HTTPFault'],
  'envoy.extensions.filters.http.grpc_stats.v3': ['FilterConfig'],
  'envoy.extensions.filters.http.header_mutation.v3': ['HeaderMutation', 'HeaderMutationPerRoute'],
  'envoy.extensions.filters.http.health_check.v3': ['HealthCheck'],
  'envoy.extensions.filters.http.jwt_authn.v3': ['JwtAuthentication', 'PerRouteConfig'],
  'envoy.extensions.filters.http.local_ratelimit.v3': ['LocalRateLimit'],
  'envoy.extensions.filters.http.rate_limit_quota.v3': [
    'RateLimitQuotaFilterConfig',
    'RateLimitQuotaOverride',
    'RateLimitQuotaBucketSettings',
  ],
  'envoy.extensions.filters.http.ratelimit.v3': ['RateLimit', 'RateLimitPerRoute'],
  'envoy.extensions.filters.http.rbac.v3': ['RBAC', 'RBACPerRoute'],
  'envoy.extensions.filters.http.router.v3': ['Router'],
  'envoy.extensions.filters.http.stateful_session.v3': ['StatefulSession', 'StatefulSessionPerRoute'],
  'envoy.extensions.filters.common.matcher.action.v3': ['SkipFilter'],
  'envoy.extensions.common.matching.v3': ['ExtensionWithMatcher', 'ExtensionWithMatcherPerRoute'],
  'envoy.extensions.compression.gzip.compressor.v3': ['Gzip'],
  'envoy.extensions.http.stateful_session.cookie.v3': ['CookieBasedSessionState'],
  'envoy.extensions.http.stateful_session.header.v3': ['HeaderBasedSessionState'],
  'envoy.extensions.http.original_ip_detection.xff.v3': ['XffConfig'],
  'envoy.extensions.http.original_ip_detection.custom_header.v3': ['CustomHeaderConfig'],
  'envoy.extensions.http.header_formatters.preserve_case.v3': ['PreserveCaseFormatterConfig'],
  'envoy.extensions.request_id.uuid.v3': ['UuidRequestIdConfig'],
  'envoy.extensions.path.match.uri_template.v3': ['UriTemplateMatchConfig'],
  'envoy.extensions.path.rewrite.uri_template.v3': ['UriTemplateRewriteConfig'],
  'envoy.extensions.internal_redirect.allow_listed_routes.v3': ['AllowListedRoutesConfig'],
  'envoy.extensions.internal_redirect.previous_routes.v3': ['PreviousRoutesConfig'],
  'envoy.extensions.internal_redirect.safe_cross_scheme.v3': ['SafeCrossSchemeConfig'],
  'envoy.config.rbac.v3': ['RBAC'],
  'envoy.extensions.rbac.audit_loggers.stream.v3': ['StdoutAuditLog'],

  // Matchers and their inputs.
  'xds.type.matcher.v3': ['Matcher', 'HttpAttributesCelMatchInput', 'CelMatcher', 'IPMatcher', 'StringMatcher'],
  'envoy.type.matcher.v3': [
    'HttpRequestHeaderMatchInput',
    'HttpResponseHeaderMatchInput',
    'HttpRequestQueryParamMatchInput',
    'MetadataMatcher',
    'StringMatcher',
  ],
  'envoy.extensions.matching.common_inputs.network.v3': [
    'DestinationIPInput',
    'DestinationPortInput',
    'SourceIPInput',
    'SourcePortInput',
    'DirectSourceIPInput',
    'SourceTypeInput',
    'ServerNameInput',
    'TransportProtocolInput',
    'ApplicationProtocolInput',
  ],
  'envoy.extensions.matching.common_inputs.ssl.v3': ['UriSanInput', 'DnsSanInput', 'SubjectInput'],

  // Clusters, connection pools, transport sockets.
  'envoy.extensions.clusters.aggregate.v3': ['ClusterConfig'],
  'envoy.extensions.upstreams.http.v3': ['HttpProtocolOptions'],
  'envoy.extensions.transport_sockets.raw_buffer.v3': ['RawBuffer'],
  'envoy.extensions.transport_sockets.http_11_proxy.v3': ['Http11ProxyUpstreamTransport'],
  'envoy.extensions.network.dns_resolver.cares.v3': ['CaresDnsResolverConfig'],
  'envoy.extensions.network.dns_resolver.getaddrinfo.v3': ['GetAddrInfoDnsResolverConfig'],

  // Load balancing policies and retry predicates.
  'envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3': ['ClientSideWeightedRoundRobin'],
  'envoy.extensions.load_balancing_policies.cluster_provided.v3': ['ClusterProvided'],
  'envoy.extensions.load_balancing_policies.least_request.v3': ['LeastRequest'],
  'envoy.extensions.load_balancing_policies.maglev.v3': ['Maglev'],
  'envoy.extensions.load_balancing_policies.override_host.v3': ['OverrideHost'],
  'envoy.extensions.load_balancing_policies.pick_first.v3': ['PickFirst'],
  'envoy.extensions.load_balancing_policies.random.v3': ['Random'],
  'envoy.extensions.load_balancing_policies.random_subsetting.v3': ['RandomSubsetting'],
  'envoy.extensions.load_balancing_policies.ring_hash.v3': ['RingHash'],
  'envoy.extensions.load_balancing_policies.round_robin.v3': ['RoundRobin'],
  'envoy.extensions.load_balancing_policies.subset.v3': ['Subset'],
  'envoy.extensions.load_balancing_policies.wrr_locality.v3': ['WrrLocality'],
  'envoy.extensions.retry.host.omit_canary_hosts.v3': ['OmitCanaryHostsPredicate'],
  'envoy.extensions.retry.host.omit_host_metadata.v3': ['OmitHostMetadataConfig'],
  'envoy.extensions.retry.host.previous_hosts.v3': ['PreviousHostsPredicate'],
  'envoy.extensions.retry.priority.previous_priorities.v3': ['PreviousPrioritiesConfig'],

  // Observation.
  'envoy.extensions.access_loggers.file.v3': ['FileAccessLog'],
  'envoy.extensions.access_loggers.stream.v3': ['StdoutAccessLog', 'StderrAccessLog'],
  'envoy.config.trace.v3': ['OpenTelemetryConfig'],
  'xds.data.orca.v3': ['OrcaLoadReport'],
  'xds.service.orca.v3': ['OrcaLoadReportRequest'],

  // Services that filters call.
  'envoy.service.auth.v3': ['CheckRequest', 'CheckResponse'],
  'envoy.service.ratelimit.v3': ['RateLimitRequest', 'RateLimitResponse'],
  'envoy.service.rate_limit_quota.v3': ['RateLimitQuotaUsageReports', 'RateLimitQuotaResponse'],

  // Istio.
  'istio.v1.auth': ['IstioCertificateRequest', 'IstioCertificateResponse'],
  'istio.envoy.config.filter.http.alpn.v2alpha1': ['FilterConfig'],

  // Well-known messages that appear inside an Any.
  'google.protobuf': [
    'Any',
    'Duration',
    'Timestamp',
    'Struct',
    'Value',
    'ListValue',
    'Empty',
    'BoolValue',
    'BytesValue',
    'DoubleValue',
    'FloatValue',
    'Int32Value',
    'Int64Value',
    'StringValue',
    'UInt32Value',
    'UInt64Value',
  ],
}

/** The full names of the root messages. */
export const rootTypeNames = Object.entries(roots).flatMap(([packageName, messages]) =>
  messages.map((message) => `${packageName}.${message}`),
)
