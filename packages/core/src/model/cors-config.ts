import type { Fraction, StringMatch } from './match.js'

/**
 * Cross-origin requests of browsers (envoy.extensions.filters.http.cors.v3.CorsPolicy). What is absent is taken from the next less specific
 * level that has it; without any policy the filter does nothing.
 */
export interface CorsConfig {
  /** Tag of the union. */
  readonly kind: 'cors'
  /** Origins that are allowed. */
  readonly allowOrigins?: readonly StringMatch[]
  /** `access-control-allow-methods`; `*` stands for the method that is asked for. */
  readonly allowMethods?: string
  /** `access-control-allow-headers`; `*` stands for the headers that are asked for. */
  readonly allowHeaders?: string
  /** `access-control-expose-headers`. */
  readonly exposeHeaders?: string
  /** `access-control-max-age`, in seconds. */
  readonly maxAge?: string
  /** Whether `access-control-allow-credentials` is sent. Default false. */
  readonly allowCredentials?: boolean
  /** Whether a page may ask for an address that is more private than its own. Default false. */
  readonly allowPrivateNetworkAccess?: boolean
  /** Whether preflight requests of other origins go to the upstream. Default true. */
  readonly forwardUnmatchedPreflights?: boolean
  /** Share of the requests that the filter acts on. Default all. Of the most specific level only. */
  readonly enabled?: Fraction
}
