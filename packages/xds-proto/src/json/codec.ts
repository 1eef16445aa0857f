import { readFileSync } from 'node:fs'
import {
  createFileRegistry,
  type DescMessage,
  fromBinary,
  type JsonValue,
  type Registry,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { type Any, AnySchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { typeNameOf } from '../type-url.js'
import { ProtoJsonError } from './error.js'
import { showUnknownAnys } from './opaque-any.js'
import { ProtoJsonReader } from './reader.js'

export type { JsonValue }

/** Translates between proto-JSON and the binary form of any message of the mesh. */
export interface ProtoJsonCodec {
  /** Whether a message of this type URL or full name can be read and written. */
  has(type: string): boolean

  /**
   * Encodes the JSON of one message. Field names may be as in the .proto file
   * (`route_config`) or in lower camel case (`routeConfig`).
   *
   * @param type its type URL or full name
   * @throws ProtoJsonError (`ERR_INMESH_PROTO_JSON`) with the path of what is wrong.
   */
  encode(type: string, json: unknown): Uint8Array

  /**
   * Encodes the JSON of an `Any`: a message with its type URL in `@type`.
   *
   * @throws ProtoJsonError (`ERR_INMESH_PROTO_JSON`) with the path of what is wrong.
   */
  encodeAny(json: unknown): { typeUrl: string; value: Uint8Array }

  /**
   * The JSON of a message, in lower camel case. An `Any` of a type that is not
   * known shows its bytes in base64: `{ "@type": …, "value": … }`.
   *
   * @param type its type URL or full name
   * @throws ProtoJsonError (`ERR_INMESH_PROTO_JSON`) when the type is not known
   * or the bytes are not such a message.
   */
  decode(type: string, bytes: Uint8Array): JsonValue
}

/**
 * Reads the descriptors of all messages from this package. It takes tens of
 * milliseconds: keep the codec.
 */
export function loadJsonCodec(): ProtoJsonCodec {
  const image = readFileSync(new URL('./descriptors.binpb', import.meta.url))
  return new DescriptorJsonCodec(createFileRegistry(fromBinary(FileDescriptorSetSchema, image)))
}

class DescriptorJsonCodec implements ProtoJsonCodec {
  readonly #registry: Registry
  readonly #reader: ProtoJsonReader

  constructor(registry: Registry) {
    this.#registry = registry
    this.#reader = new ProtoJsonReader(registry)
  }

  has(type: string): boolean {
    return this.#registry.getMessage(typeNameOf(type)) !== undefined
  }

  encode(type: string, json: unknown): Uint8Array {
    const desc = this.#descriptorOf(type)
    return toBinary(desc, this.#reader.read(desc, json))
  }

  encodeAny(json: unknown): { typeUrl: string; value: Uint8Array } {
    const { typeUrl, value } = this.#reader.read(AnySchema, json) as Any
    return { typeUrl, value }
  }

  decode(type: string, bytes: Uint8Array): JsonValue {
    const desc = this.#descriptorOf(type)
    try {
      const message = fromBinary(desc, bytes)
      return toJson(desc, message, { registry: showUnknownAnys(desc, message, this.#registry) })
    } catch (cause) {
      throw new ProtoJsonError(
        '',
        `these bytes are no ${desc.typeName}: ${cause instanceof Error ? cause.message : cause}`,
        {
          cause,
        },
      )
    }
  }

  #descriptorOf(type: string): DescMessage {
    const desc = this.#registry.getMessage(typeNameOf(type))
    if (desc === undefined) throw new ProtoJsonError('', `unknown message type ${JSON.stringify(type)}`)
    return desc
  }
}
