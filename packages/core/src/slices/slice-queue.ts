import type { Clock, Timer } from '../ports/clock.js'
import type { Slices } from './slices.js'

/**
 * Does pieces of work one after the other, in the order in which they came, and lets the event loop turn between two slices. What fits
 * into one slice is done at once when nothing is ahead of it.
 */
export class SliceQueue {
  readonly #clock: Clock
  readonly #waiting: Slices<void>[] = []
  #timer: Timer | undefined
  #running = false

  /**
   * @param clock - Its timers let the event loop turn.
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
    for (let work = this.#waiting[0]; work !== undefined; work = this.#waiting[0]) {
      if (!work.next().done) {
        // Cleared from inside: nobody waits for the rest.
        if (this.#waiting[0] === work) this.#timer = this.#clock.setTimer(0, () => this.#run())
        break
      }
      if (this.#waiting[0] === work) this.#waiting.shift()
    }
    this.#running = false
  }
}
