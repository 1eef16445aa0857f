import { MeshError } from '@inmesh/core'
import type { JsonObject, JsonValue } from './json.js'

/** A document nested deeper than this is a mistake, or an object that contains itself. */
const deepest = 64

/** Where a bootstrap came from, as its errors tell it. */
export interface BootstrapOrigin {
  /** How a message names it: `bootstrap file /etc/x.json`, `GRPC_XDS_BOOTSTRAP_CONFIG`. */
  readonly description: string
  /** The file, when it is one. */
  readonly file?: string
}

/** A value in a JSON document together with its path, so that every complaint names the document and the field. */
export class JsonField {
  /** Path from the root: `xds_servers[0].server_uri`. Empty for the root. */
  readonly path: string
  readonly #value: unknown
  readonly #origin: BootstrapOrigin
  readonly #depth: number

  constructor(value: unknown, origin: BootstrapOrigin, path = '', depth = 0) {
    this.#value = value
    this.#origin = origin
    this.path = path
    this.#depth = depth
  }

  /** Whether the field is missing. A null counts as missing, as in proto JSON. */
  get isAbsent(): boolean {
    return this.#value === undefined || this.#value === null
  }

  /** A member of this object. The member may be absent. */
  member(name: string): JsonField {
    const object = this.#object()
    const value = Object.hasOwn(object, name) ? object[name] : undefined
    return new JsonField(value, this.#origin, this.path === '' ? name : `${this.path}.${name}`, this.#depth + 1)
  }

  /** The members of this object by name; none when it is absent. */
  members(): readonly (readonly [string, JsonField])[] {
    return Object.keys(this.#object()).map((name) => [name, this.member(name)] as const)
  }

  /** The elements of this array; none when it is absent. */
  elements(): readonly JsonField[] {
    if (this.isAbsent) return []
    if (!Array.isArray(this.#value)) this.#wrongType('an array')
    return this.#value.map(
      (value, index) => new JsonField(value, this.#origin, `${this.path}[${index}]`, this.#depth + 1),
    )
  }

  /** This string, or `fallback` when it is absent. */
  string(fallback: string): string {
    if (this.isAbsent) return fallback
    if (typeof this.#value !== 'string') this.#wrongType('a string')
    return this.#value
  }

  /** This string, which must be there and not be empty. */
  requiredString(): string {
    const value = this.string('')
    if (value === '') this.fail(this.isAbsent ? 'is missing' : 'is empty')
    return value
  }

  /** This boolean, or `fallback` when it is absent. */
  boolean(fallback: boolean): boolean {
    if (this.isAbsent) return fallback
    if (typeof this.#value !== 'boolean') this.#wrongType('true or false')
    return this.#value
  }

  /** This duration as proto JSON has it (`600s`, `1.5s`), in milliseconds and more than none, or `fallback` when it is absent. */
  positiveDurationMs(fallback: number): number {
    if (this.isAbsent) return fallback
    const text = this.string('')
    const milliseconds = /^\d{1,12}(\.\d{1,9})?s$/.test(text) ? Number.parseFloat(text) * 1_000 : 0
    if (milliseconds <= 0) this.fail(`is ${JSON.stringify(text)}, not a duration such as "600s"`)
    return milliseconds
  }

  /** A copy of this object, or an empty one when it is absent. Members that are undefined are left out. */
  copyObject(): JsonObject {
    const copied = this.members().filter(([, member]) => member.#value !== undefined)
    return Object.fromEntries(copied.map(([name, member]) => [name, member.copy()]))
  }

  /** A copy of this value, which need not have come from JSON text: what JSON cannot say is an error. */
  copy(): JsonValue {
    const value = this.#value
    if (this.#depth > deepest) this.fail('is nested too deeply')
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (Array.isArray(value)) return this.elements().map((element) => element.copy())
    if (typeof value === 'object') return this.copyObject()
    return this.fail(`is ${typeof value === 'number' ? value : `a ${typeof value}`}, which JSON cannot say`)
  }

  /** Gives up on the document because of this field. The message continues the sentence that begins with the field's path. */
  fail(complaint: string, cause?: unknown): never {
    const { description, file } = this.#origin
    const subject = this.path === '' ? description : `${description}: ${this.path}`
    const field = this.path === '' ? {} : { field: this.path }
    throw new MeshError('ERR_INMESH_BOOTSTRAP', `${subject} ${complaint}`, {
      place: file === undefined ? field : { file, ...field },
      cause,
    })
  }

  #object(): Record<string, unknown> {
    if (this.isAbsent) return {}
    if (typeof this.#value !== 'object' || Array.isArray(this.#value)) this.#wrongType('an object')
    return this.#value as Record<string, unknown>
  }

  #wrongType(expected: string): never {
    const actual = Array.isArray(this.#value) ? 'an array' : `a ${typeof this.#value}`
    this.fail(`must be ${expected}, not ${actual === 'a object' ? 'an object' : actual}`)
  }
}
