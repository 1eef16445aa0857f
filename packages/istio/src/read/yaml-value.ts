import type { ErrorPlace } from '@inmesh/core'
import { isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml'
import { durationMs } from './duration.js'
import type { SourceDocument } from './source-document.js'

/** Bounds of a number, both inclusive. */
export interface NumberRange {
  /** Smallest value allowed. */
  readonly min: number
  /** Largest value allowed. Default: none. */
  readonly max?: number
}

/**
 * One value of a document, that knows its place. Each reading method reports a value of the wrong shape as an error at that place and
 * answers undefined, so that reading goes on and finds the rest.
 */
export class YamlValue {
  readonly #source: SourceDocument
  readonly #node: Node | null
  readonly #line: number | undefined
  /** Path of the field: `spec.http[0].timeout`. Empty for the whole document. */
  readonly path: string

  /**
   * @param source - The document.
   * @param node - The parsed node; null for a key without a value.
   * @param path - Path of the field.
   * @param keyOffset - Offset of the key in the file, which names the line better than the value does. Default: the node's own.
   */
  constructor(source: SourceDocument, node: unknown, path: string, keyOffset?: number) {
    this.#source = source
    const resolved = isAlias(node) ? node.resolve(source.document) : node
    this.#node = isNode(resolved) ? resolved : null
    this.path = path
    const offset = keyOffset ?? (isNode(node) ? node.range?.[0] : undefined)
    this.#line = offset === undefined ? undefined : source.lines.linePos(offset).line
  }

  /** Where this value lies. */
  get place(): ErrorPlace {
    return {
      file: this.#source.file,
      ...(this.#line === undefined ? {} : { line: this.#line }),
      ...(this.path === '' ? {} : { field: this.path }),
    }
  }

  /** Whether the key has no value, or `null`. */
  get isNull(): boolean {
    return this.#node === null || (isScalar(this.#node) && this.#node.value === null)
  }

  /** Whether this is a map. */
  get isMap(): boolean {
    return isMap(this.#node)
  }

  /** @param message - What is wrong, a sentence without the final stop. */
  fail(message: string, cause?: unknown): void {
    this.#source.problems.error(this.place, message, cause)
  }

  /**
   * As {@link fail}, for a field that was found by other means.
   *
   * @param field - Path of the field.
   */
  failAt(field: string, message: string, cause?: unknown): void {
    this.#source.problems.error({ ...this.place, field }, message, cause)
  }

  /** @param message - What is not carried out, a sentence without the final stop. */
  warn(message: string): void {
    this.#source.problems.warn(this.place, message)
  }

  /** A string; undefined when it is none. */
  string(): string | undefined {
    const value = this.#scalar()
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') this.fail('must be a string: put it in quotes')
    else this.fail('must be a string')
    return undefined
  }

  /** An integer within `range`; undefined when it is none. */
  integer(range: NumberRange): number | undefined {
    const value = this.number(range)
    if (value === undefined || Number.isInteger(value)) return value
    this.fail('must be a whole number')
    return undefined
  }

  /** A number within `range`; undefined when it is none. */
  number(range: NumberRange): number | undefined {
    const value = this.#scalar()
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.fail('must be a number')
      return undefined
    }
    if (value >= range.min && value <= (range.max ?? Number.POSITIVE_INFINITY)) return value
    this.fail(range.max === undefined ? `must be at least ${range.min}` : `must be from ${range.min} to ${range.max}`)
    return undefined
  }

  /** A boolean; undefined when it is none. */
  boolean(): boolean | undefined {
    const value = this.#scalar()
    if (typeof value === 'boolean') return value
    this.fail('must be true or false')
    return undefined
  }

  /** A duration in milliseconds, 0 or more; undefined when it is none. */
  durationMs(): number | undefined {
    const value = this.#scalar()
    const parsed = typeof value === 'string' ? durationMs(value) : undefined
    if (parsed === undefined) this.fail('must be a duration such as 500ms, 2.5s or 1h30m')
    return parsed
  }

  /** One of `allowed`; undefined when it is none of them. */
  oneOf<const T extends string>(allowed: readonly T[]): T | undefined {
    const value = this.#scalar()
    const found = allowed.find((name) => name === value)
    if (found === undefined) this.fail(`must be one of ${allowed.join(', ')}`)
    return found
  }

  /** The items of a list; none when it is not a list. */
  items(): readonly YamlValue[] {
    if (this.isNull) return []
    if (!isSeq(this.#node)) {
      this.fail('must be a list')
      return []
    }
    return this.#node.items.map((item, index) => new YamlValue(this.#source, item, `${this.path}[${index}]`))
  }

  /** The strings of a list; those items that are none are left out. */
  strings(): readonly string[] {
    return this.items()
      .map((item) => item.string())
      .filter((item) => item !== undefined)
  }

  /** The entries of a map, in the order written; none when it is not a map. */
  entries(): readonly (readonly [string, YamlValue])[] {
    if (this.isNull) return []
    if (!isMap(this.#node)) {
      this.fail('must be a map')
      return []
    }
    const entries: [string, YamlValue][] = []
    for (const { key, value } of this.#node.items) {
      const name = isScalar(key) ? String(key.value) : String(key)
      const keyOffset = isNode(key) ? key.range?.[0] : undefined
      const path = this.path === '' ? name : `${this.path}.${name}`
      entries.push([name, new YamlValue(this.#source, value, path, keyOffset)])
    }
    return entries
  }

  /** The entries of a map of strings; those whose value is none are left out. */
  stringMap(): Readonly<Record<string, string>> {
    const map: Record<string, string> = {}
    for (const [name, value] of this.entries()) {
      const text = value.string()
      if (text !== undefined) map[name] = text
    }
    return map
  }

  /** The value as plain JavaScript, for documents whose shape is checked elsewhere. */
  plain(): unknown {
    return this.#node === null ? null : this.#node.toJS(this.#source.document)
  }

  /**
   * @param keys - Names and indices from this value down.
   * @returns the value there, or the deepest one on the way that exists.
   */
  at(keys: readonly (string | number)[]): YamlValue {
    const [key, ...rest] = keys
    if (key === undefined) return this
    const below =
      typeof key === 'number'
        ? isSeq(this.#node)
          ? this.items()[key]
          : undefined
        : isMap(this.#node)
          ? this.entries().find(([name]) => name === key)?.[1]
          : undefined
    return below?.at(rest) ?? this
  }

  #scalar(): unknown {
    return isScalar(this.#node) ? this.#node.value : undefined
  }
}
