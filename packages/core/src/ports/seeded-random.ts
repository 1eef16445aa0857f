import type { Random } from './random.js'

/**
 * A deterministic generator for simulations and tests: the same seed gives the same sequence on every machine (SplitMix32).
 */
export class SeededRandom implements Random {
  #state: number

  /**
   * @param seed - Any integer; only its low 32 bits count.
   */
  constructor(seed: number) {
    this.#state = seed | 0
  }

  next(): number {
    return this.#word() / 0x1_0000_0000
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  fill(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.#word() & 0xff
  }

  #word(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let word = this.#state ^ (this.#state >>> 16)
    word = Math.imul(word, 0x21f0aaad)
    word ^= word >>> 15
    word = Math.imul(word, 0x735a2d97)
    return (word ^ (word >>> 15)) >>> 0
  }
}
