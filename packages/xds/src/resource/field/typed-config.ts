import * as nodeModule from 'node:module'
import type { JsonValue } from '@inmesh/core'
import { type Any, type MessageCodec, TypedStruct, typeNameOf, UdpaTypedStruct } from '@inmesh/xds-proto'
import type { ProtoJsonError } from '@inmesh/xds-proto/json'
import type { FieldScope } from './field-scope.js'

/** The type of an extension's configuration and, where it was sent in its own encoding, the bytes. */
export interface TypedConfig {
  /** Full message name, `envoy.extensions.filters.http.fault.v3.HTTPFault`. */
  readonly typeName: string
  /** The serialized message; undefined when it came as a TypedStruct. */
  readonly bytes: Uint8Array | undefined
  /** What a TypedStruct holds; undefined when it came in its own encoding. */
  readonly fields?: JsonValue
}

/**
 * Finds out which extension an `Any` configures. A TypedStruct is looked into: it names the real type (gRFC A52, "the last segment of
 * the type URL").
 *
 * @returns undefined when the `Any` holds a TypedStruct that cannot be read, which is reported.
 */
export function typedConfigOf(scope: FieldScope, any: Any): TypedConfig | undefined {
  const typeName = typeNameOf(any.typeUrl)
  if (typeName !== TypedStruct.$type && typeName !== UdpaTypedStruct.$type) return { typeName, bytes: any.value }
  // The two messages have the same fields; only their packages differ.
  const wrapped = decodeBytes(scope, TypedStruct, any.value)
  if (wrapped === undefined) return undefined
  return { typeName: typeNameOf(wrapped.typeUrl), bytes: undefined, fields: (wrapped.value ?? {}) as JsonValue }
}

/**
 * Decodes an extension's configuration, whichever way it was sent.
 *
 * @param scope - Where it stands.
 * @param codec - Of the message whose name it has.
 * @param config - The configuration.
 * @returns undefined when it is not such a message, which is reported with every place where it is not.
 */
export function decodeConfig<Message>(
  scope: FieldScope,
  codec: MessageCodec<Message>,
  { bytes, fields }: TypedConfig,
): Message | undefined {
  const encoded = bytes ?? encodeFields(scope, codec, fields ?? {})
  return encoded && decodeBytes(scope, codec, encoded)
}

/**
 * Decodes a message in its own encoding.
 *
 * @param scope - Where it stands.
 * @param codec - Of the message.
 * @param bytes - The serialized message.
 * @returns undefined when the bytes are not such a message, which is reported.
 */
export function decodeBytes<Message>(
  scope: FieldScope,
  codec: MessageCodec<Message>,
  bytes: Uint8Array,
): Message | undefined {
  try {
    return codec.decode(bytes)
  } catch (error) {
    scope.malformed(`not a ${codec.$type}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** Places are told as those of the message, as for one that came in its own encoding. */
function encodeFields(scope: FieldScope, { $type }: MessageCodec<unknown>, fields: JsonValue): Uint8Array | undefined {
  try {
    // Here and not above: what a bundler made of this module may have no URL.
    const load = nodeModule.createRequire(import.meta.url)
    const { jsonCodec } = load('./json-codec.js') as typeof import('./json-codec.js')
    return jsonCodec.encode($type, fields)
  } catch (error) {
    const { path = '', problem, others = [] } = error as Partial<ProtoJsonError>
    if (problem === undefined) throw error
    for (const each of [{ path, problem }, ...others]) {
      const place = each.path === '' ? scope : scope.at(each.path)
      place.malformed(each.problem)
    }
    return undefined
  }
}
