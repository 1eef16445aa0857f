import type { Random } from '../ports/random.js'

/** A 64-bit hash of a request. */
export interface RequestHash {
  /** Upper 32 bits, unsigned. */
  readonly high: number
  /** Lower 32 bits, unsigned. */
  readonly low: number
}

/** A request that is hashed: what hashing it may need and may leave behind. */
export interface HashedCall {
  /** Dice, for a cookie that is made up. */
  readonly random: Random
  /**
   * Adds a header to the response: how the caller learns of a cookie that was made up.
   *
   * @param name - Lower-case name.
   * @param value - Its value.
   */
  addResponseHeader(name: string, value: string): void
}
