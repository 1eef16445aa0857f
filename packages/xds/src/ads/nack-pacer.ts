const intervalMs = 1_000
const burst = 5

/**
 * Paces the NACKs of one resource type. A server may send a rejected resource again the moment it is rejected (go-control-plane does),
 * which would make a loop as fast as the network. The same rejection is told once a second; new ones at once, but not more than a few
 * in a row, for a server whose serialization differs from time to time.
 */
export class NackPacer {
  #lastMs = Number.NEGATIVE_INFINITY
  #tokens = burst
  #filledMs = 0

  /**
   * @param nowMs - Milliseconds on the clock's scale.
   * @param isRepeat - Whether every complaint was made before, about the same bytes.
   * @returns milliseconds to wait before a NACK may be sent.
   */
  delay(nowMs: number, isRepeat: boolean): number {
    this.#fill(nowMs)
    const forRepeat = isRepeat ? this.#lastMs + intervalMs - nowMs : 0
    const forToken = (1 - this.#tokens) * intervalMs
    return Math.max(0, forRepeat, forToken)
  }

  /** A NACK was sent. */
  sent(nowMs: number): void {
    this.#fill(nowMs)
    this.#tokens -= 1
    this.#lastMs = nowMs
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(burst, this.#tokens + Math.max(0, nowMs - this.#filledMs) / intervalMs)
    this.#filledMs = nowMs
  }
}
