/** Counts successes in the running interval, and keeps the sums of the one before, by which endpoints are judged. */
export class SuccessRate {
  /** Requests of the last whole interval. */
  lastTotal = 0
  #lastSuccesses = 0
  #total = 0
  #successes = 0

  /**
   * Counts one request.
   *
   * @param success - Whether it was one.
   */
  count(success: boolean): void {
    this.#total++
    if (success) this.#successes++
  }

  /** Successes of the last whole interval, 0 to 100. Only where `lastTotal` is more than 0. */
  get lastPercent(): number {
    return (this.#lastSuccesses * 100) / this.lastTotal
  }

  /** An interval is over. */
  turn(): void {
    this.lastTotal = this.#total
    this.#lastSuccesses = this.#successes
    this.#total = 0
    this.#successes = 0
  }
}
