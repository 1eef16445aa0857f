import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JournalEntry } from '../traffic/journal-reader.js'
import type { Method, RequestRecord } from '../traffic/request-record.js'
import { checkKill } from './kill-checks.js'
import { killOutcome } from './kill-outcome.js'

const CUT = '503 upstream connect error or disconnect/reset before headers. reset reason: connection termination'

function request(id: string, method: Method, failure?: string): RequestRecord {
  const base = { id, method, phase: 'kill', sentAt: 0 }
  return failure === undefined ? { ...base, state: 'answered', servedBy: 'b' } : { ...base, state: 'failed', failure }
}

function wrote(instance: string, method: Method, id: string, ...events: JournalEntry['event'][]): JournalEntry[] {
  return events.map((event) => ({ instance, event, method, id }))
}

/** A kill of instance a, with one cut request of each kind and shop. */
const records = {
  mesh: [request('m1', 'GET'), request('m2', 'POST', CUT), request('m3', 'POST')],
  plain: [request('p1', 'GET', '502 other side closed'), request('p2', 'POST', '502 other side closed')],
}
const journal = [
  ...wrote('a', 'GET', 'm1', 'began'),
  ...wrote('b', 'GET', 'm1', 'began', 'ended'),
  ...wrote('a', 'POST', 'm2', 'began'),
  ...wrote('b', 'POST', 'm3', 'began', 'ended'),
  ...wrote('a', 'GET', 'p1', 'began'),
  ...wrote('a', 'POST', 'p2', 'began'),
]

function failing(mesh: readonly RequestRecord[], entries: readonly JournalEntry[] = journal): readonly string[] {
  const checks = checkKill({
    meshGet: killOutcome(mesh, 'GET', entries, 'a'),
    meshPost: killOutcome(mesh, 'POST', entries, 'a'),
    plainGet: killOutcome(records.plain, 'GET', entries, 'a'),
    plainPost: killOutcome(records.plain, 'POST', entries, 'a'),
  })
  return checks.filter(({ passed }) => !passed).map(({ statement }) => statement)
}

test('a kill that costs the POST it cut, and nothing else, passes', () => {
  assert.deepEqual(failing(records.mesh), [])
})

test('a GET that fails is told', () => {
  const [statement] = failing([request('m1', 'GET', CUT), ...records.mesh.slice(1)])
  assert.match(statement!, /no GET fails/)
})

test('a POST that the services cut and the client was told went well is told', () => {
  const [statement] = failing([records.mesh[0]!, request('m2', 'POST'), records.mesh[2]!])
  assert.match(statement!, /only POSTs that fail/)
})

test('a POST that an instance which lives on began, and that failed nevertheless, is told', () => {
  const [statement] = failing([...records.mesh.slice(0, 2), request('m3', 'POST', CUT)])
  assert.match(statement!, /only POSTs that fail/)
})

test('a POST that failed because no connection was made is told, as it could have gone elsewhere', () => {
  const refused = request(
    'm4',
    'POST',
    '503 upstream connect error or disconnect/reset before headers. reset reason: remote connection failure',
  )
  const [statement] = failing([...records.mesh, refused])
  assert.match(statement!, /only POSTs that fail/)
})

test('a POST that was cut before the service saw it, and one whose answer was lost, are counted and pass', () => {
  const mesh = [...records.mesh, request('m4', 'POST', CUT), request('m5', 'POST', CUT)]
  const entries = [...journal, ...wrote('a', 'POST', 'm5', 'began', 'ended')]
  assert.deepEqual(failing(mesh, entries), [])
  const outcome = killOutcome(mesh, 'POST', entries, 'a')
  assert.deepEqual(
    [outcome.cut, outcome.neverBegun, outcome.answerLost].map((found) => found.map(({ id }) => id)),
    [['m2'], ['m4'], ['m5']],
  )
})

test('a kill that hit nothing in flight is told', () => {
  const [statement] = failing(
    records.mesh,
    journal.filter(({ id }) => id !== 'p2'),
  )
  assert.match(statement!, /cut requests of every kind/)
})
