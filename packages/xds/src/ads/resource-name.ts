/** Field number of the name in every xDS resource: `name`, in a ClusterLoadAssignment `cluster_name`. */
const nameField = 1

/**
 * Reads the name of a serialized resource without decoding the rest, so that a resource that did not change, or that nobody asked for,
 * costs no more than this.
 *
 * @returns undefined when the bytes are no message, or have no name.
 */
export function peekResourceName(bytes: Uint8Array): string | undefined {
  const cursor = new WireCursor(bytes)
  let name: string | undefined
  while (!cursor.isAtEnd) {
    const tag = cursor.varint()
    const field = Math.floor(tag / 8)
    if (field === nameField && tag % 8 === 2) name = cursor.text()
    else cursor.skip(tag % 8)
    if (cursor.isBroken) return undefined
  }
  return name
}

class WireCursor {
  isBroken = false
  readonly #bytes: Uint8Array
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length
  }

  /** An unsigned number; beyond 2^53 only its being skipped counts. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.#position++]
      if (byte === undefined) break
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    this.isBroken = true
    return 0
  }

  text(): string {
    const length = this.varint()
    const start = this.#position
    this.#advance(length)
    return this.isBroken ? '' : Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, length).toString('utf8')
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint()
    else if (wireType === 1) this.#advance(8)
    else if (wireType === 2) this.#advance(this.varint())
    else if (wireType === 5) this.#advance(4)
    // Groups occur in no xDS message.
    else this.isBroken = true
  }

  #advance(length: number): void {
    this.#position += length
    if (this.#position > this.#bytes.length) this.isBroken = true
  }
}
