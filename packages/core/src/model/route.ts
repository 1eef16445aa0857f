import type { BodyFormat } from './body-format.js'
import type { CorsConfig } from './cors-config.js'
import type { FilterOverrides } from './filter-config.js'
import type { HashPolicy } from './hash-policy.js'
import type { HeaderLevel } from './header-operations.js'
import type { HostRewrite } from './host-rewrite.js'
import type { RouteMatch } from './match.js'
import type { MirrorPolicy } from './mirror-policy.js'
import type { PathRewrite } from './path-rewrite.js'
import type { RetryPolicy } from './retry-policy.js'
import type { AttemptHeaders } from './router-options.js'
import type { SubsetMetadata } from './subset-config.js'
import type { Refusals } from './view.js'

/** One destination of a route. */
export interface WeightedCluster extends HeaderLevel {
  /** Name of the cluster; the empty string where {@link WeightedCluster.clusterHeader} names it. */
  readonly name: string
  /** Header of the request that names the cluster (`cluster_header`), in lower case. HTTP only: gRPC passes such routes by (gRFC A28). */
  readonly clusterHeader?: string
  /** Share of the requests, relative to its siblings. At least 1: entries of weight 0 are left out. */
  readonly weight: number
  /** Overrides of filters for requests that this entry takes. */
  readonly filterOverrides: FilterOverrides
  /** What endpoints must have in their metadata, besides what the action asks, or instead where both ask under one name. HTTP only. */
  readonly metadataMatch?: SubsetMetadata
  /** Takes the place of the host of requests that this entry takes; a rewrite of the route comes after it. HTTP only. */
  readonly hostRewrite?: string
}

/** Whose limits of a cluster a request counts against (envoy.config.core.v3.RoutingPriority). */
export type RequestPriority = 'default' | 'high'

/** The number in a request header chooses (`header_name`); chance does where the header is absent or no number. */
export interface HeaderClusterChoice {
  /** Tag of the union. */
  readonly kind: 'header'
  /** Lower-case name of the header. */
  readonly name: string
}

/** The hash that the route's hash policies make chooses (`use_hash_policy`). */
export interface HashClusterChoice {
  /** Tag of the union. */
  readonly kind: 'hash'
}

/** A value that is taken modulo the sum of the weights, so that several proxies choose alike. */
export type ClusterChoice = HeaderClusterChoice | HashClusterChoice

/** Sends the request to a cluster. */
export interface ForwardAction {
  /** Tag of the union. */
  readonly kind: 'forward'
  /** Destinations, at least one; a single one means that all requests go there. */
  readonly clusters: readonly WeightedCluster[]
  /** What chooses among several destinations in place of chance. HTTP only. */
  readonly clusterChoice?: ClusterChoice
  /** HTTP status for calls whose cluster does not exist (`cluster_not_found_response_code`). Default 503. */
  readonly clusterNotFoundStatus?: 503 | 404 | 500
  /**
   * Time limit in milliseconds from the end of the request to the end of the response, all attempts included. 0 means none; absent
   * means the default of the view (HTTP: Envoy's 15 s). gRPC does not read it (gRFC A31).
   */
  readonly timeoutMs?: number
  /** Time limit of the whole stream in milliseconds (`max_stream_duration`). 0 means none; absent means the listener's. */
  readonly maxStreamDurationMs?: number
  /**
   * What takes the place of {@link ForwardAction.maxStreamDurationMs} for gRPC calls (`grpc_timeout_header_max`, gRFC A31), in
   * milliseconds. 0 means none; absent means that nothing does.
   */
  readonly grpcMaxStreamDurationMs?: number
  /**
   * What is taken from the `grpc-timeout` that an HTTP request of gRPC brings, in milliseconds, where `grpcMaxStreamDurationMs` is given
   * (`grpc_timeout_header_offset`). Absent means nothing; not read for gRPC calls (gRFC A31).
   */
  readonly grpcTimeoutOffsetMs?: number
  /**
   * Longest time in milliseconds without a byte in either direction (`idle_timeout`). 0 means none; absent means the listener's. HTTP only.
   */
  readonly idleTimeoutMs?: number
  /** Whose limits its requests count against. Default `default`; gRPC does not read it. */
  readonly priority?: RequestPriority
  /** Retries; absent means the virtual host's, and where that is absent too, none. */
  readonly retryPolicy?: RetryPolicy
  /** What policies that choose by a hash of the request hash; absent means that the choice is random. */
  readonly hashPolicies?: readonly HashPolicy[]
  /** What endpoints must have in their metadata, in clusters that are divided by it. HTTP only. */
  readonly metadataMatch?: SubsetMetadata
  /** Rewrites the path; absent leaves it. HTTP only. */
  readonly pathRewrite?: PathRewrite
  /** Rewrites the host; absent leaves it. HTTP only. */
  readonly hostRewrite?: HostRewrite
  /**
   * Whether gRPC calls are sent with the authority of the endpoint that they go to: `auto_host_rewrite` of a control plane that is trusted (gRFC
   * A81). Default false. HTTP does not read it.
   */
  readonly rewritesAuthority?: boolean
  /** Whether a host that is rewritten is appended to `x-forwarded-host`. Default false. */
  readonly appendsForwardedHost?: boolean
  /** Copies of requests that go elsewhere too; absent means none. HTTP only. */
  readonly mirrors?: readonly MirrorPolicy[]
  /** Policy of CORS filters that no override configures. */
  readonly cors?: CorsConfig
}

/** Answers with another URL (envoy.config.route.v3.RedirectAction). What is absent stays as the request has it. HTTP only. */
export interface RedirectAction {
  /** Tag of the union. */
  readonly kind: 'redirect'
  /** 301, 302, 303, 307 or 308. */
  readonly status: number
  /** Scheme of the URL, without a colon. */
  readonly scheme?: string
  /** Host of the URL; may have a port. */
  readonly host?: string
  /** Port of the URL, 1 to 65535. */
  readonly port?: number
  /** Path of the URL. A query string in it takes the place of the request's. */
  readonly path?: string
  /** Makes the path of the URL from the request's; never together with `path`. */
  readonly rewrite?: PathRewrite
  /** Leaves the request's query string out. */
  readonly stripQuery: boolean
}

/** Answers with a fixed response (envoy.config.route.v3.DirectResponseAction). HTTP only. */
export interface DirectResponseAction {
  /** Tag of the union. */
  readonly kind: 'direct-response'
  /** HTTP status, 200 to 599. */
  readonly status: number
  /** Body; may be empty. */
  readonly body: string | Uint8Array
  /** Makes the body, which it may have by `LOCAL_REPLY_BODY`; absent leaves it as it is. */
  readonly format?: BodyFormat
}

/** An action that this version does not carry out. Requests that come to it fail with the reason. */
export interface UnsupportedAction {
  /** Tag of the union. */
  readonly kind: 'unsupported'
  /** What is missing, a sentence without the final stop. */
  readonly reason: string
}

/**
 * Gives the request to the application that listens (`non_forwarding_action`, gRFC A36). Calls that a client makes fail when they come to such
 * a route, and requests of servers fail when they come to one that forwards.
 */
export interface ServeAction
  extends Pick<
    ForwardAction,
    | 'timeoutMs'
    | 'maxStreamDurationMs'
    | 'grpcMaxStreamDurationMs'
    | 'grpcTimeoutOffsetMs'
    | 'pathRewrite'
    | 'hostRewrite'
    | 'appendsForwardedHost'
    | 'cors'
  > {
  /** Tag of the union. */
  readonly kind: 'serve'
}

/** What a route does with a request. */
export type RouteAction = ForwardAction | ServeAction | RedirectAction | DirectResponseAction | UnsupportedAction

/** One route of a virtual host. Routes are tried in order; the first that matches wins. */
export interface Route extends HeaderLevel {
  /** Name for logs and metrics; may be empty. */
  readonly name: string
  /** When it applies. */
  readonly match: RouteMatch
  /** What it does. */
  readonly action: RouteAction
  /** Overrides of filters for this route. */
  readonly filterOverrides: FilterOverrides
  /** Views whose calls fail with the reason when they come to this route. */
  readonly refused: Refusals
  /** Views for which the route does not exist, so that matching goes on with the next (gRFC A28 skips what gRPC cannot match). */
  readonly skipped: Refusals
}

/** Routes for a set of hosts. */
export interface VirtualHost extends HeaderLevel {
  /** Unique name within its route configuration. */
  readonly name: string
  /** Lower-case patterns: exact, `*.suffix`, `prefix.*` or `*`. */
  readonly domains: readonly string[]
  /** Routes in order. */
  readonly routes: readonly Route[]
  /** Retries for routes without a policy of their own. */
  readonly retryPolicy?: RetryPolicy
  /** Overrides of filters for all its routes. */
  readonly filterOverrides: FilterOverrides
  /** What is told of the attempts of its requests; absent means nothing. */
  readonly attemptHeaders?: AttemptHeaders
  /** As {@link ForwardAction.cors}, for all its routes. */
  readonly cors?: CorsConfig
}

/** A whole route table (envoy.config.route.v3.RouteConfiguration). */
export interface RouteConfiguration extends HeaderLevel {
  /** Resource name. */
  readonly name: string
  /** Virtual hosts; which one applies is decided by the authority of the request. */
  readonly virtualHosts: readonly VirtualHost[]
  /** Overrides of filters for all its routes; absent means none. */
  readonly filterOverrides?: FilterOverrides
  /** A port in the authority is not looked at when virtual hosts are matched (HTTP view). */
  readonly ignorePortInHostMatching: boolean
  /**
   * In which order header changes are made: those of the most specific level first, so that the general ones win, or last
   * (`most_specific_header_mutations_wins`). Those of weighted clusters always come first. Default false.
   */
  readonly mostSpecificHeaderChangesWin?: boolean
}
