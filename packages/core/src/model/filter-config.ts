import type { Fraction } from './match.js'

/** Holds a share of the requests back. */
export interface FaultDelay {
  /** How long, in milliseconds. */
  readonly durationMs: number
  /** Which share. */
  readonly fraction: Fraction
}

/** Answers a share of the requests in place of the upstream, with one of the two statuses. */
export interface FaultAbort {
  /** Which share. */
  readonly fraction: Fraction
  /** 200 to 599. */
  readonly httpStatus?: number
  /** 0 to 16; takes the place of `httpStatus`. */
  readonly grpcStatus?: number
}

/** Fault injection (envoy.extensions.filters.http.fault.v3.HTTPFault; gRFC A33). Delay and abort throw dice of their own. */
export interface FaultConfig {
  /** Tag of the union. */
  readonly kind: 'fault'
  /** Absent: nothing is held back. */
  readonly delay?: FaultDelay
  /** Absent: nothing is aborted. */
  readonly abort?: FaultAbort
}

/** Configuration of one filter, told apart by `kind`. Later filters add their own member here. */
export type FilterConfig = FaultConfig

/** One entry of a listener's `http_filters`, in the order in which requests pass. The terminal router is not listed. */
export interface HttpFilter {
  /** Instance name: the key of overrides in `typed_per_filter_config` (gRFC A39). */
  readonly name: string
  /** Base configuration; overrides replace it whole. */
  readonly config: FilterConfig
  /** Off unless an override turns it on. */
  readonly disabled: boolean
}

/**
 * Overrides of filters by instance name. The most specific one (cluster weight, route, virtual host) replaces the others whole, there is no
 * merging (gRFC A39). `disabled` turns the filter off.
 */
export type FilterOverrides = ReadonlyMap<string, FilterConfig | 'disabled'>
