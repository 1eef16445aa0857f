import type { RequestView } from '../call/request-view.js'
import type { CookieMatch, HeaderMatch, PresenceMatch, QueryParameterMatch, StringMatch } from '../model/match.js'
import { cookieValue, headerValue, queryValue, type RequestValue } from './request-value.js'
import { compileStringMatch, type StringMatcher } from './string-matcher.js'

/** A compiled condition on a request. */
export type RequestMatcher = (request: RequestView) => boolean

/**
 * @param match - A condition on a header.
 * @returns a function that tests the header's value, undefined where it is absent. An absent header never matches, inverted or not, except
 * under `present` and `treatMissingAsEmpty` (gRFC A28; Envoy's HeaderMatcher).
 */
export function compileHeaderTest(match: HeaderMatch): (value: string | undefined) => boolean {
  const { invert } = match
  if (match.value.kind === 'present') {
    const expected = match.value.present !== invert
    return (value) => (value !== undefined) === expected
  }
  const test =
    match.value.kind === 'range' ? inRange(match.value.start, match.value.end) : compileStringMatch(match.value)
  const missing = match.treatMissingAsEmpty ? test('') !== invert : false
  return (value) => (value === undefined ? missing : test(value) !== invert)
}

/**
 * @param match - A condition on a header of requests.
 * @returns a function that tests it.
 */
export function compileHeaderMatch(match: HeaderMatch): RequestMatcher {
  const read = headerValue(match.name)
  const test = compileHeaderTest(match)
  return (request) => test(read(request))
}

/**
 * @param match - A condition on a parameter of the query string.
 * @returns a function that tests it; an absent parameter matches `present: false` only.
 */
export function compileQueryParameterMatch(match: QueryParameterMatch): RequestMatcher {
  return compileValue(queryValue(match.name), match.value, false)
}

/**
 * @param match - A condition on a cookie.
 * @returns a function that tests it.
 */
export function compileCookieMatch(match: CookieMatch): RequestMatcher {
  return compileValue(cookieValue(match.name), match.value, match.invert)
}

function compileValue(read: RequestValue, match: StringMatch | PresenceMatch, invert: boolean): RequestMatcher {
  if (match.kind === 'present') return presence(read, match.present !== invert)
  const test = compileStringMatch(match)
  return (request) => {
    const value = read(request)
    return (value !== undefined && test(value)) !== invert
  }
}

function presence(read: RequestValue, expected: boolean): RequestMatcher {
  return (request) => (read(request) !== undefined) === expected
}

const INTEGER = /^[+-]?\d{1,19}$/

/** `[start, end)` over base-10 integers; a value that is none does not match (gRFC A28). */
function inRange(start: number, end: number): StringMatcher {
  return (value) => {
    if (!INTEGER.test(value)) return false
    const number = Number(value)
    return number >= start && number < end
  }
}
