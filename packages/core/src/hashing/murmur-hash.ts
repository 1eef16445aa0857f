import { littleEndian32 } from './byte-string.js'
import { Word64 } from './word64.js'

const MULTIPLIER_HIGH = 0xc6a4a793 | 0
const MULTIPLIER_LOW = 0x5bd1e995 | 0

/** Seed of libstdc++'s `std::hash`, which Envoy's ring hash uses. */
const SEED = 0xc70f6907

/**
 * MurmurHash64A with the seed of `std::hash`, as Envoy's `MURMUR_HASH_2` and older proxies build their rings. Used off the request path
 * only: a request is hashed by XXH64 whatever the ring is made of.
 */
export class MurmurHash64 {
  readonly #result = new Word64()
  readonly #input = new Word64()

  /**
   * @param bytes - One byte in each character; see `utf8ByteString`.
   * @returns the hash: the same object each time, which the next hash overwrites.
   */
  hash(bytes: string): Word64 {
    const result = this.#result
    const input = this.#input
    const { length } = bytes
    const whole = length - (length % 8)
    result.set(0, length)
    result.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
    result.xor(0, SEED)
    for (let index = 0; index < whole; index += 8) {
      input.set(littleEndian32(bytes, index + 4), littleEndian32(bytes, index))
      input.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
      input.xorShiftRight(47)
      input.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
      result.xor(input.high, input.low)
      result.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
    }
    if (whole < length) {
      for (let index = whole; index < length; index++) {
        const shift = (index - whole) * 8
        const byte = bytes.charCodeAt(index) & 0xff
        if (shift < 32) result.xor(0, byte << shift)
        else result.xor(byte << (shift - 32), 0)
      }
      result.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
    }
    result.xorShiftRight(47)
    result.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
    result.xorShiftRight(47)
    return result
  }
}
