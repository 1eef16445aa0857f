import type { Clock, Timer } from '../ports/clock.js'
import type { Slices } from './slices.js'

/** How long the event loop is held up: what took longer than a frame was noticed, and other work has its share of that. */
const SLICE_MS = 4

/**
 * Does pieces of work one after the other, in the order in which they came, and lets the event loop turn whenever that has taken a few
 * milliseconds, by the clock: the same work takes ten times as long before the code is compiled. What fits into one slice is done at once
 * when nothing is ahead of it.
 */
export class SliceQueue {
  readonly #clock: Clock
  readonly #waiting: Slices<void>[] = []
  #timer: Timer | undefined
  #running = false

  /**
   * @param clock - Measures slices; its timers let the event loop turn.
   */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether everything is done. */
  get isIdle(): boolean {
    return this.#waiting.length === 0
  }

  /** Adds a piece of work. It must not throw. */
  add(work: Slices<void>): void {
    this.#waiting.push(work)
    if (!this.#running && this.#timer === undefined) this.#run()
  }

  /** Leaves everything undone that is not done yet. Not called by a piece of work itself. */
  clear(): void {
    for (const work of this.#waiting.splice(0)) work.return()
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #run(): void {
    this.#timer = undefined
    this.#running = true
    const endMs = this.#clock.now() + SLICE_MS
    for (let work = this.#waiting[0]; work !== undefined; work = this.#waiting[0]) {
      const { done, value } = work.next()
      // Cleared from inside, it is no longer there, and nobody waits for the rest.
      if (this.#waiting[0] === work && done) this.#waiting.shift()
      if (this.isIdle) break
      if (value === 'turn' || this.#clock.now() >= endMs) {
        this.#timer = this.#clock.setTimer(0, () => this.#run())
        break
      }
    }
    this.#running = false
  }
}
