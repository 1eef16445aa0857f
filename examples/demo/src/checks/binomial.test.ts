import assert from 'node:assert/strict'
import { test } from 'node:test'
import { binomialBounds } from './binomial.js'

/** P(X = count) by the definition, for numbers small enough for it. */
function probability(trials: number, share: number, count: number): number {
  let ways = 1
  for (let i = 0; i < count; i++) ways = (ways * (trials - i)) / (i + 1)
  return ways * share ** count * (1 - share) ** (trials - count)
}

function between(trials: number, share: number, from: number, to: number): number {
  let sum = 0
  for (let count = from; count <= to; count++) sum += probability(trials, share, count)
  return sum
}

test('beyond each bound lies less than the tail, and one step further in lies more', () => {
  for (const { trials, share, tail } of [
    { trials: 20, share: 0.5, tail: 0.001 },
    { trials: 30, share: 0.1, tail: 0.01 },
    { trials: 25, share: 0.9, tail: 1e-4 },
  ]) {
    const { low, high } = binomialBounds(trials, share, tail)
    assert.ok(between(trials, share, 0, low - 1) < tail)
    assert.ok(between(trials, share, 0, low) >= tail)
    assert.ok(between(trials, share, high + 1, trials) < tail)
    assert.ok(between(trials, share, high, trials) >= tail)
  }
})

test('a share of nothing or of all leaves nothing to chance', () => {
  assert.deepEqual(binomialBounds(400, 0, 1e-6), { low: 0, high: 0 })
  assert.deepEqual(binomialBounds(400, 1, 1e-6), { low: 400, high: 400 })
})

test('bounds of many trials do not vanish in rounding', () => {
  const { low, high } = binomialBounds(100_000, 0.5, 1e-6)
  // The normal distribution, which fits well here, has its one-in-a-million point at 4.753 standard deviations of 158.1.
  assert.ok(Math.abs(low - (50_000 - 751)) < 5)
  assert.ok(Math.abs(high - (50_000 + 751)) < 5)
})

test('no trials have bounds of nothing', () => {
  assert.deepEqual(binomialBounds(0, 0.5, 1e-6), { low: 0, high: 0 })
})
