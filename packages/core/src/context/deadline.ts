/**
 * Header that carries the time left for a request, in whole milliseconds. Envoy sets and reads it too (Envoy,
 * "x-envoy-expected-rq-timeout-ms").
 */
export const EXPECTED_TIMEOUT_HEADER = 'x-envoy-expected-rq-timeout-ms'

/** Header that carries the time left for a gRPC call (gRPC over HTTP/2, "Timeout"). */
export const GRPC_TIMEOUT_HEADER = 'grpc-timeout'

/** Units of {@link GRPC_TIMEOUT_HEADER} in milliseconds. */
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1000],
  ['m', 1],
  ['u', 1e-3],
  ['n', 1e-6],
])

/** gRPC over HTTP/2, "TimeoutValue": at most eight digits. */
const GRPC_MAX = 99_999_999

/**
 * Reads the time left from a header.
 *
 * @param value - Value of {@link EXPECTED_TIMEOUT_HEADER}.
 * @returns milliseconds, or undefined when the value is not a whole number of at most 12 digits.
 */
export function parseTimeoutMs(value: string): number | undefined {
  if (value.length === 0 || value.length > 12) return undefined
  let milliseconds = 0
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - 0x30
    if (digit < 0 || digit > 9) return undefined
    milliseconds = milliseconds * 10 + digit
  }
  return milliseconds
}

/**
 * Writes the time left for a header.
 *
 * @param leftMs - Milliseconds left.
 * @returns a whole number, at least 1: 0 would read as "no limit".
 */
export function formatTimeoutMs(leftMs: number): string {
  return String(Math.max(1, Math.floor(leftMs)))
}

/**
 * Reads the time left from a header.
 *
 * @param value - Value of {@link GRPC_TIMEOUT_HEADER}.
 * @returns milliseconds, perhaps with a fraction, or undefined when the value is not one to eight digits and a unit.
 */
export function parseGrpcTimeoutMs(value: string): number | undefined {
  if (value.length > 9) return undefined
  const unitMs = UNITS_MS.get(value.charAt(value.length - 1))
  const amount = unitMs === undefined ? undefined : parseTimeoutMs(value.slice(0, -1))
  return amount === undefined ? undefined : amount * unitMs!
}

/**
 * Writes the time left for a header.
 *
 * @param leftMs - Milliseconds left, finite.
 * @returns the time in milliseconds, seconds or hours, the first that takes no more than eight digits. Never more than is left, but at
 * least 1 ms.
 */
export function formatGrpcTimeout(leftMs: number): string {
  const milliseconds = Math.max(1, Math.floor(leftMs))
  if (milliseconds <= GRPC_MAX) return `${milliseconds}m`
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds <= GRPC_MAX) return `${seconds}S`
  return `${Math.min(GRPC_MAX, Math.floor(seconds / 3600))}H`
}
