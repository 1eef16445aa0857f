/** How a field is written (protobuf, "Encoding"): the wire type behind its number. Groups occur in no message that is read here. */
export const WIRE = Object.freeze({
  /** A number in as many bytes as it needs. */
  varint: 0,
  /** Eight bytes. */
  fixed64: 1,
  /** A length, and so many bytes: a text, a message, a list of numbers. */
  delimited: 2,
  /** Four bytes. */
  fixed32: 5,
})

/**
 * @param field - Number of a field.
 * @param wireType - How it is written, one of {@link WIRE}.
 * @returns what stands in front of it.
 */
export function tagOf(field: number, wireType: number): number {
  return field * 8 + wireType
}

/**
 * Walks over the fields of a serialized message without decoding it. Whatever the bytes are, it ends: what is no message leaves it broken,
 * at the end of the bytes.
 */
export class WireCursor {
  /** Where the next byte stands. */
  position: number
  /** Where the message ends. */
  readonly end: number
  /** Whether the bytes are no message. */
  isBroken = false
  readonly #bytes: Buffer

  /**
   * @param bytes - What the message stands in.
   * @param start - Where it begins.
   * @param end - Where it ends.
   */
  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.position = start
    this.end = end
  }

  /** Whether there is no further field. */
  get isAtEnd(): boolean {
    return this.position >= this.end
  }

  /** An unsigned number; beyond 2^53 only its being skipped counts. */
  varint(): number {
    const first = this.position < this.end ? this.#bytes[this.position]! : 0x80
    if (first >= 0x80) return this.#longVarint()
    this.position++
    return first
  }

  /** Goes behind the length of a field that has one, to where it begins. Gives its end. */
  enter(): number {
    const length = this.varint()
    const end = this.position + length
    return end > this.end ? this.#break() : end
  }

  /** Goes behind a field whose tag was read. */
  skip(wireType: number): void {
    if (wireType === WIRE.varint) this.varint()
    else if (wireType === WIRE.fixed64) this.#advance(8)
    else if (wireType === WIRE.delimited) this.position = this.enter()
    else if (wireType === WIRE.fixed32) this.#advance(4)
    else this.#break()
  }

  /** A floating-point number of eight bytes. */
  double(): number {
    const start = this.position
    this.#advance(8)
    return this.isBroken ? 0 : this.#bytes.readDoubleLE(start)
  }

  /** A message that stands in a field whose tag was read; goes behind it. */
  message(): WireCursor {
    const end = this.enter()
    const message = new WireCursor(this.#bytes, this.position, end)
    this.position = end
    return message
  }

  /** The bytes from `start` to `end`, one character each. */
  latin1(start: number, end: number): string {
    return this.#bytes.toString('latin1', start, end)
  }

  /** The bytes from `start` to `end`, a view. */
  bytes(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end)
  }

  /** A text field that was entered, up to its end. */
  text(end: number): string {
    const text = this.#bytes.toString('utf8', this.position, end)
    this.position = end
    return text
  }

  /** Apart, so that what reads tags and lengths, which are nearly all of one byte, is small enough to be compiled along with its callers. */
  #longVarint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10 && this.position < this.end; count++) {
      const byte = this.#bytes[this.position++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    return this.#break()
  }

  #advance(length: number): void {
    this.position += length
    if (this.position > this.end) this.#break()
  }

  #break(): number {
    this.isBroken = true
    this.position = this.end
    return this.end
  }
}

/** The bytes as a Buffer over the same memory. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
