import { type JournalEntry, unfinished } from '../traffic/journal-reader.js'
import type { Method, RequestRecord } from '../traffic/request-record.js'

/** What became of the requests of one kind and one shop while an instance was killed, told by their clients and by the services. */
export interface KillOutcome {
  readonly sent: number
  /** Requests that the instance had begun when it was killed, and never ended. */
  readonly cut: readonly RequestRecord[]
  readonly failed: readonly RequestRecord[]
  /** Those of `failed` that no instance ever began. */
  readonly neverBegun: readonly RequestRecord[]
  /** Those of `failed` that the killed instance ended, but whose answer did not get out any more. */
  readonly answerLost: readonly RequestRecord[]
}

/**
 * @param records - Requests of one shop during the step.
 * @param journal - What all instances wrote.
 * @param victim - Name of the instance that was killed.
 */
export function killOutcome(
  records: readonly RequestRecord[],
  method: Method,
  journal: readonly JournalEntry[],
  victim: string,
): KillOutcome {
  const mine = records.filter((record) => record.method === method)
  const failed = mine.filter(({ state }) => state === 'failed')
  const cutIds = idsOf(unfinished(journal).filter(({ instance }) => instance === victim))
  const begunIds = idsOf(journal)
  const endedIds = idsOf(journal.filter(({ instance, event }) => instance === victim && event === 'ended'))
  return {
    sent: mine.length,
    cut: mine.filter(({ id }) => cutIds.has(id)),
    failed,
    neverBegun: failed.filter(({ id }) => !begunIds.has(id)),
    answerLost: failed.filter(({ id }) => endedIds.has(id)),
  }
}

function idsOf(entries: readonly JournalEntry[]): ReadonlySet<string> {
  return new Set(entries.map(({ id }) => id))
}
