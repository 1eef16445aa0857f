import type { RequestView } from '../call/request-view.js'
import type { HeaderMatch } from '../model/match.js'
import { compileStringMatch, type StringMatcher } from './string-matcher.js'

/** A compiled condition on one header of a request. */
export type HeaderMatcher = (request: RequestView) => boolean

/**
 * @param match - The condition.
 * @returns a function that tests it. An absent header never matches, inverted or not, except under `present` and
 * `treatMissingAsEmpty` (gRFC A28; Envoy's HeaderMatcher).
 */
export function compileHeaderMatch(match: HeaderMatch): HeaderMatcher {
  const { name, invert } = match
  const read = reader(name)
  if (match.value.kind === 'present') {
    const expected = match.value.present !== invert
    return (request) => (read(request) !== undefined) === expected
  }
  const test =
    match.value.kind === 'range' ? inRange(match.value.start, match.value.end) : compileStringMatch(match.value)
  const missing = match.treatMissingAsEmpty ? test('') !== invert : false
  return (request) => {
    const value = read(request)
    return value === undefined ? missing : test(value) !== invert
  }
}

function reader(name: string): (request: RequestView) => string | undefined {
  switch (name) {
    case ':method':
      return (request) => request.method
    case ':path':
      return (request) => request.path
    case ':authority':
    case 'host':
      return (request) => request.authority
    default:
      return (request) => request.header(name)
  }
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
