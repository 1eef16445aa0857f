import type { RequestRecord } from '../traffic/request-record.js'
import { type Check, count } from './check.js'
import type { KillOutcome } from './kill-outcome.js'

/** What the mesh answers when a connection breaks after bytes of the request were sent: Envoy's words for the flag UC. */
const CUT_ANSWER = /^503 .*connection termination/

/** What became of all requests during the kill. */
export interface KillOutcomes {
  readonly meshGet: KillOutcome
  readonly meshPost: KillOutcome
  readonly plainGet: KillOutcome
  readonly plainPost: KillOutcome
}

export function checkKill({ meshGet, meshPost, plainGet, plainPost }: KillOutcomes): readonly Check[] {
  return [
    {
      statement: 'the kill cut requests of every kind off in mid-work',
      passed: [meshGet, meshPost, plainGet, plainPost].every(({ cut }) => cut.length > 0),
      numbers: `with the mesh ${meshGet.cut.length} GET and ${meshPost.cut.length} POST, without ${plainGet.cut.length} and ${plainPost.cut.length}`,
    },
    {
      statement: 'with the mesh, no GET fails: those cut off are sent again',
      passed: meshGet.failed.length === 0,
      numbers: `${meshGet.failed.length} of ${count(meshGet.sent)} failed${firstFailure(meshGet)}`,
    },
    checkCutWrites(meshPost),
    {
      statement: 'without the mesh, the same kill makes GETs fail',
      passed: plainGet.failed.length > 0,
      numbers: `${count(plainGet.failed.length)} of ${count(plainGet.sent)} failed`,
    },
  ]
}

/**
 * A POST may fail for one reason only: it was on its way to the instance, or in it, when the instance died, and only the service could
 * know how far it got. Its client must be told.
 */
function checkCutWrites({ cut, failed, neverBegun, answerLost }: KillOutcome): Check {
  const known = new Set([...cut, ...answerLost])
  const explained = failed.filter((record) => known.has(record) || neverBegun.includes(record))
  return {
    statement:
      'with the mesh, the only POSTs that fail are those cut off after they were sent, and each client is told',
    passed:
      cut.every(({ state }) => state === 'failed') &&
      explained.length === failed.length &&
      failed.every(({ failure }) => CUT_ANSWER.test(failure ?? '')),
    numbers:
      `clients saw ${failed.length} cut; the services began ${cut.length} of them, ` +
      `ended ${answerLost.length} in vain, never saw ${neverBegun.length}`,
  }
}

function firstFailure({ failed }: KillOutcome): string {
  const first: RequestRecord | undefined = failed[0]
  return first === undefined ? '' : `, the first with: ${first.failure}`
}
