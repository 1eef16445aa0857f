import type { Random } from '../ports/random.js'

/**
 * Earliest-deadline-first scheduling over the localities of one priority, by their effective weights (Envoy, "Locality weighted load
 * balancing"). There are few of them, so the earliest is looked for in a row.
 */
export class LocalitySchedule {
  readonly #indexes: number[] = []
  readonly #weights: number[] = []
  /** When each is due, on a scale where a weight of 1 comes round every 1. */
  readonly #due: number[] = []

  /**
   * @param weights - One for each locality; a locality of weight 0 is never taken.
   * @param random - Spreads the first deadlines, so that many clients that get the same update do not begin with the same locality.
   */
  constructor(weights: readonly number[], random: Random) {
    for (const [index, weight] of weights.entries()) {
      if (weight <= 0) continue
      this.#indexes.push(index)
      this.#weights.push(weight)
      this.#due.push(random.next() / weight)
    }
  }

  /** Whether no locality takes load. */
  get empty(): boolean {
    return this.#indexes.length === 0
  }

  /** Index of the locality that is due; the schedule must not be empty. */
  next(): number {
    const due = this.#due
    let first = 0
    for (let entry = 1; entry < due.length; entry++) if (due[entry]! < due[first]!) first = entry
    due[first]! += 1 / this.#weights[first]!
    return this.#indexes[first]!
  }
}
