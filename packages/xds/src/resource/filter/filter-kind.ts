import { CARRIED_FILTERS, type CarriedFilter } from './carried-filters.js'

/** What is known of an HTTP filter by the type of its configuration. */
export type FilterKind =
  /** The terminal filter, which stands for routing itself. */
  | { readonly kind: 'router' }
  | CarriedFilter
  /** Not carried out yet; calls do the right thing without it. */
  | { readonly kind: 'harmless'; readonly reason: string }
  /** Not carried out, and a call must not go out without it: it may deny, limit or change the request. */
  | { readonly kind: 'guard'; readonly reason: string }

const ROUTER: FilterKind = { kind: 'router' }
const STATS: FilterKind = { kind: 'harmless', reason: "Envoy's own statistics are not kept" }
const METADATA_EXCHANGE: FilterKind = { kind: 'harmless', reason: 'peer metadata is not exchanged yet' }
const COMPRESSION: FilterKind = { kind: 'harmless', reason: 'bodies are not compressed yet' }
/**
 * Filters by message name, of base configurations and of overrides. Everything that is not listed here is a guard: a filter that is
 * skipped by mistake can open what it was there to close.
 */
const KINDS: ReadonlyMap<string, FilterKind> = new Map<string, FilterKind>([
  ['envoy.extensions.filters.http.router.v3.Router', ROUTER],
  ...CARRIED_FILTERS,
  ['envoy.extensions.filters.http.grpc_stats.v3.FilterConfig', STATS],
  ['stats.PluginConfig', STATS],
  ['io.istio.http.peer_metadata.Config', METADATA_EXCHANGE],
  [
    'istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig',
    { kind: 'harmless', reason: 'ALPN is not offered while there is no TLS to endpoints' },
  ],
  [
    'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb',
    { kind: 'harmless', reason: 'gRPC-Web is for browsers and is not translated yet' },
  ],
  ['envoy.extensions.filters.http.compressor.v3.Compressor', COMPRESSION],
  ['envoy.extensions.filters.http.compressor.v3.CompressorPerRoute', COMPRESSION],
  ['envoy.extensions.filters.http.rbac.v3.RBAC', guard('requests are not authorized by RBAC yet')],
  ['envoy.extensions.filters.http.rbac.v3.RBACPerRoute', guard('requests are not authorized by RBAC yet')],
  ['envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', guard('JWTs are not verified yet')],
  ['envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig', guard('JWTs are not verified yet')],
  ['envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', guard('external authorization is not asked yet')],
  ['envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute', guard('external authorization is not asked yet')],
  ['envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit', guard('rates are not limited yet')],
  ['envoy.extensions.filters.http.ratelimit.v3.RateLimit', guard('rates are not limited yet')],
  ['envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute', guard('rates are not limited yet')],
])

/** Upstream network filters that calls do the right thing without. */
const HARMLESS_NETWORK_FILTERS: ReadonlySet<string> = new Set(['envoy.tcp.metadataexchange.config.MetadataExchange'])

/**
 * @param typeName - Full message name of the filter's configuration.
 * @returns what is known of the HTTP filter; a guard when nothing is.
 */
export function filterKind(typeName: string): FilterKind {
  return KINDS.get(typeName) ?? guard(`HTTP filters of type ${typeName || '(none)'} are not supported`)
}

/**
 * @param typeName - Full message name of an upstream network filter's configuration.
 */
export function isHarmlessNetworkFilter(typeName: string): boolean {
  return HARMLESS_NETWORK_FILTERS.has(typeName)
}

function guard(reason: string): FilterKind {
  return { kind: 'guard', reason }
}
