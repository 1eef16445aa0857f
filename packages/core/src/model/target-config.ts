import type { ResolvedCluster } from './cluster.js'
import type { HttpFilter } from './filter-config.js'
import type { LocalReplyConfig } from './local-reply-config.js'
import type { RouteConfiguration } from './route.js'
import type { RouterOptions } from './router-options.js'

/** What applies to a target before its routes (envoy.config.listener.v3.Listener with its HttpConnectionManager). */
export interface ListenerConfig {
  /** Resource name. */
  readonly name: string
  /** Filters in the order in which requests pass; the terminal router is not listed. */
  readonly filters: readonly HttpFilter[]
  /** Time limit of a stream in milliseconds for routes that do not say, 0 for none. */
  readonly maxStreamDurationMs: number
  /**
   * Longest time in milliseconds without a byte in either direction, for routes that do not say (`stream_idle_timeout`). 0 for none; absent
   * means Envoy's 5 minutes. HTTP only.
   */
  readonly idleTimeoutMs?: number
  /**
   * How long an application may take to send a request, body included, in milliseconds (`request_timeout`); a response that begins ends the
   * limit too. 0 or absent means no limit. HTTP only.
   */
  readonly requestTimeoutMs?: number
  /**
   * Whether a port in the authority is left out when virtual hosts are matched: `any` port, or the `own` port of the target only
   * (`strip_any_host_port` and `strip_matching_host_port`). Absent means that it counts. HTTP view; the `host` header stays as it is.
   */
  readonly strippedHostPort?: 'any' | 'own'
  /** Whether a final dot of the host is left out when virtual hosts are matched (`strip_trailing_host_dot`). HTTP view. Default false. */
  readonly stripsTrailingHostDot?: boolean
  /** What becomes of answers that the mesh gives itself. Absent leaves them as they are. HTTP only. */
  readonly localReplies?: LocalReplyConfig
  /** How the terminal filter treats headers of Envoy's own. Absent means Envoy's defaults: none of it. */
  readonly router?: RouterOptions
}

/**
 * Everything needed to serve calls to one target, resolved as a whole (gRFC A74). Immutable. A part that did not change is the same
 * object as before, which is how the core knows what to leave alone.
 */
export interface TargetConfig {
  /** `host:port` of the target. */
  readonly name: string
  /** The target's listener. */
  readonly listener: ListenerConfig
  /** The target's routes. */
  readonly routes: RouteConfiguration
  /** Every cluster that the routes name, by name. */
  readonly clusters: ReadonlyMap<string, ResolvedCluster>
}
