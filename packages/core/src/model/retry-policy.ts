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

/** How failed attempts are repeated (envoy.config.route.v3.RetryPolicy; gRFC A44 for the gRPC view). */
export interface RetryPolicy {
  /** When to repeat. */
  readonly conditions: RetryConditions
  /** Repeats after the first attempt. 0 or more. */
  readonly retries: number
  /** HTTP statuses for `retriableStatusCodes`. */
  readonly retriableStatusCodes: readonly number[]
  /** Limit of one attempt in milliseconds, 0 for none. HTTP only: gRPC ignores it (A44). */
  readonly perTryTimeoutMs: number
  /** Pause before each retry. */
  readonly backOff: RetryBackOff
  /** Whether endpoints that were tried already are avoided (retry_host_predicate `previous_hosts`). */
  readonly avoidPreviousHosts: boolean
  /** How often an endpoint is drawn anew when the one drawn was tried already. 1 or more. */
  readonly hostSelectionAttempts: number
}
