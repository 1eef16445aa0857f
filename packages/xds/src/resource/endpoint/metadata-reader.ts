import { type EndpointConfig, type JsonValue, WIRE, type WireCursor } from '@inmesh/core'
import { NO_METADATA } from './metadata.js'

type EndpointMetadata = EndpointConfig['metadata']

/** Metadata by its bytes. */
export type KnownMetadata = ReadonlyMap<string, EndpointConfig['metadata']>

/** `Metadata.filter_metadata`, and `Struct.fields`: maps. */
const MAP_ENTRY = (1 << 3) | WIRE.delimited
const MAP_KEY = (1 << 3) | WIRE.delimited
const MAP_VALUE = (2 << 3) | WIRE.delimited
/** `Value.string_value`. */
const STRING_VALUE = (3 << 3) | WIRE.delimited

/**
 * Reads Metadata messages whose values are text, as those of Istio are. Equal ones become one object: the endpoints of a workload differ
 * in nothing but their address.
 */
export class MetadataReader {
  readonly #cursor: WireCursor
  readonly #before: KnownMetadata
  readonly #known = new Map<string, EndpointMetadata>()

  /**
   * @param cursor - Walks over the whole assignment.
   * @param before - What an earlier reader knew.
   */
  constructor(cursor: WireCursor, before: KnownMetadata) {
    this.#cursor = cursor
    this.#before = before
  }

  /**
   * What was read, and what the endpoints have that were not read again.
   *
   * @param endpoints - How many there are: no more is remembered than twice what they could have.
   */
  known(endpoints: number): KnownMetadata {
    if (this.#before.size + this.#known.size > 2 * endpoints) return this.#known
    return this.#known.size === 0 ? this.#before : new Map([...this.#before, ...this.#known])
  }

  /**
   * Reads a message that was entered.
   *
   * @param end - Where it ends.
   * @returns undefined when it is of another kind.
   */
  read(end: number): EndpointMetadata | undefined {
    const cursor = this.#cursor
    if (cursor.position === end) return NO_METADATA
    const raw = cursor.latin1(cursor.position, end)
    let metadata = this.#known.get(raw)
    if (metadata === undefined) {
      metadata = this.#before.get(raw) ?? this.#readNamespaces(end)
      if (metadata === undefined) return undefined
      this.#known.set(raw, metadata)
    }
    cursor.position = end
    return metadata
  }

  #readNamespaces(end: number): EndpointMetadata | undefined {
    const cursor = this.#cursor
    const metadata: { [namespace: string]: JsonValue } = {}
    while (cursor.position < end) {
      if (cursor.varint() !== MAP_ENTRY) return undefined
      const entryEnd = cursor.enter()
      const name = this.#readKey()
      if (name === undefined || cursor.enter() !== entryEnd) return undefined
      const struct = this.#readStruct(entryEnd)
      if (struct === undefined) return undefined
      metadata[name] = struct
    }
    return cursor.position === end ? metadata : undefined
  }

  #readStruct(end: number): JsonValue | undefined {
    const cursor = this.#cursor
    const struct: { [key: string]: JsonValue } = {}
    while (cursor.position < end) {
      if (cursor.varint() !== MAP_ENTRY) return undefined
      const entryEnd = cursor.enter()
      const key = this.#readKey()
      if (key === undefined || cursor.enter() !== entryEnd || cursor.varint() !== STRING_VALUE) return undefined
      const valueEnd = cursor.enter()
      if (valueEnd !== entryEnd) return undefined
      struct[key] = cursor.text(valueEnd)
    }
    return cursor.position === end ? struct : undefined
  }

  /** Reads the key of a map's entry and the tag of its value. */
  #readKey(): string | undefined {
    const cursor = this.#cursor
    if (cursor.varint() !== MAP_KEY) return undefined
    const key = cursor.text(cursor.enter())
    // Assigning to this name would set the prototype.
    return key === '__proto__' || cursor.varint() !== MAP_VALUE ? undefined : key
  }
}
