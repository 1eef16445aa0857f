import type { JsonValue } from '@inmesh/core'
import { type Any, type MessageCodec, TypedStruct, typeNameOf, UdpaTypedStruct } from '@inmesh/xds-proto'
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
  const wrapped = decodeConfig(scope, TypedStruct, any.value)
  if (wrapped === undefined) return undefined
  return { typeName: typeNameOf(wrapped.typeUrl), bytes: undefined, fields: (wrapped.value ?? {}) as JsonValue }
}

/**
 * Decodes an extension's configuration.
 *
 * @returns undefined when the bytes are not such a message, which is reported.
 */
export function decodeConfig<Message>(
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
