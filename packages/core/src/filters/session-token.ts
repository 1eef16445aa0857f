import { tagOf, WIRE, WireCursor } from '../protobuf/wire-cursor.js'
import { WireWriter } from '../protobuf/wire-writer.js'

/** Fields of Envoy's message `Cookie`: the address, and seconds since the Unix epoch. */
const ADDRESS = 1
const EXPIRES = 2

const ADDRESS_TAG = tagOf(ADDRESS, WIRE.delimited)
const EXPIRES_TAG = tagOf(EXPIRES, WIRE.varint)

/**
 * The endpoint of a session as Envoy writes it to a cookie, so that sidecars and meshes share sessions.
 *
 * @param address - `host:port`.
 * @param expires - When it ends, in seconds since the Unix epoch; 0 for never.
 */
export function writeSessionToken(address: string, expires: number): string {
  const message = new WireWriter().text(ADDRESS, address)
  if (expires > 0) message.varint(EXPIRES, expires)
  return message.finish().toString('base64')
}

/**
 * @param token - A value that a client sent.
 * @param now - Seconds since the Unix epoch.
 * @returns the address; undefined when there is none or the session has ended. Older proxies write the address alone.
 */
export function readSessionToken(token: string, now: number): string | undefined {
  const bytes = Buffer.from(token, 'base64')
  if (bytes[0] !== ADDRESS_TAG) return bytes.toString() || undefined
  let address = ''
  let expires = 0
  const cursor = new WireCursor(bytes)
  while (!cursor.isAtEnd) {
    const tag = cursor.varint()
    if (tag === ADDRESS_TAG) address = cursor.text(cursor.enter())
    else if (tag === EXPIRES_TAG) expires = cursor.varint()
    else cursor.skip(tag % 8)
  }
  return cursor.isBroken || (expires > 0 && now > expires) ? undefined : address || undefined
}
