import type { Endpoint } from '../cluster/endpoint.js'

/**
 * How long endpoints take, with a memory for bad news: a slower answer counts at once and in full, faster ones only bit by bit, and silence
 * fades towards 0, so that an endpoint that was slow is tried again (tower's and linkerd's `PeakEwma`). Kept in arrays, which a pick reads
 * without following pointers.
 */
export class LatencyEstimates {
  readonly #initialMs: number
  readonly #decayMs: number
  readonly #indexes = new Map<Endpoint, number>()
  #estimates = new Float64Array()
  #updated = new Float64Array()

  /**
   * @param initialMs - What is assumed before the first answer.
   * @param decayMs - Time in which what is remembered fades to a third.
   */
  constructor(initialMs: number, decayMs: number) {
    this.#initialMs = initialMs
    this.#decayMs = decayMs
  }

  /**
   * Takes over a list of endpoints. Those that are not in it keep what is known of them until they are removed.
   *
   * @param endpoints - Their indexes are those of {@link LatencyEstimates.prefersLeft}.
   * @param nowMs - On the clock's scale.
   */
  list(endpoints: readonly Endpoint[], nowMs: number): void {
    const listed = new Set(endpoints)
    const absent = [...this.#indexes.keys()].filter((endpoint) => !listed.has(endpoint) && !endpoint.removed)
    const all = [...endpoints, ...absent]
    const before = all.map((endpoint) => this.#indexes.get(endpoint))
    const estimates = this.#estimates
    const updated = this.#updated
    this.#estimates = Float64Array.from(before, (index) => (index === undefined ? this.#initialMs : estimates[index]!))
    this.#updated = Float64Array.from(before, (index) => (index === undefined ? nowMs : updated[index]!))
    this.#indexes.clear()
    for (const [index, endpoint] of all.entries()) this.#indexes.set(endpoint, index)
  }

  /**
   * Compares two endpoints, each latency times a factor. What both have faded since cancels out, so the time need not be known.
   *
   * @param left - Index of an endpoint in the list.
   * @param leftFactor - Its factor.
   * @param right - Index of another.
   * @param rightFactor - Its factor.
   * @returns whether the product of the left one is not larger.
   */
  prefersLeft(left: number, leftFactor: number, right: number, rightFactor: number): boolean {
    const fading = Math.exp((this.#updated[left]! - this.#updated[right]!) / this.#decayMs)
    return this.#estimates[left]! * fading * leftFactor <= this.#estimates[right]! * rightFactor
  }

  /**
   * Takes an answer in.
   *
   * @param endpoint - Who answered; one that was never listed is passed over.
   * @param elapsedMs - How long it took.
   * @param nowMs - On the clock's scale.
   */
  observe(endpoint: Endpoint, elapsedMs: number, nowMs: number): void {
    const index = this.#indexes.get(endpoint)
    if (index === undefined) return
    const estimate = this.#estimates[index]!
    if (elapsedMs > estimate) {
      this.#estimates[index] = elapsedMs
    } else {
      const kept = Math.exp((this.#updated[index]! - nowMs) / this.#decayMs)
      this.#estimates[index] = estimate * kept + elapsedMs * (1 - kept)
    }
    this.#updated[index] = nowMs
  }
}
