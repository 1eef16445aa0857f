import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@inmesh/core'
import { ReconnectBackoff } from './reconnect-backoff.js'

test('delays are spread over 20 % either way', () => {
  const random = new SeededRandom(7)
  const delays = Array.from({ length: 1_000 }, () => new ReconnectBackoff(random).afterFailure())
  assert.ok(Math.min(...delays) >= 800 && Math.max(...delays) <= 1_200)
  assert.ok(Math.min(...delays) < 820 && Math.max(...delays) > 1_180)
})

test('a stream that worked makes the next failure wait as if it were the first', () => {
  const backoff = new ReconnectBackoff(new SeededRandom(7))
  for (let failure = 0; failure < 20; failure++) backoff.afterFailure()
  backoff.afterSuccess(60_000)
  assert.ok(backoff.afterFailure() <= 1_200)
})

test('streams that work start about a second apart, however short they live', () => {
  const backoff = new ReconnectBackoff(new SeededRandom(7))
  for (let round = 0; round < 100; round++) {
    const delayMs = backoff.afterSuccess(300)
    assert.ok(delayMs >= 500 && delayMs <= 900)
  }
  assert.equal(backoff.afterSuccess(1_200), 0)
})
