/** A query string whose parameters are changed by name. What is not changed stays as it was written. */
export class QueryString {
  #parts: string[]

  /**
   * @param text - Without the question mark; may be empty.
   */
  constructor(text: string) {
    this.#parts = text === '' ? [] : text.split('&')
  }

  /** Whether there is a parameter of a name. */
  has(name: string): boolean {
    return this.#parts.some((part) => nameOf(part) === name)
  }

  /** Removes every parameter of a name. */
  remove(name: string): void {
    this.#parts = this.#parts.filter((part) => nameOf(part) !== name)
  }

  /** Adds a parameter, encoded, at the end. */
  add(name: string, value: string): void {
    this.#parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  }

  /** The string, without a question mark. */
  toString(): string {
    return this.#parts.join('&')
  }
}

function nameOf(part: string): string {
  const equals = part.indexOf('=')
  const name = equals < 0 ? part : part.slice(0, equals)
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    // Not of a well-formed encoding: it can only be named as it is written.
    return name
  }
}
