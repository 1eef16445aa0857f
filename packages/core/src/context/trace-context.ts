import type { Random } from '../ports/random.js'

/** `00-` trace id `-` parent id `-` flags (W3C Trace Context, "traceparent Header"). */
const LENGTH = 55

/**
 * Whether a `traceparent` header can be passed on. A receiver must drop one that it cannot parse, together with `tracestate` (W3C Trace
 * Context, 4.3).
 *
 * @param value - Value of the header.
 */
export function isTraceparent(value: string): boolean {
  if (value.length < LENGTH) return false
  // Later versions may append fields; version 00 may not, and ff is forbidden.
  if (value.length > LENGTH && (value.startsWith('00') || value[LENGTH] !== '-')) return false
  if (value.startsWith('ff') || value[2] !== '-' || value[35] !== '-' || value[52] !== '-') return false
  return (
    isHex(value, 0, 2) &&
    isHex(value, 3, 35) &&
    isHex(value, 36, 52) &&
    isHex(value, 53, 55) &&
    !isZero(value, 3, 35) &&
    !isZero(value, 36, 52)
  )
}

/**
 * Makes a `traceparent` that begins a trace. It is not sampled: without a tracer nobody records the span that it names, but all calls
 * of one request share its trace id.
 *
 * @param random - Source of the ids.
 */
export function newTraceparent(random: Random): string {
  const bytes = new Uint8Array(24)
  random.fill(bytes)
  // An all-zero id is invalid.
  bytes[0] = bytes[0]! | 1
  bytes[16] = bytes[16]! | 1
  let hex = ''
  for (const byte of bytes) hex += byte < 16 ? `0${byte.toString(16)}` : byte.toString(16)
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-00`
}

function isHex(value: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const code = value.charCodeAt(index)
    // Upper case is not allowed.
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false
  }
  return true
}

function isZero(value: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    if (value.charCodeAt(index) !== 0x30) return false
  }
  return true
}
