import type { RetryConditions } from '../model/retry-policy.js'

type Flag = Exclude<keyof RetryConditions, 'grpcStatuses'>

/** Envoy's `x-envoy-retry-on`. */
const FLAGS: ReadonlyMap<string, Flag> = new Map([
  ['5xx', 'serverError'],
  ['gateway-error', 'gatewayError'],
  ['reset', 'reset'],
  ['reset-before-request', 'resetBeforeRequest'],
  ['connect-failure', 'connectFailure'],
  ['refused-stream', 'refusedStream'],
  ['retriable-4xx', 'retriable4xx'],
  ['retriable-status-codes', 'retriableStatusCodes'],
  ['retriable-headers', 'retriableHeaders'],
  ['envoy-ratelimited', 'envoyRateLimited'],
])

/** Envoy's `x-envoy-retry-grpc-on`, and all that gRFC A44 knows. */
const GRPC_STATUSES: ReadonlyMap<string, number> = new Map([
  ['cancelled', 1],
  ['deadline-exceeded', 4],
  ['resource-exhausted', 8],
  ['internal', 13],
  ['unavailable', 14],
])

/** Known, and cannot happen: nothing is sent over HTTP/3. */
const MOOT: ReadonlySet<string> = new Set(['', 'http3-post-connect-failure'])

/** A list of conditions, read. */
export interface ParsedRetryConditions {
  /** Those that are known. */
  readonly conditions: RetryConditions
  /** The others, in lower case; Envoy and gRPC leave them out. */
  readonly unknown: readonly string[]
}

/**
 * Reads a list of retry conditions.
 *
 * @param text - Names of Envoy's `x-envoy-retry-on` and `x-envoy-retry-grpc-on` with commas between them, in any case.
 */
export function parseRetryConditions(text: string): ParsedRetryConditions {
  const flags = new Set<Flag>()
  const grpcStatuses = new Set<number>()
  const unknown: string[] = []
  for (const item of text.split(',')) {
    const name = item.trim().toLowerCase()
    const flag = FLAGS.get(name)
    const status = GRPC_STATUSES.get(name)
    if (flag !== undefined) flags.add(flag)
    else if (status !== undefined) grpcStatuses.add(status)
    else if (!MOOT.has(name)) unknown.push(name)
  }
  return {
    conditions: {
      serverError: flags.has('serverError'),
      gatewayError: flags.has('gatewayError'),
      reset: flags.has('reset'),
      resetBeforeRequest: flags.has('resetBeforeRequest'),
      connectFailure: flags.has('connectFailure'),
      refusedStream: flags.has('refusedStream'),
      retriable4xx: flags.has('retriable4xx'),
      retriableStatusCodes: flags.has('retriableStatusCodes'),
      retriableHeaders: flags.has('retriableHeaders'),
      envoyRateLimited: flags.has('envoyRateLimited'),
      grpcStatuses: [...grpcStatuses],
    },
    unknown,
  }
}
