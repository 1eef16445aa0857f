import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Journal } from '../services/journal.js'
import { readJournal, readJournals, unfinished } from './journal-reader.js'

test('what was begun and not ended is unfinished, and a line that is being written does not count', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'inmesh-journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'catalog-v1-a.journal')
  const journal = new Journal(file)
  journal.began('GET', 'one')
  journal.began('POST', 'two')
  journal.ended('GET', 'one')
  new Journal(join(folder, 'catalog-v1-b.journal')).ended('POST', 'two')
  appendFileSync(file, 'ended PO')

  assert.deepEqual(unfinished(readJournal(file)), [
    { instance: 'catalog-v1-a', event: 'began', method: 'POST', id: 'two' },
  ])
  assert.deepEqual(
    unfinished(readJournals(folder)).map(({ id }) => id),
    ['two'],
  )
})
