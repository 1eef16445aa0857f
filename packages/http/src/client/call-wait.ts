import type { Clock, Timer } from '@inmesh/core'
import { LONGEST_WAIT_MS } from './call-phase.js'

/** What a call waits for while no attempt is under way: one timer at most, and perhaps word from somebody. */
export class CallWait {
  readonly #clock: Clock
  #timer: Timer | undefined = undefined
  #unlisten: (() => void) | undefined = undefined

  /**
   * @param clock - Its clock.
   */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Waits for a time, and no longer than to a deadline.
   *
   * @param delayMs - How long, in milliseconds; `Infinity` for no end.
   * @param deadline - On the clock's scale; `Infinity` for none.
   * @param due - Called when the time has passed.
   * @param overdue - Called when the deadline came first.
   */
  begin(delayMs: number, deadline: number, due: () => void, overdue: () => void): void {
    const leftMs = deadline === Number.POSITIVE_INFINITY ? deadline : deadline - this.#clock.now()
    if (delayMs < leftMs) this.after(delayMs, due)
    else if (leftMs !== Number.POSITIVE_INFINITY) this.after(leftMs, overdue)
    // What it waits for may not keep the process alive.
    else this.after(LONGEST_WAIT_MS, () => this.begin(delayMs, deadline, due, overdue))
  }

  /**
   * Waits for a time.
   *
   * @param delayMs - How long, in milliseconds.
   * @param callback - Called then.
   */
  after(delayMs: number, callback: () => void): void {
    // A process that only waits for its call must not end.
    this.#timer = this.#clock.setTimer(delayMs, callback, true)
  }

  /**
   * Waits for word too, which ends the wait for time.
   *
   * @param listen - Asks somebody to call back, and gives what takes the wish back.
   * @param heard - Called then.
   */
  listen(listen: (callback: () => void) => () => void, heard: () => void): void {
    this.#unlisten = listen(() => {
      this.#timer?.cancel()
      heard()
    })
  }

  /** Waits for nothing more. */
  stop(): void {
    this.#timer?.cancel()
    this.#unlisten?.()
  }
}
