import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Timer } from '../ports/clock.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { SliceQueue } from './slice-queue.js'
import type { Slices } from './slices.js'

/** Every step of work takes its time. */
class WorkingClock extends SimulatedClock {
  spentMs = 0
  readonly #due: (() => void)[] = []

  override setTimer(delayMs: number, callback: () => void): Timer {
    this.#due.push(callback)
    return super.setTimer(delayMs, callback)
  }

  /** One turn of the event loop. */
  step(): void {
    this.#due.shift()?.()
  }

  override now(): number {
    return super.now() + this.spentMs
  }
}

function* work(clock: WorkingClock, done: string[], name: string, steps: number, stepMs: number): Slices<void> {
  for (let step = 1; step <= steps; step++) {
    clock.spentMs += stepMs
    done.push(`${name}${step}`)
    if (step < steps) yield
  }
}

test('what is quickly done is done at once, however many steps it has', () => {
  const clock = new WorkingClock()
  const done: string[] = []
  const queue = new SliceQueue(clock)
  queue.add(work(clock, done, 'a', 100, 0.01))
  assert.deepEqual([done.length, queue.isIdle], [100, true])
})

test('the event loop turns once steps have taken a few milliseconds, and each slice has as long', () => {
  const clock = new WorkingClock()
  const done: string[] = []
  const queue = new SliceQueue(clock)
  queue.add(work(clock, done, 'a', 6, 1.5))
  assert.deepEqual(done, ['a1', 'a2', 'a3'])
  clock.advance(0)
  assert.deepEqual([done.length, queue.isIdle], [6, true])
})

test('pieces of work wait for those before them, and share a slice', () => {
  const clock = new WorkingClock()
  const done: string[] = []
  const queue = new SliceQueue(clock)
  queue.add(work(clock, done, 'a', 2, 5))
  queue.add(work(clock, done, 'b', 1, 1))
  queue.add(work(clock, done, 'c', 1, 5))
  queue.add(work(clock, done, 'd', 1, 1))
  assert.deepEqual(done, ['a1'])
  const turns: string[][] = []
  while (!queue.isIdle) {
    done.length = 0
    clock.step()
    turns.push([...done])
  }
  assert.deepEqual(turns, [['a2'], ['b1', 'c1'], ['d1']])
})

test('a step that asks for it has a slice of its own', () => {
  const clock = new WorkingClock()
  const queue = new SliceQueue(clock)
  const done: string[] = []
  queue.add(
    (function* (): Slices<void> {
      done.push('prepared')
      yield 'turn'
      done.push('used')
    })(),
  )
  assert.deepEqual(done, ['prepared'])
  clock.advance(0)
  assert.deepEqual(done, ['prepared', 'used'])
})

test('what is cleared is not done, and its own end is told', () => {
  const clock = new WorkingClock()
  const queue = new SliceQueue(clock)
  const done: string[] = []
  queue.add(
    (function* (): Slices<void> {
      try {
        yield 'turn'
        done.push('used')
      } finally {
        done.push('left')
      }
    })(),
  )
  queue.clear()
  clock.advance(0)
  assert.deepEqual([done, queue.isIdle, clock.nextDue], [['left'], true, undefined])
})
