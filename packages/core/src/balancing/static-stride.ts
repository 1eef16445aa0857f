/** Weights are scaled to 16 bits. */
const LARGEST = 65_535
/** No endpoint counts for more than this many times the mean: a pick then looks at as many endpoints as this, and seldom at more. */
const LARGEST_SHARE = 10

/**
 * Weighted round robin by a static stride: endpoints come up in turn, and one of a fraction of the largest weight is passed over in as many
 * of its turns (gRFC A58). Nothing is kept per endpoint but its weight, so weights can change in the middle of a round.
 */
export class StaticStride {
  readonly #weights: Uint16Array
  #position: number
  /** Rounds so far, modulo {@link LARGEST}, with which the pattern repeats. */
  #round: number

  /**
   * @param weights - 0 stands for the mean of the others.
   * @param before - Goes on where this one stopped; absent to begin anew.
   * @param start - Where to begin, 0 to 2^32 - 1, so that many clients do not begin alike.
   */
  private constructor(weights: Uint16Array, before: StaticStride | undefined, start: number) {
    this.#weights = weights
    this.#position = (before === undefined ? start : before.#position) % weights.length
    this.#round = before === undefined ? Math.floor(start / weights.length) % LARGEST : before.#round
  }

  /**
   * @param weights - One for each endpoint, 0 or more; 0 stands for the mean of the others.
   * @param before - Goes on where this one stopped.
   * @param start - 0 to 2^32 - 1: where a first one begins.
   * @returns undefined where plain round robin does the same: fewer than two weights are known, or all are equal.
   */
  static of(weights: readonly number[], before: StaticStride | undefined, start: number): StaticStride | undefined {
    const known = weights.filter((weight) => weight > 0)
    if (known.length < 2) return undefined
    const mean = known.reduce((sum, weight) => sum + weight, 0) / known.length
    const capped = weights.map((weight) => (weight > 0 ? Math.min(weight, mean * LARGEST_SHARE) : mean))
    const scale = LARGEST / capped.reduce((most, weight) => Math.max(most, weight), 0)
    const scaled = Uint16Array.from(capped, (weight) => Math.max(1, Math.round(weight * scale)))
    return scaled.every((weight) => weight === scaled[0]) ? undefined : new StaticStride(scaled, before, start)
  }

  /**
   * Whether weights are carried out as they are, none of them cut off.
   *
   * @param weights - All above 0.
   */
  static keepsShares(weights: readonly number[]): boolean {
    let sum = 0
    let most = 0
    for (const weight of weights) {
      sum += weight
      if (weight > most) most = weight
    }
    return most * weights.length <= sum * LARGEST_SHARE
  }

  /** Index of the next endpoint. */
  next(): number {
    const weights = this.#weights
    for (;;) {
      const index = this.#position
      const round = this.#round
      this.#position = index + 1
      if (this.#position === weights.length) {
        this.#position = 0
        this.#round = (round + 1) % LARGEST
      }
      const weight = weights[index]!
      // Neighbours are half a pattern apart, so that light endpoints do not all come up in the same round.
      const offset = (index & 1) * (LARGEST >> 1)
      if ((weight * round + offset) % LARGEST >= LARGEST - weight) return index
    }
  }
}
