import type { ResolvedCluster } from './cluster.js'
import type { HttpFilter } from './filter-config.js'
import type { RouteConfiguration } from './route.js'

/** What applies to a target before its routes (envoy.config.listener.v3.Listener with its HttpConnectionManager). */
export interface ListenerConfig {
  /** Resource name. */
  readonly name: string
  /** Filters in the order in which requests pass; the terminal router is not listed. */
  readonly filters: readonly HttpFilter[]
  /** Time limit of a stream in milliseconds for routes that do not say, 0 for none. */
  readonly maxStreamDurationMs: number
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
