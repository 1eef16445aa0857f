import assert from 'node:assert/strict'
import { it } from 'node:test'
import { durationMs } from './duration.js'

it('reads durations in Go notation as milliseconds', () => {
  const readings: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['2.5s', 2500],
    ['1h30m', 5_400_000],
    ['1m0.5s', 60_500],
    ['.5s', 500],
    ['100us', 0.1],
    ['', undefined],
    ['5', undefined],
    ['-1s', undefined],
    ['1s ', undefined],
    ['1.2.3s', undefined],
    ['s', undefined],
  ]
  for (const [text, expected] of readings) assert.equal(durationMs(text), expected, text)
})
