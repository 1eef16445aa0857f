/** A place in a JSON value, made longer on the way down and printed only for an error. */
export class JsonPath {
  /** The whole value. */
  static readonly root = new JsonPath(undefined, '')

  readonly #parent: JsonPath | undefined
  readonly #step: string

  private constructor(parent: JsonPath | undefined, step: string) {
    this.#parent = parent
    this.#step = step
  }

  /** A field, as its name is written in the JSON. */
  field(name: string): JsonPath {
    return new JsonPath(this, this === JsonPath.root ? name : `.${name}`)
  }

  /** An element of a list. */
  index(index: number): JsonPath {
    return new JsonPath(this, `[${index}]`)
  }

  /** An entry of a map. */
  key(key: string): JsonPath {
    return new JsonPath(this, `[${JSON.stringify(key)}]`)
  }

  toString(): string {
    return this.#parent === undefined ? this.#step : `${this.#parent}${this.#step}`
  }
}
