import type { MessageCodec } from '@inmesh/xds-proto'
import { FieldScope } from './field/field-scope.js'
import { ResourceReport } from './field/resource-report.js'
import type { DecodedResource } from './resource-type.js'

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

/**
 * Decodes, validates and translates one resource. Never throws: whatever a control plane sends, the process and the resource's siblings
 * go on.
 */
export function decodeResource<Message, Value>(
  reader: ResourceReader<Message, Value>,
  bytes: Uint8Array,
): DecodedResource<Value> {
  let message: Message
  try {
    message = reader.codec.decode(bytes)
  } catch (error) {
    return malformed('', `not a ${reader.codec.$type}: ${messageOf(error)}`)
  }
  const name = reader.nameOf(message)
  if (name === '') {
    return { kind: 'malformed', name: '', errors: [{ field: reader.nameField, message: 'the name is missing' }] }
  }
  const report = new ResourceReport()
  let value: Value | undefined
  try {
    value = reader.translate(FieldScope.root(report), message)
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
