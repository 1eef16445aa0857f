import type { Random } from '../ports/random.js'

/** Draws by weight at the cost of one throw, however many there are (Walker's alias method, as Vose builds it). Twelve bytes per weight. */
export class AliasTable {
  /** Of each column the share that is its own; the rest belongs to the alias. */
  readonly #own: Float64Array
  readonly #alias: Uint32Array

  /**
   * @param weights - At least one, all positive.
   */
  constructor(weights: readonly number[]) {
    const count = weights.length
    const sum = weights.reduce((total, weight) => total + weight, 0)
    const own = Float64Array.from(weights, (weight) => (weight * count) / sum)
    const alias = Uint32Array.from(weights.keys())
    const small: number[] = []
    const large: number[] = []
    for (let column = 0; column < count; column++) (own[column]! < 1 ? small : large).push(column)
    while (small.length > 0 && large.length > 0) {
      const filled = small.pop()!
      const giver = large.at(-1)!
      alias[filled] = giver
      own[giver] = own[giver]! - (1 - own[filled]!)
      if (own[giver]! < 1) small.push(large.pop()!)
    }
    // What rounding left over is as good as full.
    for (const column of [...small, ...large]) own[column] = 1
    this.#own = own
    this.#alias = alias
  }

  /**
   * @param random - The dice.
   * @returns index of a weight.
   */
  draw(random: Random): number {
    const drawn = random.next() * this.#own.length
    const column = Math.floor(drawn)
    return drawn - column < this.#own[column]! ? column : this.#alias[column]!
  }
}
