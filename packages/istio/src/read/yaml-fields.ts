import type { NumberRange, YamlValue } from './yaml-value.js'

/** The fields of a map, each read by name. What was not read in the end is unknown, and an error. */
export class YamlFields {
  readonly #owner: YamlValue
  readonly #values: ReadonlyMap<string, YamlValue>
  readonly #read = new Set<string>()

  /** @param owner - The map. */
  constructor(owner: YamlValue) {
    this.#owner = owner
    this.#values = new Map(owner.entries())
  }

  /** The map itself, for errors that are about it as a whole. */
  get owner(): YamlValue {
    return this.#owner
  }

  /** The value of a field; undefined when it is absent or null. */
  get(name: string): YamlValue | undefined {
    this.#read.add(name)
    const value = this.#values.get(name)
    return value === undefined || value.isNull ? undefined : value
  }

  /** As {@link get}, with an error when the field is absent. */
  require(name: string): YamlValue | undefined {
    const value = this.get(name)
    if (value === undefined) this.#owner.fail(`${name} is missing`)
    return value
  }

  /** Whether the field is written, even as an empty map. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** A string; undefined when absent. */
  string(name: string): string | undefined {
    return this.get(name)?.string()
  }

  /** A string that must be there and not be empty; empty when it is not, which was then reported. */
  requiredString(name: string): string {
    const value = this.require(name)
    const text = value?.string()
    if (text === '') value?.fail('must not be empty')
    return text ?? ''
  }

  /** An integer within `range`; undefined when absent. */
  integer(name: string, range: NumberRange): number | undefined {
    return this.get(name)?.integer(range)
  }

  /** A boolean; undefined when absent. */
  boolean(name: string): boolean | undefined {
    return this.get(name)?.boolean()
  }

  /** A duration in milliseconds; undefined when absent. */
  durationMs(name: string): number | undefined {
    return this.get(name)?.durationMs()
  }

  /** One of `allowed`; undefined when absent. */
  oneOf<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    return this.get(name)?.oneOf(allowed)
  }

  /** The items of a list; none when absent. */
  items(name: string): readonly YamlValue[] {
    return this.get(name)?.items() ?? []
  }

  /** The strings of a list; none when absent. */
  strings(name: string): readonly string[] {
    return this.get(name)?.strings() ?? []
  }

  /** A map of strings; empty when absent. */
  stringMap(name: string): Readonly<Record<string, string>> {
    return this.get(name)?.stringMap() ?? {}
  }

  /** A map with known fields; undefined when absent. */
  fields<T>(name: string, read: (fields: YamlFields) => T): T | undefined {
    const value = this.get(name)
    return value === undefined ? undefined : readFields(value, read)
  }

  /** Accepts fields without reading them, because they say nothing about the mesh. */
  skip(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name)
  }

  /** Warns of fields that are valid but not carried out. Only for fields whose absence weakens nothing. */
  notCarriedOut(names: readonly string[], reason: string): void {
    for (const name of names) this.get(name)?.warn(`is not carried out: ${reason}`)
  }

  /** Refuses fields that would have to be carried out, because leaving them out would weaken security or change who is served. */
  refuse(names: readonly string[], reason: string): void {
    for (const name of names) this.get(name)?.fail(reason)
  }

  /** Reports every field that was not asked for. */
  end(): void {
    for (const [name, value] of this.#values) {
      if (!this.#read.has(name)) value.fail('is not a known field')
    }
  }
}

/**
 * Reads a map whose fields are known. Fields that `read` did not ask for are errors: a typo must not pass silently.
 *
 * @param value - The map.
 * @param read - Reads the fields.
 * @returns what `read` returned, or undefined when the value is not a map.
 */
export function readFields<T>(value: YamlValue, read: (fields: YamlFields) => T): T | undefined {
  if (!value.isNull && !value.isMap) {
    value.fail('must be a map')
    return undefined
  }
  const fields = new YamlFields(value)
  const result = read(fields)
  fields.end()
  return result
}
