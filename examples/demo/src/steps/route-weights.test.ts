import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { withWeights } from './route-weights.js'

const routes = readFileSync(new URL('../../mesh/catalog-routes.yaml', import.meta.url), 'utf8')

test('an edit changes the two weights and no other line', () => {
  const before = routes.split('\n')
  const after = withWeights(routes, 10).split('\n')
  assert.equal(after.length, before.length)
  const changed = after.filter((line, index) => line !== before[index])
  assert.deepEqual(
    changed.map((line) => line.trim()),
    ['weight: 90', 'weight: 10'],
  )
})

test('editing back and forth gives the file as it was', () => {
  assert.equal(withWeights(withWeights(routes, 50), 0), routes)
})
