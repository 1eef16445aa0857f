import { tagOf, WIRE } from './wire-cursor.js'

/** Writes small messages field by field, for which no generated code is worth loading. */
export class WireWriter {
  readonly #bytes: number[] = []

  /**
   * Writes a number.
   *
   * @param field - Number of the field.
   * @param value - A whole number, 0 to 2^53 - 1.
   */
  varint(field: number, value: number): this {
    this.#number(tagOf(field, WIRE.varint))
    this.#number(value)
    return this
  }

  /**
   * Writes a text.
   *
   * @param field - Number of the field.
   * @param value - The text; it is written in UTF-8.
   */
  text(field: number, value: string): this {
    const bytes = Buffer.from(value)
    this.#number(tagOf(field, WIRE.delimited))
    this.#number(bytes.length)
    for (const byte of bytes) this.#bytes.push(byte)
    return this
  }

  /** The message. */
  finish(): Buffer {
    return Buffer.from(this.#bytes)
  }

  #number(value: number): void {
    let rest = value
    // By division: bits are counted in 32 only.
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes.push((rest % 0x80) | 0x80)
    this.#bytes.push(rest)
  }
}
