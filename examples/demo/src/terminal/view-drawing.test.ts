import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestRecord } from '../traffic/request-record.js'
import { plain } from './paint.js'
import { describeView, drawView, type ViewModel } from './view-drawing.js'

function answered(servedBy: string, sentAt: number): RequestRecord {
  return { id: `${servedBy}-${sentAt}`, method: 'GET', phase: '', sentAt, state: 'answered', servedBy }
}

const model: ViewModel = {
  title: 'split 50/50',
  instances: [
    { name: 'catalog-v1-a', running: true },
    { name: 'catalog-v2-a', running: false },
  ],
  lanes: [
    {
      title: 'with the mesh',
      records: [
        answered('catalog-v1-a', 0),
        answered('catalog-v1-a', 9000),
        answered('catalog-v2-a', 9100),
        { id: 'cut', method: 'POST', phase: '', sentAt: 9200, state: 'failed', failure: '503' },
      ],
    },
  ],
  now: 10_000,
}

test('bars show the last seconds, and counts everything', () => {
  const lines = drawView(model, plain)
  assert.equal(lines[3], '  catalog-v1-a  ██████░░░░░░  50 %       2')
  assert.equal(lines[4], '  catalog-v2-a  ██████░░░░░░  50 %       1  killed')
  assert.equal(lines[5], '  failed        GET 0, POST 1')
})

test('a log line says the same', () => {
  assert.equal(describeView(model), '  [split 50/50] with the mesh: catalog-v1-a 50 %, catalog-v2-a killed, failed 1')
})
