import assert from 'node:assert/strict'
import { it } from 'node:test'
import { withoutBehaviour } from './removals/removal.js'
import { removals, withoutRemoval } from './removals/table.js'
import { testedScenarios } from './scenarios.js'

it('what is removed to prove the tests of the scenarios stands in the built code, once', () => {
  for (const removal of removals) assert.doesNotThrow(() => withoutBehaviour(removal), `#${removal.row}`)
})

it('every removal is of a scenario that is tested', () => {
  const rows = testedScenarios()
  assert.deepEqual(
    [...removals.map(({ row }) => row), ...withoutRemoval.keys()].filter((row) => !rows.has(row)),
    [],
  )
})
