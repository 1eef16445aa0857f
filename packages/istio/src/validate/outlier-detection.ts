import type { OutlierDetectionSettings } from '../model/traffic-policy.js'
import type { YamlFields } from '../read/yaml-fields.js'

const countRange = { min: 0, max: 0xffff_ffff }
const percentRange = { min: 0, max: 100 }

/** Reads the `outlierDetection` of a traffic policy. */
export function readOutlierDetection(fields: YamlFields): OutlierDetectionSettings {
  const oldErrors = fields.integer('consecutiveErrors', countRange)
  const consecutive5xxErrors = fields.integer('consecutive5xxErrors', countRange)
  // `consecutiveErrors` is the older form, and counted gateway errors.
  const consecutiveGatewayErrors = fields.integer('consecutiveGatewayErrors', countRange) ?? oldErrors
  const consecutiveLocalOriginFailures = fields.integer('consecutiveLocalOriginFailures', countRange)
  const intervalMs = fields.durationMs('interval')
  const baseEjectionTimeMs = fields.durationMs('baseEjectionTime')
  const maxEjectionPercent = fields.integer('maxEjectionPercent', percentRange)
  const minHealthPercent = fields.integer('minHealthPercent', percentRange)
  fields.notCarriedOut(['outlierDetectionHttpErrorCodes'], '5xx answers count as errors')
  return {
    ...(consecutive5xxErrors === undefined ? {} : { consecutive5xxErrors }),
    ...(consecutiveGatewayErrors === undefined ? {} : { consecutiveGatewayErrors }),
    ...(consecutiveLocalOriginFailures === undefined ? {} : { consecutiveLocalOriginFailures }),
    splitExternalLocalOriginErrors: fields.boolean('splitExternalLocalOriginErrors') ?? false,
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(baseEjectionTimeMs === undefined ? {} : { baseEjectionTimeMs }),
    ...(maxEjectionPercent === undefined ? {} : { maxEjectionPercent }),
    ...(minHealthPercent === undefined ? {} : { minHealthPercent }),
  }
}
