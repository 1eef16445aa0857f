import {
  anyOf,
  create,
  durationFromMilliseconds,
  PreviousHostsPredicate,
  PreviousPrioritiesConfig,
  RetryPolicy,
  RetryPolicy_RetryBackOff,
  RetryPolicy_RetryHostPredicate,
  RetryPolicy_RetryPriority,
} from '@inmesh/xds-proto'
import type { HttpRetry } from '../model/http-route.js'

// What istiod puts on every route where nothing else is said. 503 is not among the statuses: it may come from a service that has already
// acted on the request (istiod since 1.24 leaves it out for that reason).
const defaultRetryOn = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes'
const defaultRetries = 2
const hostSelectionAttempts = 5n
const statusCode = /^[1-5]\d\d$/

/**
 * Translates the retry policy of a route.
 *
 * @param retry - What the route says; Istio's default where it says nothing.
 * @param consistentHash - Whether the only destination is chosen by a hash: another endpoint would then be the wrong one.
 * @returns the policy, or undefined when retries are turned off.
 */
export function retryPolicy(retry: HttpRetry | undefined, consistentHash: boolean): RetryPolicy | undefined {
  if (retry?.attempts === 0) return undefined
  const avoidPrevious = retry?.ignorePreviousHosts ?? !consistentHash
  const conditions = retry?.retryOn === undefined ? undefined : retryConditions(retry.retryOn)
  return create(RetryPolicy, {
    retryOn: conditions?.retryOn ?? defaultRetryOn,
    numRetries: retry?.attempts ?? defaultRetries,
    retriableStatusCodes: conditions?.statusCodes ?? [],
    retryHostPredicate: avoidPrevious ? [previousHosts()] : [],
    hostSelectionRetryMaxAttempts: hostSelectionAttempts,
    perTryTimeout: retry?.perTryTimeoutMs === undefined ? undefined : durationFromMilliseconds(retry.perTryTimeoutMs),
    retryPriority: retry?.retryRemoteLocalities === true ? previousPriorities() : undefined,
    retryBackOff:
      retry?.backoffMs === undefined
        ? undefined
        : create(RetryPolicy_RetryBackOff, { baseInterval: durationFromMilliseconds(retry.backoffMs) }),
  })
}

/** What may be done over where nothing is known of what is sent: a connection that could not be made, at another endpoint. */
export function connectRetries(): RetryPolicy {
  return create(RetryPolicy, {
    retryOn: 'connect-failure',
    numRetries: defaultRetries,
    retryHostPredicate: [previousHosts()],
    hostSelectionRetryMaxAttempts: hostSelectionAttempts,
  })
}

// Istio's `retryOn` mixes Envoy's conditions with bare statuses.
function retryConditions(text: string): { readonly retryOn: string; readonly statusCodes: readonly number[] } {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const statusCodes = parts.filter((part) => statusCode.test(part)).map(Number)
  const names = parts.filter((part) => !statusCode.test(part))
  if (statusCodes.length > 0 && !names.includes('retriable-status-codes')) names.push('retriable-status-codes')
  return { retryOn: names.join(','), statusCodes }
}

function previousHosts(): RetryPolicy_RetryHostPredicate {
  return create(RetryPolicy_RetryHostPredicate, {
    name: 'envoy.retry_host_predicates.previous_hosts',
    configType: { $case: 'typedConfig', value: anyOf(PreviousHostsPredicate, create(PreviousHostsPredicate)) },
  })
}

function previousPriorities(): RetryPolicy_RetryPriority {
  const config = create(PreviousPrioritiesConfig, { updateFrequency: 2 })
  return create(RetryPolicy_RetryPriority, {
    name: 'envoy.retry_priorities.previous_priorities',
    configType: { $case: 'typedConfig', value: anyOf(PreviousPrioritiesConfig, config) },
  })
}
