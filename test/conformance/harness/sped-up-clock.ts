import { type Clock, SystemClock, type Timer } from '@inmesh/core'

/**
 * The machine's clock, running faster: what a rule lets last 15 seconds is over in a fraction of it. Everything the mesh times by its clock
 * is sped up alike; what sockets do is not.
 */
export class SpedUpClock implements Clock {
  readonly #clock = new SystemClock()
  readonly #factor: number

  /**
   * @param factor - How many times faster.
   */
  constructor(factor: number) {
    this.#factor = factor
  }

  now(): number {
    return this.#clock.now() * this.#factor
  }

  wallTime(): number {
    return this.#clock.wallTime()
  }

  setTimer(delayMs: number, callback: () => void, keepAlive = false): Timer {
    return this.#clock.setTimer(delayMs / this.#factor, callback, keepAlive)
  }
}
