import type { ConsecutiveFailures, OutlierDetectionConfig } from '@inmesh/core'
import type { OutlierDetection } from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import { protoFieldName } from '../field/field-name.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'

const DEFAULT_INTERVAL_MS = 10_000
const DEFAULT_BASE_EJECTION_MS = 30_000
const DEFAULT_MAX_EJECTION_MS = 300_000
const DEFAULT_MAX_EJECTION_PERCENT = 10
const DEFAULT_FAILURES_IN_ROW = 5

const FIELDS = new FieldTreatments<OutlierDetection>({
  consecutive5xx: CARRIED,
  interval: CARRIED,
  baseEjectionTime: CARRIED,
  maxEjectionPercent: CARRIED,
  enforcingConsecutive5xx: CARRIED,
  enforcingSuccessRate: CARRIED,
  successRateMinimumHosts: CARRIED,
  successRateRequestVolume: CARRIED,
  successRateStdevFactor: CARRIED,
  consecutiveGatewayFailure: CARRIED,
  enforcingConsecutiveGatewayFailure: CARRIED,
  splitExternalLocalOriginErrors: CARRIED,
  consecutiveLocalOriginFailure: CARRIED,
  enforcingConsecutiveLocalOriginFailure: CARRIED,
  enforcingLocalOriginSuccessRate: CARRIED,
  failurePercentageThreshold: CARRIED,
  enforcingFailurePercentage: CARRIED,
  enforcingFailurePercentageLocalOrigin: CARRIED,
  failurePercentageMinimumHosts: CARRIED,
  failurePercentageRequestVolume: CARRIED,
  maxEjectionTime: CARRIED,
  maxEjectionTimeJitter: CARRIED,
  successfulActiveHealthCheckUnejectHost: CARRIED,
  alwaysEjectOneHost: CARRIED,
  monitors: leftOut('monitors that are extensions are not supported'),
})

const PERCENTAGES = [
  'maxEjectionPercent',
  'enforcingConsecutive5xx',
  'enforcingSuccessRate',
  'enforcingConsecutiveGatewayFailure',
  'enforcingConsecutiveLocalOriginFailure',
  'enforcingLocalOriginSuccessRate',
  'failurePercentageThreshold',
  'enforcingFailurePercentage',
  'enforcingFailurePercentageLocalOrigin',
] as const

/**
 * Translates outlier detection, with the defaults of Envoy, which are those of gRFC A50: a message that says nothing ejects by success
 * rate and by 5xx in a row, and not by failure percentage.
 *
 * @param scope - Where it stands.
 * @param detection - The configuration.
 * @param refusals - Refusals of the cluster.
 */
export function translateOutlierDetection(
  scope: FieldScope,
  detection: OutlierDetection,
  refusals: ViewReasons,
): OutlierDetectionConfig {
  FIELDS.apply(scope, detection, refusals)
  for (const field of PERCENTAGES) {
    if ((detection[field] ?? 0) > 100) scope.at(protoFieldName(field)).malformed('must be 0 to 100')
  }
  return {
    ...translateTimes(scope, detection, refusals),
    maxEjectionPercent: detection.maxEjectionPercent ?? DEFAULT_MAX_EJECTION_PERCENT,
    alwaysEjectOneHost: detection.alwaysEjectOneHost ?? false,
    splitLocalOriginErrors: detection.splitExternalLocalOriginErrors,
    unejectOnHealthCheck: detection.successfulActiveHealthCheckUnejectHost ?? true,
    consecutive5xx: failuresInRow(detection.consecutive5xx, detection.enforcingConsecutive5xx ?? 100),
    consecutiveGatewayFailures: failuresInRow(
      detection.consecutiveGatewayFailure,
      detection.enforcingConsecutiveGatewayFailure ?? 0,
    ),
    consecutiveLocalOriginFailures: failuresInRow(
      detection.consecutiveLocalOriginFailure,
      detection.enforcingConsecutiveLocalOriginFailure ?? 100,
    ),
    successRate: {
      minimumHosts: detection.successRateMinimumHosts ?? 5,
      requestVolume: detection.successRateRequestVolume ?? 100,
      // A factor of 1900 stands for 1.9.
      stdevFactor: (detection.successRateStdevFactor ?? 1900) / 1000,
      enforcingPercent: detection.enforcingSuccessRate ?? 100,
      enforcingLocalOriginPercent: detection.enforcingLocalOriginSuccessRate ?? 100,
    },
    failurePercentage: {
      threshold: detection.failurePercentageThreshold ?? 85,
      minimumHosts: detection.failurePercentageMinimumHosts ?? 5,
      requestVolume: detection.failurePercentageRequestVolume ?? 50,
      enforcingPercent: detection.enforcingFailurePercentage ?? 0,
      enforcingLocalOriginPercent: detection.enforcingFailurePercentageLocalOrigin ?? 0,
    },
  }
}

function failuresInRow(count: number | undefined, enforcingPercent: number): ConsecutiveFailures {
  return { count: count ?? DEFAULT_FAILURES_IN_ROW, enforcingPercent }
}

type Times = Pick<OutlierDetectionConfig, 'intervalMs' | 'baseEjectionMs' | 'maxEjectionMs' | 'maxEjectionJitterMs'>

function translateTimes(scope: FieldScope, detection: OutlierDetection, refusals: ViewReasons): Times {
  const baseEjectionMs = timeOf(scope, detection, 'baseEjectionTime', refusals) ?? DEFAULT_BASE_EJECTION_MS
  const maxEjectionMs = timeOf(scope, detection, 'maxEjectionTime', refusals)
  if (maxEjectionMs !== undefined && maxEjectionMs > 0 && maxEjectionMs < baseEjectionMs) {
    // gRPC takes the larger of the two (gRFC A50).
    refusals.add(scope.at('max_ejection_time'), 'must not be less than base_ejection_time', ['http'])
  }
  const jitter = detection.maxEjectionTimeJitter
  return {
    // A sweep without pause helps nobody, whatever gRPC would do with 0.
    intervalMs: timeOf(scope, detection, 'interval', refusals) || DEFAULT_INTERVAL_MS,
    baseEjectionMs,
    maxEjectionMs: Math.max(maxEjectionMs ?? DEFAULT_MAX_EJECTION_MS, baseEjectionMs),
    maxEjectionJitterMs: (jitter && translateDuration(scope.at('max_ejection_time_jitter'), jitter)) ?? 0,
  }
}

/** Envoy requires these to be more than 0; gRPC only that they are not negative (gRFC A50). */
function timeOf(
  scope: FieldScope,
  detection: OutlierDetection,
  field: 'interval' | 'baseEjectionTime' | 'maxEjectionTime',
  refusals: ViewReasons,
): number | undefined {
  const duration = detection[field]
  if (duration === undefined) return undefined
  const place = scope.at(protoFieldName(field))
  const milliseconds = translateDuration(place, duration)
  if (milliseconds === 0) refusals.add(place, 'must be more than 0', ['http'])
  return milliseconds
}
