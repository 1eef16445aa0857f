const unitsInMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
}
const notation = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ms|us|µs|ns|h|m|s))+$/
const part = /([\d.]+)(ms|us|µs|ns|h|m|s)/g

/**
 * Reads a duration as Istio's kinds write it (Go's notation, of which proto-JSON's `1.5s` is a part): `1h30m`, `500ms`, `2.5s`.
 *
 * @param text - The notation. Negative durations are not accepted.
 * @returns milliseconds, or undefined when `text` is not a duration.
 */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0
  if (!notation.test(text)) return undefined
  let sum = 0
  for (const [, amount, unit] of text.matchAll(part)) sum += Number(amount) * (unitsInMs[unit ?? ''] ?? 0)
  return sum
}
