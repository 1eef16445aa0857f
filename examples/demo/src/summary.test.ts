import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLines, verdict } from './summary.js'
import { plain } from './terminal/paint.js'

const passed = { statement: 'one', passed: true, numbers: '1 of 1' }
const failed = { statement: 'two', passed: false, numbers: '0 of 1' }

test('the verdict tells how much was checked, and how much of it failed', () => {
  assert.equal(verdict([passed, passed], 2431, '22.3'), 'demo passed: 2 checks, 2,431 requests, 22.3 s')
  assert.equal(verdict([passed, failed], 2431, '22.3'), 'demo FAILED: 1 of 2 checks, 2,431 requests, 22.3 s')
})

test('each check has its numbers below it', () => {
  assert.deepEqual(checkLines([passed, failed], plain), ['PASS  one', '      1 of 1', 'FAIL  two', '      0 of 1'])
})
