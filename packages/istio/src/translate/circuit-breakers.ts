import {
  CircuitBreakers,
  CircuitBreakers_Thresholds,
  CircuitBreakers_Thresholds_RetryBudget,
  create,
  Percent,
} from '@inmesh/xds-proto'
import type { RetryBudget, TrafficPolicy } from '../model/traffic-policy.js'

// Istio's "no limit", in place of Envoy's 1024.
const noLimit = 0xffff_ffff
const defaultBudgetPercent = 20
const defaultBudgetConcurrency = 3

/**
 * Translates the limits of a cluster. `max_retries` is left out where no rule says it, although Istio would set it to no limit: the data
 * plane's own limit then holds, and a failing service is not buried under repeats.
 *
 * @param policy - What holds for the cluster.
 */
export function circuitBreakers(policy: TrafficPolicy): CircuitBreakers {
  const { connectionPool, retryBudget } = policy
  const thresholds = create(CircuitBreakers_Thresholds, {
    maxConnections: connectionPool?.maxConnections ?? noLimit,
    maxPendingRequests: connectionPool?.maxPendingRequests ?? noLimit,
    maxRequests: connectionPool?.maxRequests ?? noLimit,
    maxRetries: connectionPool?.maxRetries,
    retryBudget: retryBudget === undefined ? undefined : budget(retryBudget),
  })
  return create(CircuitBreakers, { thresholds: [thresholds] })
}

function budget(retryBudget: RetryBudget): CircuitBreakers_Thresholds_RetryBudget {
  return create(CircuitBreakers_Thresholds_RetryBudget, {
    budgetPercent: create(Percent, { value: retryBudget.percent ?? defaultBudgetPercent }),
    minRetryConcurrency: retryBudget.minRetryConcurrency ?? defaultBudgetConcurrency,
  })
}
