import type { CorsConfig } from './cors-config.js'
import type { HeaderMutationConfig } from './header-mutation-config.js'
import type { Fraction, HeaderMatch } from './match.js'
import type { StatefulSessionConfig } from './stateful-session-config.js'

/** Which requests have a fault injected. */
export interface FaultShare {
  /** Which share, at most. */
  readonly fraction: Fraction
  /**
   * Requests ask for the fault themselves, in headers, and may lower the share: in how many parts of a million they count it. Absent: they
   * are not asked.
   */
  readonly askedUnit?: number
}

/** Holds a share of the requests back. */
export interface FaultDelay extends FaultShare {
  /** How long, in milliseconds; absent where requests say. */
  readonly durationMs?: number
}

/** Answers a share of the requests in place of the upstream, with one of the two statuses; neither where requests say. */
export interface FaultAbort extends FaultShare {
  /** 200 to 599. */
  readonly httpStatus?: number
  /** 0 to 16; takes the place of `httpStatus`. */
  readonly grpcStatus?: number
}

/** Slows the bodies of a share of the responses down. */
export interface FaultRate extends FaultShare {
  /** The rate in KiB per second, at least 1; absent where requests say. */
  readonly kbps?: number
}

/** Fault injection (envoy.extensions.filters.http.fault.v3.HTTPFault; gRFC A33). Delay and abort throw dice of their own. */
export interface FaultConfig {
  /** Tag of the union. */
  readonly kind: 'fault'
  /** Absent: nothing is held back. */
  readonly delay?: FaultDelay
  /** Absent: nothing is aborted. */
  readonly abort?: FaultAbort
  /** Absent: no response is slowed down. HTTP only. */
  readonly responseRate?: FaultRate
  /** Only requests to this cluster. Absent: to any. */
  readonly upstreamCluster?: string
  /** Only requests of these nodes, as `x-envoy-downstream-service-node` names them. Absent: of any. */
  readonly downstreamNodes?: readonly string[]
  /** Only requests with these headers. Absent: any. */
  readonly headers?: readonly HeaderMatch[]
  /** Requests that may have a fault at a time. Absent: any number. */
  readonly maxActive?: number
}

/** A filter that is not carried out, and without which no request may go out that it is for: whatever comes to it fails. */
export interface GuardConfig {
  /** Tag of the union. */
  readonly kind: 'guard'
  /** What is missing, a sentence without the final stop. */
  readonly reason: string
}

/** Configuration of one filter, told apart by `kind`. Later filters add their own member here. */
export type FilterConfig = FaultConfig | CorsConfig | HeaderMutationConfig | StatefulSessionConfig | GuardConfig

/** One entry of a listener's `http_filters`, in the order in which requests pass. The terminal router is not listed. */
export interface HttpFilter {
  /** Instance name: the key of overrides in `typed_per_filter_config` (gRFC A39). */
  readonly name: string
  /** Base configuration. */
  readonly config: FilterConfig
  /** Off unless an override turns it on. */
  readonly disabled: boolean
}

/**
 * Overrides of filters by instance name. The most specific one (cluster weight, route, virtual host, route configuration) replaces the
 * others whole, there is no merging (gRFC A39); filters of which Envoy reads all levels say so. `disabled` turns the filter
 * off, and `enabled` turns one that is off on, with the configuration that it has without this override.
 */
export type FilterOverrides = ReadonlyMap<string, FilterConfig | FilterSwitch>

/** An override that says only whether the filter acts (envoy.config.route.v3.FilterConfig). */
export type FilterSwitch = 'enabled' | 'disabled'
