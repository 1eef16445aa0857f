import type { JsonValue, PeakEwmaPolicy } from '@inmesh/core'
import type { FieldScope } from '../field/field-scope.js'

/**
 * linkerd, whose policy it is, has no xDS, and Envoy has it among its contributed extensions only. Its name there is the one to expect; it comes
 * as a TypedStruct, since hardly any control plane has the message.
 */
export const PEAK_EWMA = 'envoy.extensions.load_balancing_policies.peak_ewma.v3alpha.PeakEwma'

const DEFAULT_DECAY_MS = 10_000
const DEFAULT_RTT_MS = 30
const FAILURE_RTT_MS = 1000

/**
 * @param scope - The policy.
 * @param config - What it holds: `decay_time` and `default_rtt`, as proto-JSON writes durations. Anything else is of no concern here.
 */
export function translatePeakEwma(scope: FieldScope, config: JsonValue): PeakEwmaPolicy {
  const fields = typeof config === 'object' && config !== null ? (config as { readonly [name: string]: JsonValue }) : {}
  return {
    kind: 'peak-ewma',
    decayMs: duration(scope.at('decay_time'), fields.decay_time ?? fields.decayTime, DEFAULT_DECAY_MS),
    defaultRttMs: duration(scope.at('default_rtt'), fields.default_rtt ?? fields.defaultRtt, DEFAULT_RTT_MS),
    failureRttMs: FAILURE_RTT_MS,
  }
}

function duration(scope: FieldScope, value: JsonValue | undefined, byDefault: number): number {
  if (value === undefined) return byDefault
  const seconds = typeof value === 'string' && /^\d+(\.\d{1,9})?s$/.test(value) ? Number(value.slice(0, -1)) : 0
  if (seconds > 0) return seconds * 1000
  scope.malformed('must be a duration of more than 0, such as "10s"')
  return byDefault
}
