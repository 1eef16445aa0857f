import type { Duration } from '../gen/ts/google/protobuf/duration.js'

/** A duration in milliseconds, with fractions. */
export function durationToMilliseconds(duration: Duration): number {
  return Number(duration.seconds) * 1_000 + duration.nanos / 1_000_000
}

/** The duration of so many milliseconds; fractions count down to a nanosecond. */
export function durationFromMilliseconds(milliseconds: number): Duration {
  const seconds = Math.trunc(milliseconds / 1_000)
  return { seconds: BigInt(seconds), nanos: Math.round((milliseconds - seconds * 1_000) * 1_000_000) }
}
