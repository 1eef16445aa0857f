import type { Random } from '@inmesh/core'

/** Bytes that say something about lengths, tags and numbers wherever they stand. */
const tellingBytes = [0x00, 0x01, 0x0a, 0x12, 0x7f, 0x80, 0xff]

/** Numbers whose end is far away, or that are as large as they can be. */
const hugeNumbers = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
]

/** Damages bytes, the same way for the same dice. */
export class Mutator {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /**
   * @param bytes - What is damaged, in one to four places. It is left as it is.
   * @param other - Something of which parts may be taken.
   */
  mutate(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    let mutated: Uint8Array = new Uint8Array(bytes)
    for (let count = 1 + this.#random.below(4); count > 0; count--) mutated = this.#once(mutated, other)
    return mutated
  }

  #once(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    const at = this.#random.below(bytes.length + 1)
    const length = this.#random.below(Math.min(64, bytes.length - at) + 1)
    switch (this.#random.below(8)) {
      case 0:
        return this.#replaced(bytes, at, at + 1, [(bytes[at] ?? 0) ^ (1 << this.#random.below(8))])
      case 1:
        return this.#replaced(bytes, at, at + 1, [tellingBytes[this.#random.below(tellingBytes.length)]!])
      case 2:
        return this.#replaced(bytes, at, at + 1, hugeNumbers[this.#random.below(hugeNumbers.length)]!)
      case 3:
        return bytes.subarray(0, at)
      case 4:
        return this.#replaced(bytes, at, at + length, [])
      case 5:
        return this.#replaced(bytes, at, at, bytes.subarray(at, at + length))
      case 6: {
        const noise = new Uint8Array(length)
        this.#random.fill(noise)
        return this.#replaced(bytes, at, at + length, noise)
      }
      default: {
        const from = this.#random.below(other.length + 1)
        return this.#replaced(bytes, at, at + length, other.subarray(from, from + 1 + this.#random.below(200)))
      }
    }
  }

  #replaced(bytes: Uint8Array, from: number, to: number, insert: ArrayLike<number>): Uint8Array {
    const tail = bytes.subarray(to)
    const result = new Uint8Array(from + insert.length + tail.length)
    result.set(bytes.subarray(0, from))
    result.set(insert, from)
    result.set(tail, from + insert.length)
    return result
  }
}
