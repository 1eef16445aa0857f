import type { RetryConditions } from '@inmesh/core'
import type { FieldScope } from '../field/field-scope.js'

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
])

/** Envoy's `x-envoy-retry-grpc-on`, and all that gRFC A44 knows. */
const GRPC_STATUSES: ReadonlyMap<string, number> = new Map([
  ['cancelled', 1],
  ['deadline-exceeded', 4],
  ['resource-exhausted', 8],
  ['internal', 13],
  ['unavailable', 14],
])

/**
 * Reads a list of conditions. Unknown ones are listed and left out, in Envoy as in gRPC.
 *
 * @param scope - The field that has the list.
 * @param list - Names with commas between them.
 */
export function translateRetryConditions(scope: FieldScope, list: string): RetryConditions {
  const flags = new Set<Flag>()
  const grpcStatuses: number[] = []
  for (const item of list.split(',')) {
    const name = item.trim().toLowerCase()
    const flag = FLAGS.get(name)
    const status = GRPC_STATUSES.get(name)
    if (flag !== undefined) flags.add(flag)
    else if (status === undefined) reportUnknown(scope, name)
    else if (!grpcStatuses.includes(status)) grpcStatuses.push(status)
  }
  return {
    serverError: flags.has('serverError'),
    gatewayError: flags.has('gatewayError'),
    reset: flags.has('reset'),
    resetBeforeRequest: flags.has('resetBeforeRequest'),
    connectFailure: flags.has('connectFailure'),
    refusedStream: flags.has('refusedStream'),
    retriable4xx: flags.has('retriable4xx'),
    retriableStatusCodes: flags.has('retriableStatusCodes'),
    grpcStatuses,
  }
}

/** What a policy retries on that must not be applied: nothing. */
export const NO_RETRY_CONDITIONS: RetryConditions = Object.freeze({
  serverError: false,
  gatewayError: false,
  reset: false,
  resetBeforeRequest: false,
  connectFailure: false,
  refusedStream: false,
  retriable4xx: false,
  retriableStatusCodes: false,
  grpcStatuses: [],
})

function reportUnknown(scope: FieldScope, name: string): void {
  if (name !== '') scope.unsupported(`the condition ${name} is not supported; the others apply`)
}
