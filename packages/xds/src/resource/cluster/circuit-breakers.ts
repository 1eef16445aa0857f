import type { CircuitBreakerThresholds, RetryBudget } from '@inmesh/core'
import {
  type CircuitBreakers,
  type CircuitBreakers_Thresholds,
  type CircuitBreakers_Thresholds_RetryBudget,
  RoutingPriority,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'

/** Envoy and gRFC A32: limits hold also where nothing is configured. */
const DEFAULT_MAX_REQUESTS = 1024
const DEFAULT_MAX_RETRIES = 3
const DEFAULT_BUDGET_PERCENT = 20
const DEFAULT_BUDGET_CONCURRENCY = 3

/**
 * A storm of retries keeps a service down that could recover, so a cluster that says nothing of retries has Envoy's budget. The number of
 * retries that istiod sends where nobody said one, the largest there is, says nothing either.
 */
const DEFAULT_BUDGET: RetryBudget = { percent: DEFAULT_BUDGET_PERCENT, minConcurrency: DEFAULT_BUDGET_CONCURRENCY }
const ANY_NUMBER = 0xffff_ffff

const CONNECTIONS = leftOut('connections and waiting requests are not limited yet')

const FIELDS = new FieldTreatments<CircuitBreakers_Thresholds>({
  priority: CARRIED,
  maxRequests: CARRIED,
  maxRetries: CARRIED,
  retryBudget: CARRIED,
  maxConnections: CONNECTIONS,
  maxPendingRequests: CONNECTIONS,
  maxConnectionPools: CONNECTIONS,
  trackRemaining: leftOut('what remains of a limit is not published'),
})

/**
 * Translates the limits of a cluster: the first thresholds with priority DEFAULT (gRFC A32).
 *
 * @param scope - Where the circuit breakers stand.
 * @param breakers - The circuit breakers.
 * @param refusals - Refusals of the cluster.
 */
export function translateCircuitBreakers(
  scope: FieldScope,
  breakers: CircuitBreakers | undefined,
  refusals: ViewReasons,
): CircuitBreakerThresholds {
  let chosen: CircuitBreakerThresholds | undefined
  for (const [index, thresholds] of (breakers?.thresholds ?? []).entries()) {
    const place = scope.at('thresholds', index)
    if (thresholds.priority !== RoutingPriority.DEFAULT) {
      place.unsupported('all requests count against the limits of priority DEFAULT')
    } else if (chosen === undefined) {
      FIELDS.apply(place, thresholds, refusals)
      chosen = translateThresholds(place, thresholds, refusals)
    }
  }
  for (const index of (breakers?.perHostThresholds ?? []).keys()) {
    scope.at('per_host_thresholds', index).unsupported('limits per endpoint are not applied yet')
  }
  return chosen ?? { maxRequests: DEFAULT_MAX_REQUESTS, maxRetries: DEFAULT_MAX_RETRIES, retryBudget: DEFAULT_BUDGET }
}

function translateThresholds(
  scope: FieldScope,
  thresholds: CircuitBreakers_Thresholds,
  refusals: ViewReasons,
): CircuitBreakerThresholds {
  const budget = thresholds.retryBudget
  const limited = thresholds.maxRetries !== undefined && thresholds.maxRetries < ANY_NUMBER
  const retryBudget = budget ? translateBudget(scope.at('retry_budget'), budget, refusals) : DEFAULT_BUDGET
  return {
    maxRequests: thresholds.maxRequests ?? DEFAULT_MAX_REQUESTS,
    maxRetries: thresholds.maxRetries ?? DEFAULT_MAX_RETRIES,
    ...((budget !== undefined || !limited) && { retryBudget }),
  }
}

function translateBudget(
  scope: FieldScope,
  budget: CircuitBreakers_Thresholds_RetryBudget,
  refusals: ViewReasons,
): RetryBudget {
  const percent = budget.budgetPercent?.value ?? DEFAULT_BUDGET_PERCENT
  const valid = percent >= 0 && percent <= 100
  // gRPC does not read budgets, so a bad one is none of its errors.
  if (!valid) refusals.add(scope.at('budget_percent'), 'must be 0 to 100', ['http'])
  return {
    percent: valid ? percent : DEFAULT_BUDGET_PERCENT,
    minConcurrency: budget.minRetryConcurrency ?? DEFAULT_BUDGET_CONCURRENCY,
  }
}
