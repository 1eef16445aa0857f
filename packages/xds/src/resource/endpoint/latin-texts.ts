/** So many bytes are made text in one call, as it costs more than to copy them. */
const WINDOW_BYTES = 8 * 1024

/** Texts out of a buffer, one character for each byte, that are asked for from front to back. */
export class LatinTexts {
  readonly #bytes: Buffer
  #window = ''
  #start = 0
  #end = 0

  /**
   * @param bytes - The buffer.
   */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /**
   * @param start - Where a text begins.
   * @param end - Where it ends.
   * @returns the text. It keeps others around it in memory, and is not to be kept itself.
   */
  slice(start: number, end: number): string {
    if (start < this.#start || end > this.#end) this.#move(start, end)
    return this.#window.slice(start - this.#start, end - this.#start)
  }

  #move(start: number, end: number): void {
    this.#start = start
    this.#end = Math.max(end, start + WINDOW_BYTES)
    this.#window = this.#bytes.toString('latin1', this.#start, this.#end)
  }
}
