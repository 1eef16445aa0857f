import { createRequire } from 'node:module'
import type { ProtoJsonCodec } from '@inmesh/xds-proto/json'
import type { FieldScope } from './field-scope.js'
import type { TypedConfig } from './typed-config.js'

/** Reading JSON needs the descriptions of all messages, which nearly no configuration does: they are loaded when one comes. */
const load = createRequire(import.meta.url)

/** The codec, once it was asked for. */
const loaded: { codec?: ProtoJsonCodec } = {}

/**
 * Gives an extension's configuration in the encoding of its own message, whichever way it was sent.
 *
 * @param scope - Where the configuration stands.
 * @param config - The configuration.
 * @returns the bytes; undefined when it came as a TypedStruct that is not such a message, which is reported.
 */
export function configBytes(scope: FieldScope, { typeName, bytes, fields }: TypedConfig): Uint8Array | undefined {
  if (bytes !== undefined) return bytes
  try {
    loaded.codec ??= (load('@inmesh/xds-proto/json') as typeof import('@inmesh/xds-proto/json')).loadJsonCodec()
    return loaded.codec.encode(typeName, fields ?? {})
  } catch (error) {
    scope.at('value').malformed(error instanceof Error ? error.message : String(error))
    return undefined
  }
}
