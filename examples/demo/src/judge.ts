import type { Check } from './checks/check.js'
import { checkAccounts, checkNoDoubleWrites, checkNoFailure, checkNothingLost } from './checks/count-checks.js'
import { checkKill, type KillOutcomes } from './checks/kill-checks.js'
import { type KillOutcome, killOutcome } from './checks/kill-outcome.js'
import { checkSplit, measureSplit, type Split } from './checks/split-checks.js'
import type { SplitPhase } from './steps/canary.js'
import { answersSince, KILL_PHASE, type Kill } from './steps/kill.js'
import type { JournalEntry } from './traffic/journal-reader.js'
import type { Method } from './traffic/request-record.js'
import type { Traffic } from './traffic/traffic.js'

/** What the run left behind: the clients' side of it, and the services'. */
export interface Evidence {
  readonly withMesh: Traffic
  readonly without: Traffic
  readonly journal: readonly JournalEntry[]
  readonly phases: readonly SplitPhase[]
  readonly kill: Kill
}

/** What it shows. */
export interface Findings {
  readonly splits: readonly Split[]
  readonly kill: KillOutcomes
  readonly checks: readonly Check[]
}

export function judge({ withMesh, without, journal, phases, kill: { victim, backAt } }: Evidence): Findings {
  const outcome = (traffic: Traffic, method: Method): KillOutcome =>
    killOutcome(traffic.in(KILL_PHASE), method, journal, victim.name)
  const kill = {
    meshGet: outcome(withMesh, 'GET'),
    meshPost: outcome(withMesh, 'POST'),
    plainGet: outcome(without, 'GET'),
    plainPost: outcome(without, 'POST'),
  }
  const splits = phases.map(({ phase, share }) => measureSplit(phase, share, withMesh.in(phase)))
  const everything = [...withMesh.records, ...without.records]
  const beforeKill = withMesh.records.filter(({ phase }) => phase !== KILL_PHASE)
  const returned = answersSince(withMesh, victim, backAt)
  const checks = [
    checkNothingLost(everything),
    checkAccounts(everything, journal),
    checkNoDoubleWrites(journal),
    checkNoFailure('during the canary, edits included', beforeKill),
    ...splits.map(checkSplit),
    ...checkKill(kill),
    {
      statement: 'traffic returns to the instance that was killed',
      passed: returned > 0,
      numbers: `${returned} answers since it is back`,
    },
  ]
  return { splits, kill, checks }
}
