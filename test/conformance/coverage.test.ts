import assert from 'node:assert/strict'
import { it } from 'node:test'
import { testedScenarios } from './scenarios.js'

/** The scenarios are numbered as in the field's list: 1 to 53 and 57 to 108. The rest is about identity and servers. */
const FIRST_GAP = 54
const SECOND_RANGE = 57
const LAST = 108

/** Scenarios that need a part which does not exist yet. */
const LATER: ReadonlyMap<number, string> = new Map([
  [68, 'route lookup service: cluster specifier plugins are refused'],
  [98, 'the authority is verified against a certificate: needs identity'],
])

it('every scenario has a test that bears its number, or a reason why it cannot be tested yet', () => {
  const rows = testedScenarios()
  const missing: number[] = []
  for (let row = 1; row <= LAST; row++) {
    if (row >= FIRST_GAP && row < SECOND_RANGE) continue
    if (!rows.has(row) && !LATER.has(row)) missing.push(row)
  }
  assert.deepEqual(missing, [])
  assert.deepEqual(
    [...LATER.keys()].filter((row) => rows.has(row)),
    [],
    'tested, and said to be for later',
  )
})
