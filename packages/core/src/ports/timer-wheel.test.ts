import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Timer } from './clock.js'
import { SeededRandom } from './seeded-random.js'
import { SimulatedClock } from './simulated-clock.js'
import { TimerWheel } from './timer-wheel.js'

/** Counts the timers that the wheel itself sets. */
class CountingClock extends SimulatedClock {
  set = 0

  override setTimer(delayMs: number, callback: () => void): Timer {
    this.set++
    return super.setTimer(delayMs, callback)
  }
}

test('a timer fires never early, once, and late by a hundredth of its time at most', () => {
  const random = new SeededRandom(3)
  const clock = new SimulatedClock()
  const wheel = new TimerWheel(clock)
  let fired = 0
  const delays = [0, 1, 5, 100, 999, 1000, 15_000, 30_000, 300_000]
  for (let round = 0; round < 500; round++) {
    clock.advance(random.next() * 700)
    const delayMs = delays[random.below(delays.length)]!
    const dueMs = clock.now() + delayMs
    wheel.set(clock.now(), delayMs, {
      timerDue: () => {
        fired++
        assert.ok(
          clock.now() >= dueMs && clock.now() <= dueMs + Math.max(1.1, delayMs / 100),
          `${clock.now()} for ${dueMs}`,
        )
      },
    })
  }
  clock.advance(400_000)
  assert.equal(fired, 500)
})

test('a cancelled timer never fires, wherever it stands, and cancelling again does nothing', () => {
  const clock = new SimulatedClock()
  const wheel = new TimerWheel(clock)
  const fired: number[] = []
  const timers = [0, 1, 2, 3, 4].map((id) => wheel.set(0, 100, { timerDue: () => fired.push(id) }))
  for (const id of [4, 2, 0, 2]) timers[id]!.cancel()
  clock.advance(200)
  for (const timer of timers) timer.cancel()
  assert.deepEqual(fired.sort(), [1, 3])
})

test('a task may cancel the others of its moment and set new timers', () => {
  const clock = new SimulatedClock()
  const wheel = new TimerWheel(clock)
  const fired: string[] = []
  const others: Timer[] = []
  const first = {
    timerDue: () => {
      fired.push('first')
      for (const other of others) other.cancel()
      wheel.set(clock.now(), 0, { timerDue: () => fired.push('new') })
    },
  }
  others.push(wheel.set(0, 100, { timerDue: () => fired.push('other') }))
  wheel.set(0, 100, first)
  clock.advance(200)
  assert.deepEqual(fired, ['first', 'new'])
})

test('a wheel that is closed leaves nothing on the clock but timers that are not cancelled, and can be set again', () => {
  const clock = new SimulatedClock()
  const wheel = new TimerWheel(clock)
  let fired = 0
  const task = { timerDue: () => fired++ }
  const left = wheel.set(0, 100, task)
  wheel.set(0, 300_000, task).cancel()
  wheel.close()
  clock.advance(200)
  assert.equal(fired, 1)
  left.cancel()
  wheel.set(clock.now(), 300_000, task).cancel()
  wheel.close()
  assert.equal(clock.nextDue, undefined)
  wheel.set(clock.now(), 50, task)
  clock.advance(100)
  assert.equal(fired, 2)
})

test('thousands of timers that are cancelled cost a few of the clock', () => {
  const clock = new CountingClock()
  const wheel = new TimerWheel(clock)
  for (let index = 0; index < 10_000; index++) {
    wheel.set(clock.now(), 15_000, { timerDue: () => assert.fail('was cancelled') }).cancel()
    clock.advance(5)
  }
  clock.advance(20_000)
  assert.ok(clock.set < 10, String(clock.set))
  assert.equal(clock.nextDue, undefined)
})
