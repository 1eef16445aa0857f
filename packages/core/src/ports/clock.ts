/** A timer that has been set on a {@link Clock}. */
export interface Timer {
  /** Stops the timer; its callback never runs afterwards. Cancelling twice, or after it fired, does nothing. */
  cancel(): void
}

/**
 * Time as the mesh sees it. The core never reads the machine's clock, so that a simulation can run a day of traffic in a second and
 * the same seed gives the same run.
 */
export interface Clock {
  /** Milliseconds on a monotonic scale with an arbitrary start. Fractions are allowed. */
  now(): number
  /** Milliseconds since the Unix epoch, for what leaves the process (headers, logs). */
  wallTime(): number
  /**
   * Runs `callback` once, `delayMs` milliseconds from now.
   *
   * @param delayMs - Delay in milliseconds; 0 or less means as soon as possible, but never synchronously.
   * @param callback - What to run.
   * @param keepAlive - Whether the pending timer keeps an otherwise idle process alive. Default false: a mesh that only waits for
   * its control plane must not hold up the end of a job.
   */
  setTimer(delayMs: number, callback: () => void, keepAlive?: boolean): Timer
}
