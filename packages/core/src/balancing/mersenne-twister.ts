const WORDS = 624
const OFFSET = 397

/** MT19937, whose sequences C++ prescribes for `std::mt19937`: the same seed gives the numbers that Envoy draws. */
export class MersenneTwister {
  readonly #state = new Uint32Array(WORDS)
  #next = WORDS

  /**
   * Begins a sequence.
   *
   * @param seed - 32 bits.
   */
  seed(seed: number): void {
    const state = this.#state
    state[0] = seed
    for (let index = 1; index < WORDS; index++) {
      const last = state[index - 1]!
      state[index] = Math.imul(last ^ (last >>> 30), 1_812_433_253) + index
    }
    this.#next = WORDS
  }

  /** The next number of the sequence, 32 bits, unsigned. */
  next(): number {
    if (this.#next === WORDS) this.#twist()
    let word = this.#state[this.#next++]!
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    return (word ^ (word >>> 18)) >>> 0
  }

  /**
   * An integer drawn from [0, bound) as Envoy draws it.
   *
   * @param bound - 1 to 2^32 - 1.
   */
  below(bound: number): number {
    const width = Math.floor(0x1_0000_0000 / bound)
    let drawn = bound
    while (drawn >= bound) drawn = Math.floor(this.next() / width)
    return drawn
  }

  #twist(): void {
    const state = this.#state
    for (let index = 0; index < WORDS; index++) {
      const mixed = (state[index]! & 0x8000_0000) | (state[(index + 1) % WORDS]! & 0x7fff_ffff)
      const twisted = (mixed >>> 1) ^ ((mixed & 1) === 0 ? 0 : 0x9908b0df)
      state[index] = state[(index + OFFSET) % WORDS]! ^ twisted
    }
    this.#next = 0
  }
}
