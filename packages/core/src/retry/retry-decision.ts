import type { RetryPolicy } from '../model/retry-policy.js'
import type { Random } from '../ports/random.js'

/**
 * How an attempt ended without a response: no connection, a connection that broke, a stream that the server refused unseen, or the
 * attempt's own time limit.
 */
export type AttemptFailure = 'connect' | 'reset' | 'refused-stream' | 'per-try-timeout'

/**
 * Whether an answer may be asked for again. Envoy, "x-envoy-retry-on" and "x-envoy-retry-grpc-on".
 *
 * @param policy - The route's policy.
 * @param status - HTTP status.
 * @param grpcStatus - gRPC status, or -1 when the answer has none.
 */
export function retriesResponse(policy: RetryPolicy, status: number, grpcStatus: number): boolean {
  const on = policy.conditions
  if (status >= 500 && on.serverError) return true
  if (on.gatewayError && (status === 502 || status === 503 || status === 504)) return true
  if (on.retriable4xx && status === 409) return true
  if (on.retriableStatusCodes && policy.retriableStatusCodes.includes(status)) return true
  return grpcStatus > 0 && on.grpcStatuses.includes(grpcStatus)
}

/**
 * Whether an attempt that got no answer may be repeated. Envoy counts every kind of reset under `5xx`, `gateway-error` and `reset`.
 *
 * @param policy - The route's policy.
 * @param failure - How the attempt ended.
 * @param written - Whether any byte of the request may have reached the upstream. What never left is safe to send elsewhere under
 * `connect-failure` and `reset-before-request` alike: the upstream cannot have acted on it.
 */
export function retriesFailure(policy: RetryPolicy, failure: AttemptFailure, written: boolean): boolean {
  const on = policy.conditions
  if (on.serverError || on.gatewayError || on.reset) return true
  if (!written && (on.connectFailure || on.resetBeforeRequest)) return true
  return failure === 'refused-stream' && on.refusedStream
}

/**
 * Envoy's fully jittered back-off: a draw from [0, base * (2^n - 1)) capped by the maximum.
 *
 * @param policy - The route's policy.
 * @param retry - Number of the retry, from 1.
 * @param random - The dice.
 * @returns milliseconds to wait before the retry.
 */
export function backOffMs(policy: RetryPolicy, retry: number, random: Random): number {
  const { baseMs, maxMs } = policy.backOff
  return random.next() * Math.min(baseMs * (2 ** retry - 1), maxMs)
}
