import { finishSlices, type Slices } from '@inmesh/core'
import type { MessageCodec } from '@inmesh/xds-proto'
import { FieldScope } from './field/field-scope.js'
import { ResourceReport } from './field/resource-report.js'
import { type DecodedResource, type ResourceOrigin, UNTRUSTED } from './resource-type.js'

/** How one kind of resource is read. */
export interface ResourceReader<Message, Value> {
  /** Codec of the resource's message. */
  readonly codec: MessageCodec<Message>
  /** Field that holds the resource's name, in proto names. */
  readonly nameField: string
  /** Reads the name. */
  readonly nameOf: (message: Message) => string
  /**
   * Translates the message. Errors go to the scope; the value counts only if there are none.
   */
  readonly translate: (scope: FieldScope, message: Message) => Value | undefined
}

/** How a kind of resource is read in slices. */
export interface SlicedReader<Opened, Value> {
  /** Full name of the resource's message. */
  readonly messageName: string
  /** Decodes as much of the message as tells its name. */
  readonly open: (bytes: Uint8Array) => Opened
  /** Field that holds the resource's name, in proto names. */
  readonly nameField: string
  /** Reads the name. */
  readonly nameOf: (opened: Opened) => string
  /** Decodes the rest and translates it. Errors go to the scope; the value counts only if there are none. */
  readonly translate: (scope: FieldScope, opened: Opened, previous: Value | undefined) => Slices<Value | undefined>
}

/**
 * Decodes, validates and translates one resource. Never throws: whatever a control plane sends, the process and the resource's siblings
 * go on.
 */
export function decodeResource<Message, Value>(
  { codec, nameField, nameOf, translate }: ResourceReader<Message, Value>,
  bytes: Uint8Array,
  origin = UNTRUSTED,
): DecodedResource<Value> {
  const reader: SlicedReader<Message, Value> = {
    messageName: codec.$type,
    open: (whole) => codec.decode(whole),
    nameField,
    nameOf,
    // biome-ignore lint/correctness/useYield: one slice, which is all of it.
    *translate(scope, message) {
      return translate(scope, message)
    },
  }
  return finishSlices(decodeSlices(reader, bytes, undefined, origin))
}

/**
 * The same in slices.
 *
 * @param reader - How the kind of resource is read.
 * @param bytes - The serialized message.
 * @param previous - What the copy in use means, if there is one.
 * @param origin - Where the resource comes from.
 */
export function* decodeSlices<Opened, Value>(
  reader: SlicedReader<Opened, Value>,
  bytes: Uint8Array,
  previous: Value | undefined,
  origin: ResourceOrigin = UNTRUSTED,
): Slices<DecodedResource<Value>> {
  let opened: Opened
  try {
    opened = reader.open(bytes)
  } catch (error) {
    return malformed('', `not a ${reader.messageName}: ${messageOf(error)}`)
  }
  const name = reader.nameOf(opened)
  if (name === '') {
    return { kind: 'malformed', name: '', errors: [{ field: reader.nameField, message: 'the name is missing' }] }
  }
  const report = new ResourceReport()
  let value: Value | undefined
  try {
    value = yield* reader.translate(FieldScope.root(report, origin), opened, previous)
  } catch (error) {
    return malformed(name, `the resource could not be translated: ${messageOf(error)}`)
  }
  if (report.errors.length > 0) return { kind: 'malformed', name, errors: report.errors }
  if (value === undefined) return malformed(name, 'the resource could not be translated')
  return { kind: 'valid', name, value, unsupported: report.unsupported }
}

function malformed(name: string, message: string): DecodedResource<never> {
  return { kind: 'malformed', name, errors: [{ field: '', message }] }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
