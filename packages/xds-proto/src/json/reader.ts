import {
  create,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
  mergeFromJson,
  type Registry,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { AnySchema, hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt'
import { typeNameOf } from '../type-url.js'
import { ProtoJsonError } from './error.js'
import { JsonPath } from './path.js'

type JsonObject = Record<string, JsonValue>

/** As deep as a message may be nested: the codec's own limit. */
const depthLimit = 100

/** What stands in an error for a type whose JSON is a plain value. */
const plainForms: Readonly<Record<string, string>> = {
  'google.protobuf.Duration': 'a duration such as "1.5s"',
  'google.protobuf.Timestamp': 'a time such as "2030-01-01T00:00:00Z"',
  'google.protobuf.Struct': 'an object',
  'google.protobuf.ListValue': 'a list',
  'google.protobuf.Value': 'a JSON value',
}

/**
 * Reads proto-JSON into a message. The structure is walked here, so that an
 * error names its place; single values are converted by the library.
 */
export class ProtoJsonReader {
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /**
   * @throws ProtoJsonError for unknown fields and types and for values that do
   * not fit their field.
   */
  read(desc: DescMessage, json: unknown): Message {
    return this.#message(desc, json, JsonPath.root, 0)
  }

  #message(desc: DescMessage, json: unknown, path: JsonPath, depth: number): Message {
    if (depth > depthLimit) throw fault(path, `nested deeper than ${depthLimit} messages`)
    if (desc.typeName === AnySchema.typeName) return this.#any(json, path, depth)
    if (hasCustomJsonRepresentation(desc)) return plainMessage(desc, json, path)

    const message = create(desc)
    const target = reflect(desc, message)
    const written = new Map<string, string>()
    const faults: ProtoJsonError[] = []
    for (const [name, value] of Object.entries(objectAt(json, path, desc))) {
      const at = path.field(name)
      collectInto(faults, () => {
        const field = fieldNamed(desc, name)
        if (field === undefined) throw fault(at, `unknown field of ${desc.typeName}`)
        refuseSecond(written, field, name, at, value)
        this.#field(target, field, value, at, depth)
      })
    }
    throwAny(faults)
    return message
  }

  #field(target: ReflectMessage, field: DescField, value: JsonValue, path: JsonPath, depth: number): void {
    // A null is a field that is not there, except for the JSON value null.
    if (value === null && field.message?.typeName !== 'google.protobuf.Value') return
    switch (field.fieldKind) {
      case 'message':
        target.set(field, reflect(field.message, this.#message(field.message, value, path, depth + 1)))
        break
      case 'list': {
        if (!Array.isArray(value)) throw fault(path, `expected a list, got ${kindOf(value)}`)
        const list = target.get(field)
        const faults: ProtoJsonError[] = []
        for (const [index, item] of value.entries()) {
          const at = path.index(index)
          collectInto(faults, () => {
            if (field.message === undefined) mergeValue(target, field, [item], item, at)
            else list.add(reflect(field.message, this.#message(field.message, item, at, depth + 1)))
          })
        }
        throwAny(faults)
        break
      }
      case 'map': {
        const map = target.get(field)
        for (const [key, item] of Object.entries(objectAt(value, path))) {
          const at = path.key(key)
          if (field.message === undefined) mergeValue(target, field, { [key]: item }, item, at)
          else map.set(key, reflect(field.message, this.#message(field.message, item, at, depth + 1)))
        }
        break
      }
      case 'enum':
      case 'scalar':
        mergeValue(target, field, value, value, path)
        break
    }
  }

  #any(json: unknown, path: JsonPath, depth: number): Message {
    const { '@type': typeUrl, ...rest } = objectAt(json, path, AnySchema)
    if (typeUrl === undefined && Object.keys(rest).length === 0) return create(AnySchema)
    const at = path.field('@type')
    if (typeof typeUrl !== 'string') throw fault(at, `expected a type URL, got ${kindOf(typeUrl)}`)
    const desc = this.#registry.getMessage(typeNameOf(typeUrl))
    if (desc === undefined) throw fault(at, `unknown type ${shown(typeUrl)}`)

    let message: Message
    if (hasCustomJsonRepresentation(desc)) {
      const { value, ...others } = rest
      const [unknown] = Object.keys(others)
      if (unknown !== undefined) throw fault(path.field(unknown), `${desc.typeName} stands in "value" only`)
      message = this.#message(desc, value, path.field('value'), depth + 1)
    } else {
      message = this.#message(desc, rest, path, depth + 1)
    }
    return create(AnySchema, { typeUrl, value: toBinary(desc, message) })
  }
}

/** The rest of a message or list is read past an error, so that all of them are told at once. */
function collectInto(faults: ProtoJsonError[], read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof ProtoJsonError)) throw error
    faults.push(error, ...error.others)
  }
}

function throwAny([first, ...others]: readonly ProtoJsonError[]): void {
  if (first !== undefined) throw new ProtoJsonError(first.path, first.problem, { others })
}

/** Wrappers, durations, structs: messages whose JSON is a plain value. */
function plainMessage(desc: DescMessage, json: unknown, path: JsonPath): Message {
  // The library takes anything after the unit and stumbles over too many digits.
  const isDuration = desc.typeName === 'google.protobuf.Duration'
  if (!isDuration || (typeof json === 'string' && /^-?\d+(?:\.\d{1,9})?s$/.test(json))) {
    try {
      return fromJson(desc, json as JsonValue)
    } catch {
      // What the library says lacks the place and the words of a configuration file.
    }
  }
  const form = plainForms[desc.typeName]
  if (isDuration) throw fault(path, `expected ${form}, got ${shown(json)}`)
  const value = desc.fields.find((field) => field.name === 'value')
  if (form !== undefined || value === undefined)
    throw fault(path, `expected ${form ?? desc.typeName}, got ${kindOf(json)}`)
  throw fault(path, scalarProblem(value, json))
}

/** Sets a scalar or enum, or adds one to a list or map. */
function mergeValue(
  target: ReflectMessage,
  field: DescField,
  merged: JsonValue,
  value: JsonValue,
  path: JsonPath,
): void {
  try {
    mergeFromJson(target.desc, target.message, { [field.jsonName]: merged })
  } catch {
    if (field.enum === undefined) throw fault(path, scalarProblem(field, value))
    const names = field.enum.values.map((known) => known.name).join(', ')
    throw fault(path, `expected one of ${names}, got ${shown(value)}`)
  }
}

function refuseSecond(
  written: Map<string, string>,
  field: DescField,
  name: string,
  path: JsonPath,
  value: JsonValue,
): void {
  const twin = written.get(field.name)
  if (twin !== undefined) throw fault(path, `the same field as ${twin}`)
  written.set(field.name, name)
  if (field.oneof === undefined || value === null) return
  const group = `oneof ${field.oneof.name}`
  const other = written.get(group)
  if (other !== undefined) throw fault(path, `excludes ${other}: only one of ${field.oneof.name} may be set`)
  written.set(group, name)
}

function fieldNamed(desc: DescMessage, name: string): DescField | undefined {
  return desc.fields.find((field) => field.name === name || field.jsonName === name)
}

function objectAt(json: unknown, path: JsonPath, desc?: DescMessage): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject
  const form = desc === undefined ? 'an object' : `an object (${desc.typeName})`
  throw fault(path, `expected ${form}, got ${kindOf(json)}`)
}

/** What a scalar is called in an error; the others are integers. */
const scalarForms: Partial<Record<ScalarType, string>> = {
  [ScalarType.STRING]: 'a string',
  [ScalarType.BYTES]: 'bytes in base64',
  [ScalarType.BOOL]: 'true or false',
  [ScalarType.DOUBLE]: 'a number',
  [ScalarType.FLOAT]: 'a number',
}

/** Says what is wrong with a scalar. A string or bytes may be a secret: only its kind is told. */
function scalarProblem({ scalar = ScalarType.STRING }: DescField, json: unknown): string {
  const form = scalarForms[scalar] ?? `an integer (${ScalarType[scalar].toLowerCase()})`
  const mayBeSecret = scalar === ScalarType.STRING || scalar === ScalarType.BYTES
  return `expected ${form}, got ${mayBeSecret ? kindOf(json) : shown(json)}`
}

function shown(json: unknown): string {
  if (typeof json === 'object' && json !== null) return kindOf(json)
  const text = json === undefined ? 'nothing' : (JSON.stringify(json) ?? kindOf(json))
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function kindOf(json: unknown): string {
  if (json === undefined) return 'nothing'
  if (json === null) return 'null'
  if (Array.isArray(json)) return 'a list'
  return typeof json === 'object' ? 'an object' : `a ${typeof json}`
}

function fault(path: JsonPath, problem: string): ProtoJsonError {
  return new ProtoJsonError(path.toString(), problem)
}
