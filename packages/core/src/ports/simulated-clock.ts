import { BinaryHeap } from '../collections/binary-heap.js'
import type { Clock, Timer } from './clock.js'

interface Pending {
  readonly due: number
  readonly order: number
  readonly callback: () => void
  cancelled: boolean
}

/**
 * A clock that moves only when told to. Timers fire in the order of their times, those of equal times in the order in which they were
 * set, so that a simulation with the same seed is the same run.
 */
export class SimulatedClock implements Clock {
  readonly #epoch: number
  readonly #pending = new BinaryHeap<Pending>(before)
  #now = 0
  #order = 0

  /**
   * @param epoch - Wall time at the start, in milliseconds since the Unix epoch.
   */
  constructor(epoch = 0) {
    this.#epoch = epoch
  }

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return this.#epoch + this.#now
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { due: this.#now + Math.max(0, delayMs), order: this.#order++, callback, cancelled: false }
    this.#pending.push(pending)
    return {
      cancel: () => {
        pending.cancelled = true
      },
    }
  }

  /** When the next timer is due, or undefined when none is set. */
  get nextDue(): number | undefined {
    while (this.#pending.top?.cancelled) this.#pending.pop()
    return this.#pending.top?.due
  }

  /**
   * Moves time forward and fires what falls due on the way, timers set by those callbacks included.
   *
   * @param milliseconds - How far.
   */
  advance(milliseconds: number): void {
    this.advanceTo(this.#now + milliseconds)
  }

  /**
   * Moves time forward to a moment and fires what falls due on the way.
   *
   * @param moment - On the scale of {@link SimulatedClock.now}; a moment that has passed does nothing.
   */
  advanceTo(moment: number): void {
    for (let due = this.nextDue; due !== undefined && due <= moment; due = this.nextDue) {
      this.#now = Math.max(this.#now, due)
      this.#pending.pop()!.callback()
    }
    this.#now = Math.max(this.#now, moment)
  }
}

function before(left: Pending, right: Pending): boolean {
  return left.due < right.due || (left.due === right.due && left.order < right.order)
}
