import type { ResponseView } from '../call/response-view.js'
import type { RateLimitedBackOff, ResetHeader, RetryBackOff } from '../model/retry-policy.js'
import type { View } from '../model/view.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'

/** The response asks for no pause. */
export const NO_PAUSE = -2
/** The server forbids a retry. */
const FORBIDDEN = -1

const WHOLE_NUMBER = /^-?\d{1,15}$/

/**
 * The jittered exponential back-off: Envoy draws from [0, base * (2^n - 1)), gRPC from [0, base * 2^(n - 1)) (gRFC A6), both capped by
 * the maximum.
 *
 * @param backOff - Base and maximum.
 * @param view - Whose formula.
 * @param retry - Number of the retry, from 1.
 * @param random - The dice.
 * @returns milliseconds.
 */
export function backOffMs({ baseMs, maxMs }: RetryBackOff, view: View, retry: number, random: Random): number {
  const factor = view === 'grpc' ? 2 ** (retry - 1) : 2 ** retry - 1
  return random.next() * Math.min(baseMs * factor, maxMs)
}

/**
 * What a response says of when to try again (Envoy, `rate_limited_retry_back_off`).
 *
 * @param backOff - The headers to look at; undefined for none.
 * @param response - The response.
 * @param clock - For dates and timestamps.
 * @param random - The dice: of all who were told the same time, not all should come at that time.
 * @returns milliseconds, from the time asked for to one and a half times as long, or {@link NO_PAUSE}.
 */
export function rateLimitMs(
  backOff: RateLimitedBackOff | undefined,
  response: ResponseView,
  clock: Clock,
  random: Random,
): number {
  if (backOff === undefined) return NO_PAUSE
  for (const header of backOff.headers) {
    const text = response.header(header.name)
    const milliseconds = text === undefined ? NO_PAUSE : parseReset(text.trim(), header.format, clock)
    if (milliseconds > 0 && milliseconds <= backOff.maxMs) return milliseconds * (1 + random.next() / 2)
  }
  return NO_PAUSE
}

/**
 * What a gRPC server says of when to try again (gRFC A6, "pushback").
 *
 * @param response - The response.
 * @returns milliseconds, {@link NO_PAUSE} when it says nothing, -1 when it forbids a retry or cannot be understood.
 */
export function pushbackMs(response: ResponseView): number {
  const text = response.header('grpc-retry-pushback-ms')
  if (text === undefined) return NO_PAUSE
  const milliseconds = WHOLE_NUMBER.test(text) ? Number(text) : FORBIDDEN
  return milliseconds < 0 ? FORBIDDEN : milliseconds
}

function parseReset(text: string, format: ResetHeader['format'], clock: Clock): number {
  if (WHOLE_NUMBER.test(text)) {
    const seconds = Number(text)
    return format === 'seconds' ? seconds * 1000 : seconds * 1000 - clock.wallTime()
  }
  // RFC 9110: Retry-After may be an HTTP date, which always begins with the day's name.
  const date = format === 'seconds' && /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? NO_PAUSE : date - clock.wallTime()
}
