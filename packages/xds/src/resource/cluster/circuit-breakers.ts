import type { CircuitBreakerThresholds, ClusterConfig, RetryBudget } from '@inmesh/core'
import {
  type CircuitBreakers,
  type CircuitBreakers_Thresholds,
  type CircuitBreakers_Thresholds_RetryBudget,
  RoutingPriority,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translatePercent } from './percent.js'

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

const DEFAULTS: CircuitBreakerThresholds = {
  maxRequests: DEFAULT_MAX_REQUESTS,
  maxRetries: DEFAULT_MAX_RETRIES,
  retryBudget: DEFAULT_BUDGET,
}

const FIELDS = new FieldTreatments<CircuitBreakers_Thresholds>({
  priority: CARRIED,
  maxConnections: CARRIED,
  maxPendingRequests: CARRIED,
  maxRequests: CARRIED,
  maxRetries: CARRIED,
  retryBudget: CARRIED,
  // What remains can be read in any case.
  trackRemaining: MOOT,
  maxConnectionPools: leftOut('each endpoint and priority has one pool; their number is not limited'),
})

const NOT_PER_ENDPOINT = leftOut('only connections are limited per endpoint, as in Envoy')

const PER_HOST_FIELDS = new FieldTreatments<CircuitBreakers_Thresholds>({
  priority: CARRIED,
  maxConnections: CARRIED,
  maxPendingRequests: NOT_PER_ENDPOINT,
  maxRequests: NOT_PER_ENDPOINT,
  maxRetries: NOT_PER_ENDPOINT,
  retryBudget: NOT_PER_ENDPOINT,
  trackRemaining: NOT_PER_ENDPOINT,
  maxConnectionPools: NOT_PER_ENDPOINT,
})

/** The limits of a cluster by the priority of requests. */
type Limits = Pick<ClusterConfig, 'thresholds' | 'highPriorityThresholds'>

/**
 * Translates the limits of a cluster: of each priority the first that are listed (Envoy, CircuitBreakers; gRFC A32 reads DEFAULT only).
 *
 * @param scope - Where the circuit breakers stand.
 * @param breakers - The circuit breakers.
 * @param refusals - Refusals of the cluster.
 */
export function translateCircuitBreakers(
  scope: FieldScope,
  breakers: CircuitBreakers | undefined,
  refusals: ViewReasons,
): Limits {
  const limits = new Map<RoutingPriority, CircuitBreakerThresholds>()
  for (const [index, thresholds] of (breakers?.thresholds ?? []).entries()) {
    if (limits.has(thresholds.priority)) continue
    const place = scope.at('thresholds', index)
    FIELDS.apply(place, thresholds, refusals)
    limits.set(thresholds.priority, translateThresholds(place, thresholds, refusals))
  }
  const seen = new Set<RoutingPriority>()
  for (const [index, thresholds] of (breakers?.perHostThresholds ?? []).entries()) {
    const { priority, maxConnections } = thresholds
    if (seen.has(priority)) continue
    seen.add(priority)
    const place = scope.at('per_host_thresholds', index)
    PER_HOST_FIELDS.apply(place, thresholds, refusals)
    if (maxConnections === undefined) continue
    // In Envoy an endpoint has one connection in any case.
    if (maxConnections === 0) refusals.add(place.at('max_connections'), 'must be 1 or more (gRFC A105)', ['grpc'])
    limits.set(priority, { ...(limits.get(priority) ?? DEFAULTS), maxConnectionsPerEndpoint: maxConnections })
  }
  const high = limits.get(RoutingPriority.HIGH)
  return { thresholds: limits.get(RoutingPriority.DEFAULT) ?? DEFAULTS, ...(high && { highPriorityThresholds: high }) }
}

function translateThresholds(
  scope: FieldScope,
  thresholds: CircuitBreakers_Thresholds,
  refusals: ViewReasons,
): CircuitBreakerThresholds {
  const { retryBudget: budget, maxConnections, maxPendingRequests } = thresholds
  const limited = thresholds.maxRetries !== undefined && thresholds.maxRetries < ANY_NUMBER
  const retryBudget = budget ? translateBudget(scope.at('retry_budget'), budget, refusals) : DEFAULT_BUDGET
  return {
    ...(maxConnections !== undefined && { maxConnections }),
    ...(maxPendingRequests !== undefined && { maxPendingRequests }),
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
  const { budgetPercent } = budget
  const percent = budgetPercent && translatePercent(scope.at('budget_percent'), budgetPercent, refusals)
  return {
    percent: percent ?? DEFAULT_BUDGET_PERCENT,
    minConcurrency: budget.minRetryConcurrency ?? DEFAULT_BUDGET_CONCURRENCY,
  }
}
