import assert from 'node:assert/strict'
import { it } from 'node:test'
import { withoutBehaviour } from './removals/removal.js'
import { removals, withoutRemoval } from './removals/table.js'
import { testedScenarios } from './scenarios.js'

it('for every scenario that is tested there is a behaviour to take away, or a reason why there is none', () => {
  const tested = [...testedScenarios().keys()]
  const listed = new Set([...removals.map(({ row }) => row), ...withoutRemoval.keys()])
  assert.deepEqual(
    tested.filter((row) => !listed.has(row)),
    [],
    'without a removal',
  )
  assert.deepEqual(
    [...listed].filter((row) => !tested.includes(row)),
    [],
    'without a test',
  )
  assert.deepEqual(
    [...withoutRemoval.keys()].filter((row) => removals.some((removal) => removal.row === row)),
    [],
    'excused, and listed all the same',
  )
})

it('what is taken away stands in the built code, once', () => {
  for (const removal of removals) assert.doesNotThrow(() => withoutBehaviour(removal), `#${removal.row}`)
})
