import type { Clock, Timer } from '@inmesh/core'

/** The time that resources may take to come, each from the moment it was asked for on a connected stream (gRFC A57). */
export class ArrivalTimers {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #onTimeout: (name: string) => void
  readonly #timers = new Map<string, Timer>()

  constructor(clock: Clock, timeoutMs: number, onTimeout: (name: string) => void) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#onTimeout = onTimeout
  }

  start(name: string): void {
    this.cancel(name)
    const timer = this.#clock.setTimer(this.#timeoutMs, () => {
      this.#timers.delete(name)
      this.#onTimeout(name)
    })
    this.#timers.set(name, timer)
  }

  cancel(name: string): void {
    this.#timers.get(name)?.cancel()
    this.#timers.delete(name)
  }

  /** Cancels the timers of all names that something else is known of meanwhile. */
  cancelUnless(isAwaited: (name: string) => boolean): void {
    for (const name of this.#timers.keys()) if (!isAwaited(name)) this.cancel(name)
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
