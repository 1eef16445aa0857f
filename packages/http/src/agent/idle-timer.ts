import type { Clock, Timer } from '@inmesh/core'

/**
 * Tells when nothing happened for a while. Activity only notes the time; whether the time was idle is found out when the timer fires, so
 * that a connection that is used all the time sets few timers.
 */
export class IdleTimer {
  readonly #clock: Clock
  readonly #idle: () => void
  #limitMs = 0
  #activeMs = 0
  #timer: Timer | undefined = undefined
  #dueMs = 0

  /**
   * @param clock - Time.
   * @param idle - Called once for each time of idleness; again only after some activity.
   */
  constructor(clock: Clock, idle: () => void) {
    this.#clock = clock
    this.#idle = idle
  }

  /**
   * Begins to count with another limit.
   *
   * @param limitMs - Milliseconds; 0 for no limit.
   */
  limit(limitMs: number): void {
    this.#limitMs = limitMs
    if (limitMs > 0) this.active()
  }

  /** Something happened. */
  active(): void {
    if (this.#limitMs === 0) return
    const nowMs = this.#clock.now()
    this.#activeMs = nowMs
    // A timer that is set already and fires no later will do.
    if (this.#timer === undefined || this.#dueMs > nowMs + this.#limitMs) this.#set(nowMs, this.#limitMs)
  }

  /** Counts no more. */
  stop(): void {
    this.#limitMs = 0
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #set(nowMs: number, delayMs: number): void {
    this.#timer?.cancel()
    this.#dueMs = nowMs + delayMs
    this.#timer = this.#clock.setTimer(delayMs, this.#due)
  }

  readonly #due = (): void => {
    this.#timer = undefined
    if (this.#limitMs === 0) return
    const nowMs = this.#clock.now()
    const leftMs = this.#activeMs + this.#limitMs - nowMs
    if (leftMs > 0) this.#set(nowMs, leftMs)
    else this.#idle()
  }
}
