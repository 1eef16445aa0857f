import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../testing/fake-clock.js'
import { PacedRejections } from './paced-rejections.js'

interface Bench {
  readonly clock: FakeClock
  readonly sent: string[]
  readonly rejections: PacedRejections
}

function bench(): Bench {
  const clock = new FakeClock()
  const sent: string[] = []
  return { clock, sent, rejections: new PacedRejections(clock, ({ nonce }) => sent.push(nonce)) }
}

function add(rejections: PacedRejections, nonce: number, isRepeat: boolean): void {
  rejections.add({ nonce: String(nonce), complaint: 'because' }, isRepeat)
}

test('the same again waits for a second to pass since the last, in order', async () => {
  const { clock, sent, rejections } = bench()
  add(rejections, 1, false)
  add(rejections, 2, true)
  add(rejections, 3, true)
  assert.deepEqual(sent, ['1'])
  await clock.advance(999)
  assert.deepEqual(sent, ['1'])
  await clock.advance(1)
  assert.deepEqual(sent, ['1', '2'])
  await clock.advance(1_000)
  assert.deepEqual(sent, ['1', '2', '3'])
  assert.equal(clock.timerCount, 0)
})

test('what is new goes out at once, five in a row, and never before what waits', async () => {
  const { clock, sent, rejections } = bench()
  for (let nonce = 1; nonce <= 6; nonce++) add(rejections, nonce, false)
  assert.deepEqual(sent, ['1', '2', '3', '4', '5'])
  await clock.advance(1_000)
  assert.deepEqual(sent, ['1', '2', '3', '4', '5', '6'])
})

test('a server that is told of one a second and sends more is not owed an answer to each', async () => {
  const { clock, sent, rejections } = bench()
  for (let nonce = 1; nonce <= 100; nonce++) add(rejections, nonce, nonce > 1)
  await clock.advance(200_000)
  assert.equal(sent.length, 17)
  assert.equal(sent.at(-1), '100')
})

test('what waits and needs not be said any more is not said', async () => {
  const { clock, sent, rejections } = bench()
  add(rejections, 1, false)
  add(rejections, 2, true)
  rejections.clear()
  await clock.advance(5_000)
  assert.deepEqual(sent, ['1'])
  assert.equal(clock.timerCount, 0)
})
