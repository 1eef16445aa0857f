/** Field 1 of Envoy's message `Cookie`, a string: the address. */
const ADDRESS_TAG = 0x0a
/** Field 2, a varint: seconds since the Unix epoch. */
const EXPIRES_TAG = 0x10

/**
 * The endpoint of a session as Envoy writes it to a cookie, so that sidecars and meshes share sessions.
 *
 * @param address - `host:port`.
 * @param expires - When it ends, in seconds since the Unix epoch; 0 for never.
 */
export function writeSessionToken(address: string, expires: number): string {
  const text = Buffer.from(address)
  const bytes = [ADDRESS_TAG, ...varint(text.length), ...text]
  if (expires > 0) bytes.push(EXPIRES_TAG, ...varint(expires))
  return Buffer.from(bytes).toString('base64')
}

/**
 * @param token - A value that a client sent.
 * @param now - Seconds since the Unix epoch.
 * @returns the address; undefined when there is none or the session has ended. Older proxies write the address alone.
 */
export function readSessionToken(token: string, now: number): string | undefined {
  const bytes = Buffer.from(token, 'base64')
  if (bytes[0] !== ADDRESS_TAG) return bytes.toString() || undefined
  const length = readVarint(bytes, 1)
  if (length === undefined || length.next + length.value > bytes.length) return undefined
  const end = length.next + length.value
  if (bytes[end] === EXPIRES_TAG) {
    const expires = readVarint(bytes, end + 1)
    if (expires === undefined || (expires.value > 0 && now > expires.value)) return undefined
  }
  return bytes.toString('utf8', length.next, end) || undefined
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  // By division: seconds since the epoch will not stay within 32 bits.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return bytes
}

function readVarint(bytes: Uint8Array, from: number): { value: number; next: number } | undefined {
  let value = 0
  let factor = 1
  for (let index = from; index < bytes.length && index < from + 8; index++) {
    const byte = bytes[index]!
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return { value, next: index + 1 }
    factor *= 0x80
  }
  return undefined
}
