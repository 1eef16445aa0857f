import { type EndpointConfig, WIRE, type WireCursor } from '@inmesh/core'
import type { LatinTexts } from './latin-texts.js'
import { healthOf } from './lb-endpoint.js'
import { NO_METADATA } from './metadata.js'
import { type KnownMetadata, MetadataReader } from './metadata-reader.js'

const HEALTH_STATUS = (2 << 3) | WIRE.varint
const METADATA = (3 << 3) | WIRE.delimited
const LOAD_BALANCING_WEIGHT = (4 << 3) | WIRE.delimited

/** The field of UInt32Value. */
const WRAPPED_VALUE = (1 << 3) | WIRE.varint

/** What is beyond is not of one byte, and protobuf has rules for it. */
const HIGHEST_STATUS = 0x7f

const NO_METADATA_BEFORE: KnownMetadata = new Map()

/** What an LbEndpoint says besides the address. */
export type EndpointAttributes = Pick<EndpointConfig, 'weight' | 'health' | 'metadata'>

/**
 * Reads the fields of LbEndpoint messages behind the endpoint itself: a health, a weight, metadata. Many endpoints have the same, byte by
 * byte, and they are read once.
 */
export class AttributesReader {
  readonly #cursor: WireCursor
  readonly #texts: LatinTexts
  readonly #metadata: MetadataReader
  readonly #known = new Map<string, EndpointAttributes>()

  /**
   * @param cursor - Walks over the whole assignment.
   * @param texts - Of the assignment.
   * @param before - Metadata of the copy in use.
   */
  constructor(cursor: WireCursor, texts: LatinTexts, before: KnownMetadata = NO_METADATA_BEFORE) {
    this.#cursor = cursor
    this.#texts = texts
    this.#metadata = new MetadataReader(cursor, before)
  }

  /**
   * The metadata to be remembered.
   *
   * @param endpoints - How many endpoints there are.
   */
  knownMetadata(endpoints: number): KnownMetadata {
    return this.#metadata.known(endpoints)
  }

  /**
   * Reads from where the cursor is.
   *
   * @param end - Where the message ends.
   * @returns undefined when there is more to them.
   */
  read(end: number): EndpointAttributes | undefined {
    const start = this.#cursor.position
    const known = this.#known.get(this.#texts.slice(start, end))
    if (known !== undefined) return known
    const attributes = this.#readFields(end)
    if (attributes !== undefined) this.#known.set(this.#cursor.latin1(start, end), attributes)
    return attributes
  }

  #readFields(end: number): EndpointAttributes | undefined {
    const cursor = this.#cursor
    let weight = 1
    let health = healthOf(0)
    let metadata = NO_METADATA
    let seen = 0
    while (cursor.position < end) {
      const tag = cursor.varint()
      const bit = 1 << (tag >> 3)
      // Of a field that stands there twice, protobuf has rules that are not worth the trouble.
      if ((seen & bit) !== 0) return undefined
      seen |= bit
      if (tag === HEALTH_STATUS) {
        const status = cursor.varint()
        if (status > HIGHEST_STATUS) return undefined
        health = healthOf(status)
      } else if (tag === METADATA) {
        const read = this.#metadata.read(cursor.enter())
        if (read === undefined) return undefined
        metadata = read
      } else if (tag === LOAD_BALANCING_WEIGHT) {
        weight = this.#readWrapped(cursor.enter())
        if (weight < 1) return undefined
      } else {
        return undefined
      }
    }
    return cursor.position === end && !cursor.isBroken ? { weight, health, metadata } : undefined
  }

  /** The value of a UInt32Value, which is 0 where it is not written. -1 for what is not one. */
  #readWrapped(end: number): number {
    const cursor = this.#cursor
    if (cursor.position === end) return 0
    const value = cursor.varint() === WRAPPED_VALUE ? cursor.varint() : -1
    return cursor.position === end && value <= 0xffff_ffff ? value : -1
  }
}
