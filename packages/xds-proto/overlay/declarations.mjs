/**
 * New messages and enums that must stand in a packaged file or inside one of
 * its messages, because that file's own fields refer to them.
 *
 * The key is the .proto file, or the message that the declaration is nested in.
 *
 * @type {Record<string, string[]>}
 */
export const declarations = {
  'envoy/service/discovery/v3/discovery.proto': [
    'message ResourceError { ResourceName resource_name = 1; google.rpc.Status error_detail = 2; }',
  ],
  'envoy/config/route/v3/route_components.proto': [
    `message CookieMatcher {
      string name = 1;
      envoy.type.matcher.v3.StringMatcher string_match = 2;
      bool invert_match = 3;
    }`,
  ],
  'envoy.config.route.v3.RateLimit': [
    'message HitsAddend { google.protobuf.UInt64Value number = 1; string format = 2; }',
    'enum XRateLimitOption { UNSPECIFIED = 0; OFF = 1; DRAFT_VERSION_03 = 2; }',
  ],
  'envoy.config.route.v3.RateLimit.Action': [
    `message QueryParameters {
      string query_parameter_name = 1;
      string descriptor_key = 2;
      bool skip_if_absent = 3;
    }`,
  ],
  'envoy/config/core/v3/base.proto': ['message KeyValuePair { string key = 1; google.protobuf.Value value = 2; }'],
  'envoy.config.common.mutation_rules.v3.HeaderMutation': [
    'message RemoveOnMatch { envoy.type.matcher.v3.StringMatcher key_matcher = 1; }',
  ],
  'envoy/config/endpoint/v3/endpoint_components.proto': [
    'message LbEndpointCollection { xds.core.v3.CollectionEntry entries = 1; }',
  ],
  'envoy/config/rbac/v3/rbac.proto': [
    'enum MetadataSource { DYNAMIC = 0; ROUTE = 1; }',
    `message SourcedMetadata {
      envoy.type.matcher.v3.MetadataMatcher metadata_matcher = 1;
      MetadataSource metadata_source = 2;
    }`,
  ],
  'envoy/extensions/filters/http/composite/v3/composite.proto': [
    'message FilterChainConfiguration { repeated envoy.config.core.v3.TypedExtensionConfig typed_config = 1; }',
  ],
  'envoy/extensions/filters/http/jwt_authn/v3/config.proto': ['message ExtractOnlyWithoutValidation {}'],
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto': [
    `message ForwardProtoConfig {
      repeated uint32 https_destination_ports = 1;
      repeated uint32 http_destination_ports = 2;
    }`,
  ],
  'envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto': [
    'enum UpstreamConnectMode { IMMEDIATE = 0; ON_DOWNSTREAM_DATA = 1; ON_DOWNSTREAM_TLS_HANDSHAKE = 2; }',
  ],
  'envoy/extensions/http/original_ip_detection/xff/v3/xff.proto': [
    'message XffTrustedCidrs { repeated envoy.config.core.v3.CidrRange cidrs = 1; }',
  ],
  'envoy/type/http/v3/cookie.proto': ['message CookieAttribute { string name = 1; string value = 2; }'],
  'envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig': [
    'message ForceLocalZone { google.protobuf.UInt32Value min_size = 1; }',
    'enum LocalityBasis { HEALTHY_HOSTS_NUM = 0; HEALTHY_HOSTS_WEIGHT = 1; }',
  ],
  'envoy.extensions.transport_sockets.tls.v3.TlsParameters': ['enum CompliancePolicy { FIPS_202205 = 0; }'],
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': [
    'message OutlierDetection { envoy.config.common.matcher.v3.MatchPredicate error_matcher = 1; }',
  ],
}
