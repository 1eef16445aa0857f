import type { WeightedByLoadPolicy } from '@inmesh/core'
import type { ClientSideWeightedRoundRobin, Duration } from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'

const DEFAULT_BLACKOUT_MS = 10_000
const DEFAULT_EXPIRATION_MS = 180_000
const DEFAULT_UPDATE_MS = 1000
/** gRFC A58: weights do not change more often. */
const SHORTEST_UPDATE_MS = 100

/**
 * @param scope - The policy.
 * @param message - The policy.
 */
export function weightedByLoad(scope: FieldScope, message: ClientSideWeightedRoundRobin): WeightedByLoadPolicy {
  const duration = (field: string, value: Duration | undefined, byDefault: number): number =>
    (value && translateDuration(scope.at(field), value)) ?? byDefault
  const errorPenalty = message.errorUtilizationPenalty ?? 1
  if (!(errorPenalty >= 0)) scope.at('error_utilization_penalty').malformed('must be 0 or more')
  const updateMs = duration('weight_update_period', message.weightUpdatePeriod, DEFAULT_UPDATE_MS)
  return {
    kind: 'weighted-by-load',
    blackoutMs: duration('blackout_period', message.blackoutPeriod, DEFAULT_BLACKOUT_MS),
    expirationMs: duration('weight_expiration_period', message.weightExpirationPeriod, DEFAULT_EXPIRATION_MS),
    updateMs: Math.max(SHORTEST_UPDATE_MS, updateMs),
    errorPenalty,
    metricNames: message.metricNamesForComputingUtilization,
  }
}
