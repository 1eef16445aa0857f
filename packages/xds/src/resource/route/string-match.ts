import type { StringMatch } from '@inmesh/core'
import type { RegexMatcher, StringMatcher } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { translateRegex } from '../field/safe-regex.js'

/**
 * Translates a StringMatcher.
 *
 * @returns undefined when it is malformed, which is reported; `'unsupported'` for a custom matcher, which is for the caller to report.
 */
export function translateStringMatch(
  scope: FieldScope,
  matcher: StringMatcher,
): StringMatch | 'unsupported' | undefined {
  const pattern = matcher.matchPattern
  switch (pattern?.$case) {
    case undefined:
      scope.malformed('one of exact, prefix, suffix, contains and safe_regex is required')
      return undefined
    case 'custom':
      return 'unsupported'
    case 'safeRegex':
      return regexMatch(scope.at('safe_regex'), pattern.value)
    case 'exact':
      return literalMatch('exact', pattern.value, matcher.ignoreCase)
    case 'prefix':
    case 'suffix':
    case 'contains':
      return nonEmptyMatch(scope.at(pattern.$case), pattern.$case, pattern.value, matcher.ignoreCase)
  }
}

/** A regular expression as a condition on a string. */
export function regexMatch(scope: FieldScope, matcher: RegexMatcher): StringMatch | undefined {
  const regex = translateRegex(scope, matcher)
  return regex && { kind: 'regex', regex }
}

/** A literal as a condition on a string. */
export function literalMatch(
  kind: 'exact' | 'prefix' | 'suffix' | 'contains',
  value: string,
  ignoreCase: boolean,
): StringMatch {
  return { kind, value: ignoreCase ? value.toLowerCase() : value, ignoreCase }
}

/** As {@link literalMatch}, for the kinds that an empty literal would turn into "always": Envoy and gRPC refuse those. */
export function nonEmptyMatch(
  scope: FieldScope,
  kind: 'prefix' | 'suffix' | 'contains',
  value: string,
  ignoreCase: boolean,
): StringMatch | undefined {
  if (value !== '') return literalMatch(kind, value, ignoreCase)
  scope.malformed('must not be empty')
  return undefined
}
