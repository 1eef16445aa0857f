import { isIPv6 } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { type AlternativeNameMatch, compileStringMatch } from '@inmesh/core'

/** A name that a certificate is for (RFC 5280, 4.2.1.6). */
export interface AlternativeName {
  /** As Node names it: `DNS`, `URI`, `email`, `IP Address` and others. */
  readonly type: string
  /** The name. */
  readonly value: string
}

const TYPES: ReadonlyMap<string, AlternativeNameMatch['type']> = new Map([
  ['DNS', 'dns'],
  ['URI', 'uri'],
  ['email', 'email'],
  ['IP Address', 'ip'],
])

/** Whether a certificate is for a name that a condition asks for. */
export type NameTest = (name: AlternativeName) => boolean

/**
 * @param match - The condition.
 * @returns a function that tests one name of a certificate.
 */
export function compileNameMatch({ type, match }: AlternativeNameMatch): NameTest {
  const matches = compileStringMatch(match)
  const exact = match.kind === 'exact' ? match.value : undefined
  const wanted = exact !== undefined && isIPv6(exact) ? canonicalAddress(exact) : undefined
  return (name) => {
    const known = TYPES.get(name.type)
    if (known === undefined || (type !== 'any' && type !== known)) return false
    if (known === 'ip') {
      const address = canonicalAddress(name.value)
      return wanted === undefined ? matches(address) : address === wanted
    }
    if (known === 'dns' && exact !== undefined) return isNamed(exact.toLowerCase(), name.value.toLowerCase())
    return matches(name.value)
  }
}

/**
 * The names of a certificate. Node writes them one after the other, and in quotation marks those that could be mistaken for several.
 *
 * @param certificate - As Node has it.
 */
export function alternativeNames({ subjectaltname: text = '' }: PeerCertificate): readonly AlternativeName[] {
  const names: AlternativeName[] = []
  for (let start = 0; start < text.length; ) {
    const colon = text.indexOf(':', start)
    if (colon < 0) break
    const type = text.slice(start, colon)
    const quoted = text[colon + 1] === '"'
    const end = quoted ? endOfQuoted(text, colon + 1) : endOfPlain(text, colon + 1)
    const value = text.slice(colon + 1, end)
    names.push({ type, value: quoted ? (JSON.parse(value) as string) : value })
    start = end + SEPARATOR.length
  }
  return names
}

const SEPARATOR = ', '

function endOfPlain(text: string, start: number): number {
  const end = text.indexOf(SEPARATOR, start)
  return end < 0 ? text.length : end
}

function endOfQuoted(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === '"') return index + 1
  }
  return text.length
}

/** A wildcard of a certificate stands for one label, the first (RFC 6125, 6.4.3). */
function isNamed(wanted: string, name: string): boolean {
  if (wanted === name) return true
  if (!name.startsWith('*.')) return false
  const dot = wanted.indexOf('.')
  return dot > 0 && wanted.slice(dot) === name.slice(1)
}

/** Node writes all of an IPv6 address, in upper case. */
function canonicalAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}
