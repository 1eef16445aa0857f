/** Header that carries what an application says of a request to all that works for it (W3C Baggage). */
export const BAGGAGE_HEADER = 'baggage'

/** What is passed on (W3C Baggage, 3.3.2 "Limits"); what goes beyond may be dropped. */
const MAX_BYTES = 8192
const MAX_MEMBERS = 64

/** A name of a member: a token of RFC 9110. */
const KEY = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * What of a header is passed on: as it is, unless it is longer than 8192 bytes or has more than 64 members.
 *
 * @param value - Value of {@link BAGGAGE_HEADER}.
 * @returns the value, or of one that is too large the members that fit, in their order.
 */
export function boundedBaggage(value: string): string {
  return value.length <= MAX_BYTES && count(value) <= MAX_MEMBERS ? value : joined(value.split(','))
}

/**
 * What is sent with a call that has baggage of its own: its members, then those of its request whose names it does not use.
 *
 * @param own - Of the call.
 * @param carried - Of the request that it is made for.
 * @returns both, within the limits of {@link boundedBaggage}.
 */
export function mergedBaggage(own: string, carried: string): string {
  const members = own.split(',')
  const names = new Set(members.map(nameOf))
  return joined([...members, ...carried.split(',').filter((member) => !names.has(nameOf(member)))])
}

/**
 * Reads a header.
 *
 * @param value - Value of {@link BAGGAGE_HEADER}.
 * @returns its values by their names, percent-decoded, without properties. Members that are none are left out; of several with one name
 * the last counts.
 */
export function parseBaggage(value: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const member of value.split(',')) {
    const name = nameOf(member)
    const start = member.indexOf('=')
    if (start < 0 || !KEY.test(name)) continue
    const end = member.indexOf(';')
    values.set(name, decoded(member.slice(start + 1, end < 0 ? undefined : end).trim()))
  }
  return values
}

function count(value: string): number {
  let members = 1
  for (let index = value.indexOf(','); index >= 0; index = value.indexOf(',', index + 1)) members++
  return members
}

/** As many members as fit. */
function joined(members: readonly string[]): string {
  let text = ''
  let taken = 0
  for (const member of members) {
    const trimmed = member.trim()
    if (trimmed === '') continue
    const longer = text === '' ? trimmed : `${text},${trimmed}`
    if (longer.length > MAX_BYTES) continue
    text = longer
    if (++taken === MAX_MEMBERS) break
  }
  return text
}

function nameOf(member: string): string {
  const end = member.indexOf('=')
  return (end < 0 ? member : member.slice(0, end)).trim()
}

/** What is not UTF-8 becomes the replacement character (W3C Baggage, "value"). */
function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return new TextDecoder().decode(octets(value))
  }
}

function octets(value: string): Uint8Array {
  const bytes: number[] = []
  for (let index = 0; index < value.length; index++) {
    const octet = value[index] === '%' ? /^[0-9A-Fa-f]{2}/.exec(value.slice(index + 1, index + 3)) : null
    bytes.push(octet === null ? value.charCodeAt(index) : Number.parseInt(octet[0], 16))
    if (octet !== null) index += 2
  }
  return Uint8Array.from(bytes)
}
