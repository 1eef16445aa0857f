/**
 * What newer releases of the xDS API have and the packaged .proto files do not.
 *
 * A line is removed once the package has the field: the compiler refuses one
 * that is declared twice. Whole new files lie in `overlay/proto`.
 */

/**
 * New fields and enum values by message (or enum) name. A string is a plain
 * field; an object puts the field into a `oneof`, made if it does not exist.
 *
 * @type {Record<string, (string | { oneof: string, field: string })[]>}
 */
export const fields = {
  // gRFC A88: errors of single resources, and how CSDS shows them.
  'envoy.service.discovery.v3.DiscoveryResponse': ['repeated ResourceError resource_errors = 7'],
  'envoy.service.discovery.v3.DeltaDiscoveryResponse': ['repeated ResourceError resource_errors = 9'],
  'envoy.admin.v3.ClientResourceStatus': ['RECEIVED_ERROR = 5', 'TIMEOUT = 6'],
  'envoy.service.status.v3.ClientConfigStatus': ['CLIENT_RECEIVED_ERROR = 4'],

  // gRFC A101: SNI and SAN from the endpoint's host name. A87: SPIFFE bundles.
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': [
    'bool auto_host_sni = 6',
    'bool auto_sni_san_validation = 7',
  ],
  'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext': ['bool prefer_client_ciphers = 11'],
  'envoy.extensions.transport_sockets.tls.v3.CommonTlsContext': [
    'envoy.config.core.v3.TypedExtensionConfig custom_tls_certificate_selector = 16',
  ],
  'envoy.extensions.transport_sockets.tls.v3.TlsParameters': ['repeated CompliancePolicy compliance_policies = 6'],
  'envoy.extensions.transport_sockets.tls.v3.GenericSecret': [
    'map<string, envoy.config.core.v3.DataSource> secrets = 2',
  ],
  'envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig': [
    'envoy.config.core.v3.DataSource trust_bundles = 2',
  ],

  // gRFC A114: which named metrics make up an endpoint's utilization.
  'envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin': [
    'repeated string metric_names_for_computing_utilization = 7',
    'envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig slow_start_config = 8',
  ],
  'envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig': [
    'bool force_locality_direct_routing = 4',
    'ForceLocalZone force_local_zone = 5',
    'LocalityBasis locality_basis = 6',
  ],
  'envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig': [
    'repeated envoy.config.route.v3.RouteAction.HashPolicy hash_policy = 3',
  ],

  // Routes.
  'envoy.config.route.v3.RouteConfiguration': ['string vhost_header = 18'],
  'envoy.config.route.v3.VirtualHost': ['google.protobuf.UInt64Value request_body_buffer_limit = 25'],
  'envoy.config.route.v3.Route': ['google.protobuf.UInt64Value request_body_buffer_limit = 20'],
  'envoy.config.route.v3.RouteMatch': [
    'repeated CookieMatcher cookies = 17',
    'repeated envoy.type.matcher.v3.FilterStateMatcher filter_state = 16',
  ],
  'envoy.config.route.v3.RouteAction': [
    'string path_rewrite = 45',
    { oneof: 'host_rewrite_specifier', field: 'string host_rewrite = 44' },
    'google.protobuf.Duration flush_timeout = 42',
  ],
  'envoy.config.route.v3.RouteAction.RequestMirrorPolicy': [
    'repeated envoy.config.common.mutation_rules.v3.HeaderMutation request_headers_mutations = 7',
    'string host_rewrite_literal = 8',
  ],
  'envoy.config.route.v3.WeightedCluster': [
    { oneof: 'random_value_specifier', field: 'google.protobuf.BoolValue use_hash_policy = 5' },
  ],
  'envoy.config.route.v3.DirectResponseAction': ['envoy.config.core.v3.SubstitutionFormatString body_format = 3'],
  'envoy.config.route.v3.Tracing': ['string operation = 5', 'string upstream_operation = 6'],
  'envoy.config.route.v3.RateLimit': [
    'HitsAddend hits_addend = 5',
    'bool apply_on_stream_done = 6',
    'XRateLimitOption x_ratelimit_option = 7',
  ],
  'envoy.config.route.v3.RateLimit.Action': [
    { oneof: 'action_specifier', field: 'QueryParameters query_parameters = 12' },
  ],
  'envoy.config.route.v3.RateLimit.Action.GenericKey': ['string default_value = 3'],
  'envoy.config.route.v3.RateLimit.Action.HeaderValueMatch': ['string default_value = 5'],
  'envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch': ['string default_value = 5'],
  'envoy.config.common.mutation_rules.v3.HeaderMutation': [
    { oneof: 'action', field: 'RemoveOnMatch remove_on_match = 3' },
  ],

  // Listeners and the HTTP connection manager.
  'envoy.config.listener.v3.Listener': ['envoy.config.core.v3.TcpKeepalive tcp_keepalive = 37'],
  'envoy.config.listener.v3.AdditionalAddress': ['envoy.config.core.v3.TcpKeepalive tcp_keepalive = 3'],
  'envoy.config.core.v3.SocketAddress': ['string network_namespace_filepath = 7'],
  'envoy.config.core.v3.HttpProtocolOptions': ['google.protobuf.UInt32Value max_response_headers_kb = 7'],
  'envoy.config.core.v3.Http1ProtocolOptions': [
    'repeated envoy.type.matcher.v3.StringMatcher ignore_http_11_upgrade = 11',
  ],
  'envoy.config.core.v3.Http2ProtocolOptions': [
    'google.protobuf.UInt64Value max_metadata_size = 17',
    'google.protobuf.BoolValue enable_huffman_encoding = 18',
  ],
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager': [
    'bool http1_safe_max_connection_duration = 58',
    'google.protobuf.Duration stream_flush_timeout = 59',
    'xds.type.matcher.v3.Matcher forward_client_cert_matcher = 60',
    'ForwardProtoConfig forward_proto_config = 61',
  ],
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing': [
    'string operation = 11',
    'string upstream_operation = 12',
  ],
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy': [
    'envoy.config.core.v3.BackoffStrategy backoff_options = 18',
    'envoy.type.v3.Percent max_downstream_connection_duration_jitter_percentage = 20',
    'UpstreamConnectMode upstream_connect_mode = 21',
    'google.protobuf.UInt32Value max_early_data_bytes = 22',
  ],
  'envoy.extensions.filters.network.rbac.v3.RBAC': ['google.protobuf.Duration delay_deny = 8'],
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector': [
    'google.protobuf.BoolValue enable_ja4_fingerprinting = 3',
    'bool close_connection_on_client_hello_parsing_errors = 4',
    'google.protobuf.UInt32Value max_client_hello_size = 5',
  ],
  'envoy.extensions.http.original_ip_detection.xff.v3.XffConfig': [
    'XffTrustedCidrs xff_trusted_cidrs = 2',
    'google.protobuf.BoolValue skip_xff_append = 3',
  ],

  // Clusters.
  'envoy.config.cluster.v3.Cluster': [
    'xds.type.matcher.v3.Matcher transport_socket_matcher = 59',
    'google.protobuf.Duration dns_jitter = 58',
  ],
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': [
    'OutlierDetection outlier_detection = 8',
    'repeated envoy.config.route.v3.RouteAction.RequestMirrorPolicy request_mirror_policies = 9',
    'repeated envoy.config.route.v3.RouteAction.HashPolicy hash_policy = 10',
    'envoy.config.route.v3.RetryPolicy retry_policy = 11',
  ],
  'envoy.config.core.v3.GrpcService.GoogleGrpc': [
    'repeated google.protobuf.Any channel_credentials_plugin = 9',
    'repeated google.protobuf.Any call_credentials_plugin = 10',
  ],

  // Matchers.
  'xds.type.matcher.v3.Matcher.OnMatch': ['bool keep_matching = 3'],
  'xds.type.matcher.v3.StringMatcher': [
    { oneof: 'match_pattern', field: 'xds.core.v3.TypedExtensionConfig custom = 8' },
  ],
  'xds.type.v3.CelExpression': ['string cel_expr_string = 5'],
  'envoy.config.common.matcher.v3.Matcher.OnMatch': ['bool keep_matching = 3'],
  'envoy.type.matcher.v3.FilterStateMatcher': [{ oneof: 'matcher', field: 'AddressMatcher address_match = 3' }],
  'envoy.type.tracing.v3.CustomTag': [{ oneof: 'type', field: 'string value = 6' }],
  'envoy.type.http.v3.Cookie': ['repeated CookieAttribute attributes = 4'],
  'envoy.config.accesslog.v3.ComparisonFilter.Op': ['NE = 3'],

  // Authorization and authentication.
  'envoy.config.rbac.v3.Policy': ['envoy.config.core.v3.CelExpressionConfig cel_config = 5'],
  'envoy.config.rbac.v3.Permission': [{ oneof: 'rule', field: 'SourcedMetadata sourced_metadata = 14' }],
  'envoy.config.rbac.v3.Principal': [
    { oneof: 'identifier', field: 'SourcedMetadata sourced_metadata = 13' },
    { oneof: 'identifier', field: 'envoy.config.core.v3.TypedExtensionConfig custom = 14' },
  ],
  'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication': ['string stat_prefix = 7'],
  'envoy.extensions.filters.http.jwt_authn.v3.JwtCacheConfig': ['uint32 jwt_max_token_size = 2'],
  'envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement': [
    { oneof: 'requires_type', field: 'ExtractOnlyWithoutValidation extract_only_without_validation = 7' },
  ],
  'envoy.extensions.filters.http.ext_authz.v3.ExtAuthz': [
    'google.protobuf.Struct filter_metadata = 28',
    'bool emit_filter_state_stats = 29',
    'uint32 max_denied_response_body_bytes = 30',
    'bool enforce_response_header_limits = 31',
  ],
  'envoy.extensions.filters.http.ext_authz.v3.HttpService': ['envoy.config.core.v3.RetryPolicy retry_policy = 9'],
  'envoy.extensions.filters.http.ext_authz.v3.CheckSettings': [
    { oneof: 'service_override', field: 'envoy.config.core.v3.GrpcService grpc_service = 4' },
    { oneof: 'service_override', field: 'HttpService http_service = 5' },
  ],
  'envoy.service.auth.v3.CheckResponse': [{ oneof: 'http_response', field: 'DeniedHttpResponse error_response = 5' }],

  // Rate limits.
  'envoy.extensions.filters.http.ratelimit.v3.RateLimit': [
    'envoy.config.core.v3.RuntimeFractionalPercent filter_enabled = 14',
    'envoy.config.core.v3.RuntimeFractionalPercent filter_enforced = 15',
    'envoy.config.core.v3.RuntimeFractionalPercent failure_mode_deny_percent = 16',
    'repeated envoy.config.route.v3.RateLimit rate_limits = 17',
  ],
  'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit': [
    'repeated envoy.config.route.v3.RateLimit rate_limits = 17',
    'google.protobuf.UInt32Value max_dynamic_descriptors = 18',
  ],
  'envoy.extensions.common.ratelimit.v3.RateLimitDescriptor': ['google.protobuf.UInt64Value hits_addend = 3'],
  'envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor': ['bool shadow_mode = 3'],
  'envoy.service.ratelimit.v3.RateLimitResponse.RateLimit.Unit': ['WEEK = 7'],

  // Other filters.
  'envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams': [
    'google.protobuf.Duration fixed_value = 6',
  ],
  'envoy.extensions.filters.http.composite.v3.Composite': [
    'map<string, FilterChainConfiguration> named_filter_chains = 1',
  ],
  'envoy.extensions.filters.http.composite.v3.ExecuteFilterAction': [
    'FilterChainConfiguration filter_chain = 4',
    'string filter_chain_name = 5',
  ],
  'envoy.extensions.filters.http.compressor.v3.Compressor.ResponseDirectionConfig': [
    'repeated uint32 uncompressible_response_codes = 4',
    'bool status_header_enabled = 5',
  ],
  'envoy.extensions.filters.http.compressor.v3.CompressorOverrides': [
    'envoy.config.core.v3.TypedExtensionConfig compressor_library = 2',
  ],
  'envoy.extensions.filters.http.header_mutation.v3.Mutations': [
    'repeated envoy.config.core.v3.KeyValueMutation query_parameter_mutations = 3',
    'repeated envoy.config.common.mutation_rules.v3.HeaderMutation response_trailers_mutations = 4',
    'repeated envoy.config.common.mutation_rules.v3.HeaderMutation request_trailers_mutations = 5',
  ],
  'envoy.config.core.v3.KeyValueAppend': ['KeyValuePair record = 3'],
  'envoy.extensions.filters.http.router.v3.Router': [
    'google.protobuf.BoolValue reject_connect_request_early_data = 10',
  ],
  'envoy.extensions.filters.http.stateful_session.v3.StatefulSession': ['string stat_prefix = 3'],
  'envoy.config.trace.v3.OpenTelemetryConfig': ['google.protobuf.UInt32Value max_cache_size = 6'],
}

/**
 * Fields whose type has changed since, by message: what the packaged file says
 * and what is true now. Only fields that no release had used before.
 *
 * @type {Record<string, { from: string, to: string }[]>}
 */
export const changes = {
  'envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute': [
    {
      from: 'repeated RateLimitConfig rate_limits = 3',
      to: 'repeated envoy.config.route.v3.RateLimit rate_limits = 3',
    },
  ],
}
