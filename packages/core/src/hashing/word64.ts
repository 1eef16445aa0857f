/**
 * An unsigned 64-bit integer that is changed in place. Two halves of 32 bits, because a BigInt is allocated for every step and a number
 * holds 53 bits; both halves are kept as signed integers, which V8 does not box.
 */
export class Word64 {
  /** Upper 32 bits, as a signed integer. */
  high = 0
  /** Lower 32 bits, as a signed integer. */
  low = 0

  /**
   * @param high - Upper half; taken modulo 2^32.
   * @param low - Lower half; taken modulo 2^32.
   */
  set(high: number, low: number): void {
    this.high = high | 0
    this.low = low | 0
  }

  /** Adds modulo 2^64. */
  add(high: number, low: number): void {
    const sum = (this.low + low) | 0
    const carry = sum >>> 0 < low >>> 0 ? 1 : 0
    this.high = (this.high + high + carry) | 0
    this.low = sum
  }

  /** Exclusive or. */
  xor(high: number, low: number): void {
    this.high ^= high
    this.low ^= low
  }

  /** Multiplies modulo 2^64. */
  multiply(high: number, low: number): void {
    const left = this.low
    // The upper half of left * low, schoolbook by 16 bits: each product fits 32 bits.
    const left0 = left & 0xffff
    const left1 = left >>> 16
    const right0 = low & 0xffff
    const right1 = low >>> 16
    const middle = (Math.imul(left1, right0) + (Math.imul(left0, right0) >>> 16)) >>> 0
    const other = ((middle & 0xffff) + Math.imul(left0, right1)) >>> 0
    const upper = Math.imul(left1, right1) + (middle >>> 16) + (other >>> 16)
    this.high = (upper + Math.imul(this.high, low) + Math.imul(left, high)) | 0
    this.low = Math.imul(left, low)
  }

  /**
   * Rotates to the left.
   *
   * @param bits - 1 to 31.
   */
  rotateLeft(bits: number): void {
    const { high, low } = this
    this.high = (high << bits) | (low >>> (32 - bits))
    this.low = (low << bits) | (high >>> (32 - bits))
  }

  /**
   * Exclusive or with itself shifted to the right, the last step of many hashes.
   *
   * @param bits - 1 to 63.
   */
  xorShiftRight(bits: number): void {
    if (bits < 32) {
      this.low ^= (this.low >>> bits) | (this.high << (32 - bits))
      this.high ^= this.high >>> bits
    } else {
      this.low ^= this.high >>> (bits - 32)
    }
  }

  /**
   * The remainder of a division of the unsigned value.
   *
   * @param divisor - 1 to 2^37, so that every step fits a number.
   */
  modulo(divisor: number): number {
    const upper = ((this.high >>> 0) % divisor) * 0x1_0000 + (this.low >>> 16)
    return ((upper % divisor) * 0x1_0000 + (this.low & 0xffff)) % divisor
  }
}
