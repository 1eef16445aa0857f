import type { JournalEntry } from '../traffic/journal-reader.js'
import type { RequestRecord } from '../traffic/request-record.js'
import { tally } from '../traffic/tally.js'
import { type Check, count } from './check.js'

/** Every request has ended, one way or the other. */
export function checkNothingLost(records: readonly RequestRecord[]): Check {
  const { sent, answered, failed } = tally(records)
  return {
    statement: 'every request was answered or failed',
    passed: sent === answered + failed,
    numbers: `${count(sent)} sent = ${count(answered)} answered + ${count(failed)} failed`,
  }
}

/** What clients say they were answered is what the services say they did. */
export function checkAccounts(records: readonly RequestRecord[], journal: readonly JournalEntry[]): Check {
  const done = new Set(journal.filter(({ event }) => event === 'ended').map(({ instance, id }) => `${instance} ${id}`))
  const answered = records.filter(({ state }) => state === 'answered')
  const agreed = answered.filter(({ servedBy, id }) => done.has(`${servedBy} ${id}`))
  return {
    statement: 'the services did what the clients were answered',
    passed: agreed.length === answered.length,
    numbers: `${count(agreed.length)} of ${count(answered.length)} answers stand in the journal of the instance that gave them`,
  }
}

/** No write was carried out twice, whatever was sent again. */
export function checkNoDoubleWrites(journal: readonly JournalEntry[]): Check {
  const begun = journal.filter(({ event, method }) => event === 'began' && method === 'POST')
  const twice = begun.length - new Set(begun.map(({ id }) => id)).size
  return {
    statement: 'no POST was begun twice',
    passed: begun.length > 0 && twice === 0,
    numbers: `${count(twice)} of ${count(begun.length)}`,
  }
}

/**
 * @param name - The part of the run in words.
 */
export function checkNoFailure(name: string, records: readonly RequestRecord[]): Check {
  const failures = records.filter(({ state }) => state === 'failed')
  return {
    statement: `no request fails ${name}`,
    passed: records.length > 0 && failures.length === 0,
    numbers: `${count(failures.length)} of ${count(records.length)}${failures[0] ? `, the first with: ${failures[0].failure}` : ''}`,
  }
}
