import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StaticStride } from './static-stride.js'

function counts(stride: StaticStride, endpoints: number, picks: number): number[] {
  const found = Array.from({ length: endpoints }, () => 0)
  for (let pick = 0; pick < picks; pick++) found[stride.next()]!++
  return found
}

test('weights that are equal, or known of fewer than two endpoints, need no stride', () => {
  assert.equal(StaticStride.of([], undefined, 0), undefined)
  assert.equal(StaticStride.of([3], undefined, 0), undefined)
  assert.equal(StaticStride.of([3, 0, 0], undefined, 0), undefined)
  assert.equal(StaticStride.of([2, 2, 2], undefined, 0), undefined)
})

test('endpoints come up by weight, and one of unknown weight as the mean of the others', () => {
  const shares = counts(StaticStride.of([1, 3, 0], undefined, 7)!, 3, 60_000)
  for (const [index, expected] of [10_000, 30_000, 20_000].entries()) {
    assert.ok(Math.abs(shares[index]! - expected) < 100, String(shares))
  }
})

test('a heavy endpoint does not come in runs', () => {
  const stride = StaticStride.of([4, 1, 1], undefined, 0)!
  let run = 0
  for (let pick = 0; pick < 600; pick++) {
    run = stride.next() === 0 ? run + 1 : 0
    assert.ok(run <= 4)
  }
})

test('one enormous weight is capped, so that a pick does not search for long', () => {
  const weights = Array.from({ length: 1000 }, (_, index) => (index === 0 ? 1e9 : 1))
  const shares = counts(StaticStride.of(weights, undefined, 0)!, 1000, 100_000)
  assert.ok(
    shares.slice(1).every((share) => share > 0),
    'the others get their turn',
  )
})

test('a change of weights goes on with the next endpoint of the round', () => {
  // In the first rounds all endpoints of such weights come up but the lightest.
  const before = StaticStride.of([1, 50, 50, 50, 50], undefined, 0)!
  const taken = [before.next(), before.next()]
  const after = StaticStride.of([1, 50, 50, 50, 51], before, 0)!
  assert.deepEqual([...taken, after.next(), after.next()], [1, 2, 3, 4])
})
