/**
 * How long an endpoint takes, with a memory for bad news: a slower answer counts at once and in full, faster ones only bit by bit, and
 * silence fades towards 0, so that an endpoint that was slow is tried again (tower's and linkerd's `PeakEwma`).
 */
export class LatencyEstimate {
  readonly #decayMs: number
  #estimateMs: number
  #updatedMs: number

  /**
   * @param initialMs - What is assumed before the first answer.
   * @param decayMs - Time in which what is remembered fades to a third.
   * @param nowMs - On the clock's scale.
   */
  constructor(initialMs: number, decayMs: number, nowMs: number) {
    this.#estimateMs = initialMs
    this.#decayMs = decayMs
    this.#updatedMs = nowMs
  }

  /**
   * @param nowMs - On the clock's scale.
   * @returns milliseconds.
   */
  at(nowMs: number): number {
    return this.#estimateMs * Math.exp((this.#updatedMs - nowMs) / this.#decayMs)
  }

  /**
   * Takes an answer in.
   *
   * @param elapsedMs - How long it took.
   * @param nowMs - On the clock's scale.
   */
  observe(elapsedMs: number, nowMs: number): void {
    if (elapsedMs > this.#estimateMs) {
      this.#estimateMs = elapsedMs
    } else {
      const kept = Math.exp((this.#updatedMs - nowMs) / this.#decayMs)
      this.#estimateMs = this.#estimateMs * kept + elapsedMs * (1 - kept)
    }
    this.#updatedMs = nowMs
  }
}
