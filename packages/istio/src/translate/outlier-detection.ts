import { create, durationFromMilliseconds, OutlierDetection } from '@inmesh/xds-proto'
import type { OutlierDetectionSettings } from '../model/traffic-policy.js'

const always = 100
const never = 0

/** Translates outlier detection. Ejection by success rate, which Envoy has on by default, is turned off, as by Istio. */
export function outlierDetection(settings: OutlierDetectionSettings): OutlierDetection {
  return create(OutlierDetection, {
    enforcingSuccessRate: never,
    ...serverErrors(settings),
    ...gatewayErrors(settings),
    interval: settings.intervalMs === undefined ? undefined : durationFromMilliseconds(settings.intervalMs),
    baseEjectionTime:
      settings.baseEjectionTimeMs === undefined ? undefined : durationFromMilliseconds(settings.baseEjectionTimeMs),
    // Istio cannot tell 0 from absent, and leaves Envoy's default.
    maxEjectionPercent: settings.maxEjectionPercent === 0 ? undefined : settings.maxEjectionPercent,
    ...localOrigin(settings),
  })
}

function serverErrors({ consecutive5xxErrors: count }: OutlierDetectionSettings): Partial<OutlierDetection> {
  return count === undefined ? {} : { consecutive5xx: count, enforcingConsecutive5xx: enforcing(count) }
}

function gatewayErrors({ consecutiveGatewayErrors: count }: OutlierDetectionSettings): Partial<OutlierDetection> {
  return count === undefined
    ? {}
    : { consecutiveGatewayFailure: count, enforcingConsecutiveGatewayFailure: enforcing(count) }
}

function localOrigin(settings: OutlierDetectionSettings): Partial<OutlierDetection> {
  if (!settings.splitExternalLocalOriginErrors) return {}
  const count = settings.consecutiveLocalOriginFailures ?? 0
  return {
    splitExternalLocalOriginErrors: true,
    ...(count === 0 ? {} : { consecutiveLocalOriginFailure: count, enforcingConsecutiveLocalOriginFailure: always }),
    enforcingLocalOriginSuccessRate: never,
  }
}

function enforcing(count: number): number {
  return count === 0 ? never : always
}
