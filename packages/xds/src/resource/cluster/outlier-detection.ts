import type { OutlierDetection } from '@inmesh/xds-proto'
import { translateDuration } from '../field/duration.js'
import { protoFieldName } from '../field/field-name.js'
import type { FieldScope } from '../field/field-scope.js'

const DURATIONS = ['interval', 'baseEjectionTime', 'maxEjectionTime', 'maxEjectionTimeJitter'] as const

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
 * Checks outlier detection, which Envoy and gRPC do alike (gRFC A50), and lists it: endpoints are not ejected yet.
 *
 * @param scope - Where it stands.
 * @param detection - The configuration.
 */
export function checkOutlierDetection(scope: FieldScope, detection: OutlierDetection): void {
  scope.unsupported('endpoints are not ejected for failures yet')
  for (const field of DURATIONS) {
    const duration = detection[field]
    if (duration !== undefined) translateDuration(scope.at(protoFieldName(field)), duration)
  }
  for (const field of PERCENTAGES) {
    if ((detection[field] ?? 0) > 100) scope.at(protoFieldName(field)).malformed('must be 0 to 100')
  }
}
