import { isIP } from 'node:net'
import { type EndpointConfig, WIRE, WireCursor } from '@inmesh/core'
import { AttributesReader } from './attributes-reader.js'
import type { KnownEndpoints } from './endpoint-resource.js'
import { LatinTexts } from './latin-texts.js'
import { endpointKey, HIGHEST_PORT } from './lb-endpoint.js'
import type { KnownMetadata } from './metadata-reader.js'

/** The first field of LbEndpoint, Endpoint, and Address (a SocketAddress). */
const ENDPOINT = (1 << 3) | WIRE.delimited
const ADDRESS = (1 << 3) | WIRE.delimited
const SOCKET_ADDRESS = (1 << 3) | WIRE.delimited

const SOCKET_HOST = (2 << 3) | WIRE.delimited
const SOCKET_PORT = (3 << 3) | WIRE.varint
const HOSTNAME = (3 << 3) | WIRE.delimited

/** A tag and a length, of one byte each. */
const HEAD = 2

const NOTHING_BEFORE: KnownEndpoints['byKey'] = new Map()

/**
 * Reads LbEndpoint messages of the plain kind that control planes send by the thousands, straight into the model: an IP address with a
 * port, and what {@link AttributesReader} reads. A small part of the time that it takes to decode and translate the message.
 *
 * It knows the fields of an address in their order only, which writers keep to: what runs for a few milliseconds in all must be little code,
 * or to compile it takes longer than that.
 */
export class PlainEndpointReader {
  readonly #bytes: Buffer
  readonly #cursor: WireCursor
  readonly #texts: LatinTexts
  readonly #before: KnownEndpoints['byKey']
  readonly #attributes: AttributesReader
  #address = ''
  #port = 0
  #hostname = ''

  /**
   * @param bytes - The assignment that they are part of.
   * @param before - Endpoints of the copy in use. One that did not change stays the same object.
   */
  constructor(bytes: Buffer, before: KnownEndpoints | undefined) {
    const cursor = new WireCursor(bytes)
    const texts = new LatinTexts(bytes)
    this.#bytes = bytes
    this.#cursor = cursor
    this.#texts = texts
    this.#before = before?.byKey ?? NOTHING_BEFORE
    this.#attributes = new AttributesReader(cursor, texts, before?.metadata)
  }

  /**
   * The metadata to be remembered.
   *
   * @param endpoints - How many endpoints there are.
   */
  knownMetadata(endpoints: number): KnownMetadata {
    return this.#attributes.knownMetadata(endpoints)
  }

  /**
   * Reads one endpoint.
   *
   * @param start - Where it begins.
   * @param end - Where it ends.
   * @returns undefined for every endpoint that is not of the plain kind, or about which there is something to report.
   */
  read(start: number, end: number): EndpointConfig | undefined {
    this.#cursor.isBroken = false
    if (!this.#readEndpoint(start, end)) return undefined
    const attributes = this.#attributes.read(end)
    if (attributes === undefined || this.#cursor.isBroken) return undefined
    const address = this.#address
    const port = this.#port
    const hostname = this.#hostname
    const version = isIP(address)
    if (version === 0 || port < 1 || port > HIGHEST_PORT) return undefined
    const key = endpointKey(address, port, version)
    const { weight, health, metadata } = attributes
    const before = this.#before.get(key)
    if (
      before !== undefined &&
      before.weight === weight &&
      before.health === health &&
      before.metadata === metadata &&
      before.hostname === hostname
    ) {
      return before
    }
    // Cut out of the key, which is kept anyway: the text that the address stands in is not to be.
    const hostStart = version === 6 ? 1 : 0
    const host = key.slice(hostStart, hostStart + address.length)
    return { key, host, port, hostname, weight, health, metadata }
  }

  /** Reads the first field of a message. */
  #readEndpoint(start: number, messageEnd: number): boolean {
    const end = this.#endOf(ENDPOINT, start)
    const addressEnd = this.#endOf(ADDRESS, start + HEAD)
    const socketEnd = this.#endOf(SOCKET_ADDRESS, start + 2 * HEAD)
    const hostEnd = this.#endOf(SOCKET_HOST, start + 3 * HEAD)
    if (end < 0 || end > messageEnd || addressEnd < 0 || socketEnd !== addressEnd || hostEnd < 0) return false
    const cursor = this.#cursor
    this.#address = this.#texts.slice(start + 4 * HEAD, hostEnd)
    cursor.position = hostEnd
    if (cursor.varint() !== SOCKET_PORT) return false
    this.#port = cursor.varint()
    if (cursor.position !== addressEnd) return false
    this.#hostname = ''
    if (addressEnd === end) return true
    if (cursor.varint() !== HOSTNAME) return false
    this.#hostname = cursor.text(cursor.enter())
    return cursor.position === end
  }

  /** Where a field ends that has this tag and whose length is of one byte, as those of addresses are; -1 for any other. */
  #endOf(tag: number, position: number): number {
    const bytes = this.#bytes
    const length = bytes[position + 1]!
    return bytes[position] === tag && length < 0x80 ? position + HEAD + length : -1
  }
}
