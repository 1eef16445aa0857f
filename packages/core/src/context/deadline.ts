/**
 * Header that carries the time left for a request, in whole milliseconds. Envoy sets and reads it too (Envoy,
 * "x-envoy-expected-rq-timeout-ms").
 */
export const EXPECTED_TIMEOUT_HEADER = 'x-envoy-expected-rq-timeout-ms'

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
