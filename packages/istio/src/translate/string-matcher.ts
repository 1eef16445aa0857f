import { create, HeaderMatcher, QueryParameterMatcher, RegexMatcher, StringMatcher } from '@inmesh/xds-proto'
import type { StringMatch } from '../model/string-match.js'

type ValueMatch = Exclude<StringMatch, { kind: 'present' }>

/** A string match that looks at a value. */
export function stringMatcher(match: ValueMatch): StringMatcher {
  switch (match.kind) {
    case 'exact':
      return create(StringMatcher, { matchPattern: { $case: 'exact', value: match.value } })
    case 'prefix':
      return create(StringMatcher, { matchPattern: { $case: 'prefix', value: match.value } })
    case 'regex':
      return create(StringMatcher, { matchPattern: { $case: 'safeRegex', value: regexMatcher(match.value) } })
  }
}

/** A regular expression that must match the whole value. */
export function regexMatcher(regex: string): RegexMatcher {
  return create(RegexMatcher, { regex })
}

/**
 * @param name - Name of a header, or `:method`, `:authority`, `:scheme`.
 * @param match - What its value must be.
 */
export function headerMatcher(name: string, match: StringMatch): HeaderMatcher {
  return create(HeaderMatcher, {
    name,
    headerMatchSpecifier:
      match.kind === 'present'
        ? { $case: 'presentMatch', value: true }
        : { $case: 'stringMatch', value: stringMatcher(match) },
  })
}

/**
 * @param name - Name of a header.
 * @param match - What its value must not be.
 */
export function withoutHeaderMatcher(name: string, match: StringMatch): HeaderMatcher {
  // An absent header does not have the value, so it passes too; with `present` that is so already, and the two exclude each other.
  return { ...headerMatcher(name, match), invertMatch: true, treatMissingHeaderAsEmpty: match.kind !== 'present' }
}

/**
 * @param name - Name of a query parameter.
 * @param match - What its value must be.
 */
export function queryParameterMatcher(name: string, match: StringMatch): QueryParameterMatcher {
  return create(QueryParameterMatcher, {
    name,
    queryParameterMatchSpecifier:
      match.kind === 'present'
        ? { $case: 'presentMatch', value: true }
        : { $case: 'stringMatch', value: stringMatcher(match) },
  })
}
