import {
  B3_HEADER,
  B3_HEADERS,
  BAGGAGE_HEADER,
  EXPECTED_TIMEOUT_HEADER,
  GRPC_TIMEOUT_HEADER,
  PRIORITY_HEADER,
} from '@inmesh/core'
import type { Dispatcher } from 'undici'

/** Headers in any form that undici takes: names and values in turn, a record, or an iterable of pairs. */
export type RequestHeaders = Dispatcher.DispatchOptions['headers']

type HeaderValue = string | readonly string[] | number | boolean | null | undefined

/** Headers of which the mesh must know whether the caller set them; bits of {@link presentHeaders}. */
export const HOST = 1
/** There is a header that tells a trace, in whichever format. See {@link HOST}. */
export const TRACE = 2
/** See {@link HOST}. */
export const EXPECTED_TIMEOUT = 8
/** There is a header that steers the mesh: its name begins with `x-envoy-`. See {@link HOST}. */
export const STEERING = 16
/** See {@link HOST}. */
export const BAGGAGE = 32
/** See {@link HOST}. */
export const PRIORITY = 64
/** See {@link HOST}. */
export const GRPC_TIMEOUT = 128
/** For whom the caller speaks: `x-forwarded-for` or `x-forwarded-client-cert`. See {@link HOST}. */
export const FORWARDED = 256

/** What never goes to a host outside the mesh: only its peers may know it, and only from them it counts. */
export const INTERNAL = STEERING | EXPECTED_TIMEOUT | BAGGAGE | PRIORITY | FORWARDED

const STEERING_PREFIX = 'x-envoy-'

/**
 * Makes headers readable more than once: an iterable may be a generator.
 *
 * @param headers - As given to `dispatch`.
 * @returns the same object, or a flat array where an iterable was given.
 */
export function repeatableHeaders(headers: RequestHeaders): RequestHeaders {
  if (headers === null || headers === undefined || Array.isArray(headers) || !isIterable(headers)) return headers
  const flat: string[] = []
  // A list as value is as good here as in a record; undici's type for arrays does not say so.
  for (const [name, value] of headers) flat.push(name, value as string)
  return flat
}

/**
 * Looks once through all names.
 *
 * @param headers - Repeatable headers.
 * @returns the sum of the bits of those that are present.
 */
export function presentHeaders(headers: RequestHeaders): number {
  let present = 0
  if (Array.isArray(headers)) {
    for (let index = 0; index < headers.length; index += 2) present |= bitOf(headers[index]!)
  } else {
    for (const name in headers as Record<string, unknown>) present |= bitOf(name)
  }
  return present
}

/**
 * Whether headers as given to `dispatch` may hold some that must not leave the mesh.
 *
 * @param headers - An iterable, which may not be readable twice, is not looked into.
 */
export function mayBeInternal(headers: RequestHeaders): boolean {
  if (headers === null || headers === undefined) return false
  if (!Array.isArray(headers) && isIterable(headers)) return true
  return (presentHeaders(headers) & INTERNAL) !== 0
}

/**
 * Reads a header.
 *
 * @param headers - Repeatable headers.
 * @param name - Lower-case name.
 * @returns the value, several values joined by `,`; undefined when there is none.
 */
export function readHeader(headers: RequestHeaders, name: string): string | undefined {
  let found: string | undefined
  if (Array.isArray(headers)) {
    for (let index = 0; index < headers.length; index += 2) {
      if (isNamed(headers[index]!, name)) found = joined(found, headers[index + 1])
    }
  } else {
    const record = headers as Record<string, HeaderValue>
    for (const key in record) {
      if (isNamed(key, name)) found = joined(found, record[key])
    }
  }
  return found
}

/**
 * Adds headers without touching the caller's object.
 *
 * @param headers - Repeatable headers.
 * @param added - Names and values in turn; becomes part of the result.
 * @returns a flat array, the form that undici reads fastest.
 */
export function withHeaders(headers: RequestHeaders, added: string[]): string[] {
  if (headers === null || headers === undefined) return added
  if (Array.isArray(headers)) return headers.concat(added)
  const record = headers as Record<string, string>
  for (const name in record) added.push(name, record[name]!)
  return added
}

/**
 * Leaves headers out without touching the caller's object.
 *
 * @param headers - Repeatable headers.
 * @param bits - Which, as {@link presentHeaders} tells them.
 * @returns a copy of the same form.
 */
export function withoutHeaders(headers: RequestHeaders, bits: number): RequestHeaders {
  if (Array.isArray(headers)) {
    const kept: string[] = []
    for (let index = 0; index + 1 < headers.length; index += 2) {
      if ((bitOf(headers[index]!) & bits) === 0) kept.push(headers[index]!, headers[index + 1]!)
    }
    return kept
  }
  const entries = Object.entries(headers as Record<string, string>)
  return Object.fromEntries(entries.filter(([name]) => (bitOf(name) & bits) === 0))
}

/**
 * Whether a header is the caller's word to its own mesh, and goes to nobody. The time that is left goes on within the mesh.
 *
 * @param name - Its name.
 */
export function steers(name: string): boolean {
  return bitOf(name) === STEERING
}

function isIterable(headers: object): headers is Iterable<[string, string | string[] | undefined]> {
  // As undici tells them apart: a polluted Object.prototype must not turn a record into an iterable.
  const prototype: unknown = Object.getPrototypeOf(headers)
  if (!Object.hasOwn(headers, Symbol.iterator) && (prototype === null || prototype === Object.prototype)) return false
  return typeof (headers as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
}

function bitOf(name: string): number {
  // Nearly all names are told apart by their length.
  switch (name.length) {
    case 2:
      return isNamed(name, B3_HEADER) ? TRACE : 0
    case 4:
      return isNamed(name, 'host') ? HOST : 0
    case 7:
      return isNamed(name, BAGGAGE_HEADER) ? BAGGAGE : 0
    case 8:
      return isNamed(name, PRIORITY_HEADER) ? PRIORITY : 0
    case 10:
      if (isNamed(name, 'tracestate') || isB3(name)) return TRACE
      break
    case 11:
      if (isNamed(name, 'traceparent') || isB3(name)) return TRACE
      break
    case 12:
      if (isNamed(name, GRPC_TIMEOUT_HEADER)) return GRPC_TIMEOUT
      if (isB3(name)) return TRACE
      break
    case 15:
      if (isNamed(name, 'x-forwarded-for')) return FORWARDED
      break
    case 17:
      if (isB3(name)) return TRACE
      break
    case 23:
      if (isNamed(name, 'x-forwarded-client-cert')) return FORWARDED
      break
    case EXPECTED_TIMEOUT_HEADER.length:
      if (isNamed(name, EXPECTED_TIMEOUT_HEADER)) return EXPECTED_TIMEOUT
  }
  return isSteering(name) ? STEERING : 0
}

function isB3(name: string): boolean {
  // As with those that steer.
  return name.charCodeAt(1) === 0x2d && B3_HEADERS.includes(name.toLowerCase())
}

function isSteering(name: string): boolean {
  // The second character tells nearly all names apart.
  if (name.length <= STEERING_PREFIX.length || name.charCodeAt(1) !== 0x2d) return false
  return name.slice(0, STEERING_PREFIX.length).toLowerCase() === STEERING_PREFIX
}

function isNamed(given: string, name: string): boolean {
  return given === name || (given.length === name.length && given.toLowerCase() === name)
}

function joined(found: string | undefined, value: HeaderValue): string | undefined {
  if (value === undefined) return found
  const text =
    value === null ? '' : typeof value === 'string' ? value : Array.isArray(value) ? value.join(',') : String(value)
  return found === undefined ? text : `${found},${text}`
}
