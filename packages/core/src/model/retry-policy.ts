import type { JsonValue } from './endpoint.js'
import type { HeaderMatch } from './match.js'

/** Conditions under which an attempt may be repeated, named as in Envoy's `x-envoy-retry-on`. */
export interface RetryConditions {
  /** Any 5xx answer, or no answer at all. */
  readonly serverError: boolean
  /** 502, 503 or 504. */
  readonly gatewayError: boolean
  /** The connection broke, or the attempt timed out, before the response began. */
  readonly reset: boolean
  /** As `reset`, but only while no byte of the request was written. */
  readonly resetBeforeRequest: boolean
  /** No connection could be made. */
  readonly connectFailure: boolean
  /** The server refused the stream before it looked at it (HTTP/2 REFUSED_STREAM). */
  readonly refusedStream: boolean
  /** 409. */
  readonly retriable4xx: boolean
  /** A status listed in {@link RetryPolicy.retriableStatusCodes}. */
  readonly retriableStatusCodes: boolean
  /** A response header meets one of {@link RetryPolicy.retriableHeaders}. */
  readonly retriableHeaders: boolean
  /** An Envoy on the way limited the rate (`x-envoy-ratelimited`). Such an answer is repeated under this condition only. */
  readonly envoyRateLimited: boolean
  /** gRPC statuses (numbers) that may be repeated: of CANCELLED, DEADLINE_EXCEEDED, INTERNAL, RESOURCE_EXHAUSTED, UNAVAILABLE. */
  readonly grpcStatuses: readonly number[]
}

/** The pause before the n-th retry: drawn from [0, min(base * (2^n - 1), max)) milliseconds (Envoy's full jitter). */
export interface RetryBackOff {
  /** In milliseconds. Envoy's default is 25. */
  readonly baseMs: number
  /** In milliseconds. Envoy's default is 10 times the base. */
  readonly maxMs: number
}

/** A response header that says when to try again. */
export interface ResetHeader {
  /** Lower-case name. */
  readonly name: string
  /** `seconds`: seconds from now, or an HTTP date (`Retry-After`); `unix-timestamp`: seconds since the epoch. */
  readonly format: 'seconds' | 'unix-timestamp'
}

/** Pauses that a response asks for take the place of the drawn ones: from the time asked for to one and a half times as long. */
export interface RateLimitedBackOff {
  /** In order; the first that can be read and is not longer than the limit counts. */
  readonly headers: readonly ResetHeader[]
  /** Longer pauses are not believed, in milliseconds. Envoy's default is 300,000. */
  readonly maxMs: number
}

/** How failed attempts are repeated (envoy.config.route.v3.RetryPolicy; gRFC A44 for the gRPC view). */
export interface RetryPolicy {
  /** When to repeat. */
  readonly conditions: RetryConditions
  /** Repeats after the first attempt. 0 or more; a gRPC call has 4 at most (gRFC A44). */
  readonly retries: number
  /** HTTP statuses for `retriableStatusCodes`. */
  readonly retriableStatusCodes: readonly number[]
  /** Conditions on response headers for `retriableHeaders`; one that holds is enough. Absent means none. */
  readonly retriableHeaders?: readonly HeaderMatch[]
  /** Conditions on the request, of which one must hold for anything to be repeated. Absent means that every request may be. HTTP only. */
  readonly retriableRequestHeaders?: readonly HeaderMatch[]
  /** Limit of one attempt in milliseconds, 0 for none. HTTP only: gRPC ignores it (A44). */
  readonly perTryTimeoutMs: number
  /** Pause before each retry. */
  readonly backOff: RetryBackOff
  /** Whether endpoints that were tried already are avoided (retry_host_predicate `previous_hosts`). */
  readonly avoidPreviousHosts: boolean
  /** How often an endpoint is drawn anew when the one drawn was tried already. 1 or more. */
  readonly hostSelectionAttempts: number
  /** Whether endpoints with the metadata `envoy.lb` `canary: true` are avoided (`omit_canary_hosts`). Default false. */
  readonly avoidCanaries?: boolean
  /** Metadata under `envoy.lb` whose bearers are avoided (`omit_host_metadata`): every key must be equal. Absent means none. */
  readonly avoidMetadata?: { readonly [key: string]: JsonValue }
  /**
   * Attempts after which the priorities tried so far are left out (retry_priority `previous_priorities`, `update_frequency`). Absent means that
   * retries choose priorities as first attempts do. HTTP only.
   */
  readonly previousPrioritiesAfter?: number
  /** Limit of the time between two pieces of an attempt's response, and before the first, in milliseconds. Absent means none. HTTP only. */
  readonly perTryIdleTimeoutMs?: number
  /** Absent means that no response header is looked at for pauses. HTTP only. */
  readonly rateLimitedBackOff?: RateLimitedBackOff
}
