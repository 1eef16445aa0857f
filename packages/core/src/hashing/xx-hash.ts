import { littleEndian32 } from './byte-string.js'
import { Word64 } from './word64.js'

/** The five primes of XXH64, upper and lower halves, as signed integers: V8 boxes larger ones. */
const P1_HIGH = 0x9e3779b1 | 0
const P1_LOW = 0x85ebca87 | 0
const P2_HIGH = 0xc2b2ae3d | 0
const P2_LOW = 0x27d4eb4f | 0
const P3_HIGH = 0x165667b1 | 0
const P3_LOW = 0x9e3779f9 | 0
const P4_HIGH = 0x85ebca77 | 0
const P4_LOW = 0xc2b2ae63 | 0
const P5_HIGH = 0x27d4eb2f | 0
const P5_LOW = 0x165667c5 | 0

/** Two's complement of the first. */
const MINUS_P1_HIGH = ~P1_HIGH
const MINUS_P1_LOW = -P1_LOW | 0

/** Bytes that one turn over the four lanes takes. */
const STRIPE = 32

/**
 * XXH64 (xxHash specification 0.1.1), the hash of Envoy's `HashUtil::xxHash64` and of gRPC's ring hash (gRFC A42). Reads strings as they
 * are, at once and without allocating. An instance holds the state of one hash at a time and is meant to be used again.
 */
export class XxHash64 {
  readonly #result = new Word64()
  readonly #input = new Word64()
  readonly #lanes = [new Word64(), new Word64(), new Word64(), new Word64()] as const

  /**
   * @param bytes - One byte in each character, as headers are; see `utf8ByteString` for other text.
   * @param seed - 0 to 2^32 - 1.
   * @returns the hash: the same object each time, which the next hash overwrites.
   */
  hash(bytes: string, seed = 0): Word64 {
    const result = this.#result
    const { length } = bytes
    let index = 0
    if (length >= STRIPE) {
      index = this.#stripes(bytes, seed)
      this.#mergeLanes()
    } else {
      result.set(P5_HIGH, P5_LOW)
      result.add(0, seed)
    }
    result.add(0, length)
    this.#tail(bytes, index)
    result.xorShiftRight(33)
    result.multiply(P2_HIGH, P2_LOW)
    result.xorShiftRight(29)
    result.multiply(P3_HIGH, P3_LOW)
    result.xorShiftRight(32)
    return result
  }

  /** @returns how many bytes were taken. */
  #stripes(bytes: string, seed: number): number {
    const [first, second, third, fourth] = this.#lanes
    first.set(P1_HIGH, P1_LOW)
    first.add(P2_HIGH, P2_LOW)
    first.add(0, seed)
    second.set(P2_HIGH, P2_LOW)
    second.add(0, seed)
    third.set(0, seed)
    fourth.set(0, seed)
    fourth.add(MINUS_P1_HIGH, MINUS_P1_LOW)
    let index = 0
    for (const last = bytes.length - STRIPE; index <= last; index += STRIPE) {
      this.#round(first, bytes, index)
      this.#round(second, bytes, index + 8)
      this.#round(third, bytes, index + 16)
      this.#round(fourth, bytes, index + 24)
    }
    return index
  }

  /** Takes eight bytes into a lane. */
  #round(lane: Word64, bytes: string, index: number): void {
    const input = this.#input
    input.set(littleEndian32(bytes, index + 4), littleEndian32(bytes, index))
    input.multiply(P2_HIGH, P2_LOW)
    lane.add(input.high, input.low)
    lane.rotateLeft(31)
    lane.multiply(P1_HIGH, P1_LOW)
  }

  #mergeLanes(): void {
    const result = this.#result
    const input = this.#input
    const lanes = this.#lanes
    result.set(0, 0)
    for (let index = 0; index < 4; index++) {
      const lane = lanes[index]!
      input.set(lane.high, lane.low)
      input.rotateLeft(ROTATIONS[index]!)
      result.add(input.high, input.low)
    }
    for (let index = 0; index < 4; index++) {
      const lane = lanes[index]!
      scramble(lane)
      result.xor(lane.high, lane.low)
      result.multiply(P1_HIGH, P1_LOW)
      result.add(P4_HIGH, P4_LOW)
    }
  }

  /** The last bytes, fewer than a stripe. */
  #tail(bytes: string, index: number): void {
    const result = this.#result
    const input = this.#input
    const { length } = bytes
    for (; index + 8 <= length; index += 8) {
      input.set(littleEndian32(bytes, index + 4), littleEndian32(bytes, index))
      scramble(input)
      result.xor(input.high, input.low)
      result.rotateLeft(27)
      result.multiply(P1_HIGH, P1_LOW)
      result.add(P4_HIGH, P4_LOW)
    }
    if (index + 4 <= length) {
      input.set(0, littleEndian32(bytes, index))
      input.multiply(P1_HIGH, P1_LOW)
      result.xor(input.high, input.low)
      result.rotateLeft(23)
      result.multiply(P2_HIGH, P2_LOW)
      result.add(P3_HIGH, P3_LOW)
      index += 4
    }
    for (; index < length; index++) {
      input.set(0, bytes.charCodeAt(index) & 0xff)
      input.multiply(P5_HIGH, P5_LOW)
      result.xor(input.high, input.low)
      result.rotateLeft(11)
      result.multiply(P1_HIGH, P1_LOW)
    }
  }
}

/** A round of the hash on a lane that holds nothing yet. */
function scramble(word: Word64): void {
  word.multiply(P2_HIGH, P2_LOW)
  word.rotateLeft(31)
  word.multiply(P1_HIGH, P1_LOW)
}

/** By how much each lane is rotated before the lanes are added up. */
const ROTATIONS = [1, 7, 12, 18] as const
