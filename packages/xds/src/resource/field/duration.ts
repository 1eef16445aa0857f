import { type Duration, durationToMilliseconds } from '@inmesh/xds-proto'
import type { FieldScope } from './field-scope.js'

/** 10,000 years, the range of google.protobuf.Duration. */
const MAX_SECONDS = 315_576_000_000n

/**
 * @param scope - Where the duration stands.
 * @param duration - The duration.
 * @returns milliseconds, 0 or more. A duration that is out of range or negative is reported and read as undefined: neither Envoy nor
 * gRPC takes a negative one anywhere in these messages.
 */
export function translateDuration(scope: FieldScope, duration: Duration): number | undefined {
  const { seconds, nanos } = duration
  if (seconds < 0n || nanos < 0) {
    scope.malformed('a duration must not be negative')
  } else if (seconds > MAX_SECONDS || nanos > 999_999_999) {
    scope.malformed('the duration is out of range')
  } else {
    return durationToMilliseconds(duration)
  }
  return undefined
}

/** As {@link translateDuration}, for a field that must be more than 0 when it is set. */
export function translatePositiveDuration(scope: FieldScope, duration: Duration): number | undefined {
  const milliseconds = translateDuration(scope, duration)
  if (milliseconds !== 0) return milliseconds
  scope.malformed('the duration must be more than 0')
  return undefined
}
