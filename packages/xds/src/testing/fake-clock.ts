import type { Clock, Timer } from '@inmesh/core'

interface PendingTimer {
  readonly dueMs: number
  readonly callback: () => void
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMs = 0
  readonly #pending = new Set<PendingTimer>()

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback }
    this.#pending.add(timer)
    return { cancel: () => void this.#pending.delete(timer) }
  }

  /** Milliseconds until the next timer is due; undefined when none is set. */
  get nextDelayMs(): number | undefined {
    const next = this.#next()
    return next === undefined ? undefined : next.dueMs - this.#nowMs
  }

  /** Number of timers that are set. */
  get timerCount(): number {
    return this.#pending.size
  }

  /** Lets time pass; timers that fall due run in order, and microtasks after each. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    for (let next = this.#next(); next !== undefined && next.dueMs <= endMs; next = this.#next()) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#pending.delete(next)
      next.callback()
      await settled()
    }
    this.#nowMs = endMs
    await settled()
  }

  #next(): PendingTimer | undefined {
    let next: PendingTimer | undefined
    for (const timer of this.#pending) if (next === undefined || timer.dueMs < next.dueMs) next = timer
    return next
  }
}

/** Comes after every microtask that is queued now and those that they queue. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
