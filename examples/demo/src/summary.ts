import { type Check, count } from './checks/check.js'
import type { KillOutcomes } from './checks/kill-checks.js'
import type { KillOutcome } from './checks/kill-outcome.js'
import type { Split } from './checks/split-checks.js'
import type { Paint } from './terminal/paint.js'
import { table } from './terminal/table.js'
import type { RequestRecord } from './traffic/request-record.js'
import { answersOf, tally } from './traffic/tally.js'

/** Requests of each phase, and how they were split between the versions. */
export function trafficTable(records: readonly RequestRecord[], splits: readonly Split[]): readonly string[] {
  const phases = [...new Set(records.map(({ phase }) => phase))]
  const rows = phases.map((phase) => {
    const counts = tally(records.filter((record) => record.phase === phase))
    const allowed = splits.find(({ name }) => name === phase)?.allowed
    return [
      phase,
      count(counts.sent),
      count(counts.answered),
      count(counts.failed),
      count(answersOf('v1', counts)),
      count(answersOf('v2', counts)),
      allowed === undefined ? '' : `${allowed.low} to ${allowed.high}`,
    ]
  })
  return [
    ...table(['with the mesh', 'sent', 'answered', 'failed', 'v1', 'v2', 'v2 allowed'], rows),
    'v2 allowed: what chance leaves open but for one run in 500,000 (exact binomial bounds)',
  ]
}

/** The same kill with the mesh and without, side by side. */
export function killTable({ meshGet, plainGet, meshPost, plainPost }: KillOutcomes): readonly string[] {
  const row = (name: string, read: (outcome: KillOutcome) => number): readonly string[] => [
    name,
    ...[meshGet, plainGet, meshPost, plainPost].map((outcome) => count(read(outcome))),
  ]
  const lines = table(
    ['the kill', 'GET with the mesh', 'GET without', 'POST with the mesh', 'POST without'],
    [
      row('sent', ({ sent }) => sent),
      row('in the instance when it died', ({ cut }) => cut.length),
      row('failed', ({ failed }) => failed.length),
      row('  of which no instance began', ({ neverBegun }) => neverBegun.length),
    ],
  )
  return [
    ...lines,
    'A POST that was under way when its instance died is not sent again, as the service may have acted on it:',
    'its client gets a 503, and it counts as failed.',
  ]
}

/** One line per check. */
export function checkLines(checks: readonly Check[], paint: Paint): readonly string[] {
  return checks.flatMap(({ passed, statement, numbers }) => [
    `${passed ? paint('green', 'PASS') : paint('red', 'FAIL')}  ${statement}`,
    paint('dim', `      ${numbers}`),
  ])
}

/**
 * The last line.
 *
 * @param requests - Number of requests, those without the mesh included.
 */
export function verdict(checks: readonly Check[], requests: number, seconds: string): string {
  const failed = checks.filter(({ passed }) => !passed).length
  const size = `${count(requests)} requests, ${seconds} s`
  return failed === 0
    ? `demo passed: ${checks.length} checks, ${size}`
    : `demo FAILED: ${failed} of ${checks.length} checks, ${size}`
}
