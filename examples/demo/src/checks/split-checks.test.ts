import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestRecord } from '../traffic/request-record.js'
import { checkSplit, measureSplit, splitArrived } from './split-checks.js'

function answers(v1: number, v2: number): RequestRecord[] {
  return Array.from({ length: v1 + v2 }, (_, index) => ({
    id: `mesh-${index}`,
    method: 'GET',
    phase: 'split',
    sentAt: index,
    state: 'answered',
    servedBy: index < v1 ? 'catalog-v1-a' : 'catalog-v2-b',
  }))
}

test('a split passes within the bounds and fails beyond them', () => {
  assert.equal(checkSplit(measureSplit('split 90/10', 0.1, answers(360, 40))).passed, true)
  assert.equal(checkSplit(measureSplit('split 90/10', 0.1, answers(300, 100))).passed, false)
  assert.equal(checkSplit(measureSplit('split 90/10', 0.1, answers(400, 0))).passed, false)
})

test('one request too many fails a split of nothing', () => {
  assert.equal(checkSplit(measureSplit('split 100/0', 0, answers(399, 1))).passed, false)
})

test('a request that failed fails its split, though the others are within the bounds', () => {
  const records = answers(200, 200)
  records[0]!.state = 'failed'
  assert.equal(checkSplit(measureSplit('split 50/50', 0.5, records)).passed, false)
})

test('a new split is seen once the requests fit it and cannot be had with the old one', () => {
  assert.equal(splitArrived(answers(60, 0), 0, 0.1), false)
  assert.equal(splitArrived(answers(59, 1), 0, 0.1), true)
  assert.equal(splitArrived(answers(54, 6), 0.1, 0.5), false)
  assert.equal(splitArrived(answers(30, 30), 0.1, 0.5), true)
  assert.equal(splitArrived(answers(1, 59), 0.5, 1), false)
  assert.equal(splitArrived(answers(0, 60), 0.5, 1), true)
})

test('too few requests show no change', () => {
  assert.equal(splitArrived([], 0.5, 1), false)
  assert.equal(splitArrived(answers(0, 3), 0.5, 1), false)
})
