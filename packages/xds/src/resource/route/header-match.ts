import type { HeaderMatch } from '@inmesh/core'
import type { HeaderMatcher } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { literalMatch, nonEmptyMatch, regexMatch, translateStringMatch } from './string-match.js'

/**
 * Translates a HeaderMatcher, the deprecated forms included, which many control planes still send.
 *
 * @param scope - Where the matcher stands.
 * @param matcher - The matcher.
 * @param refusals - Refusals of the route, for conditions that a view cannot test.
 * @returns undefined when the condition is malformed or cannot be tested; both are reported.
 */
export function translateHeaderMatch(
  scope: FieldScope,
  matcher: HeaderMatcher,
  refusals: ViewReasons,
): HeaderMatch | undefined {
  if (matcher.name === '') scope.at('name').malformed('the name is missing')
  const value = translateValue(scope, matcher, refusals)
  if (value === undefined) return undefined
  return {
    name: matcher.name.toLowerCase(),
    value,
    invert: matcher.invertMatch,
    treatMissingAsEmpty: matcher.treatMissingHeaderAsEmpty,
  }
}

function translateValue(
  scope: FieldScope,
  matcher: HeaderMatcher,
  refusals: ViewReasons,
): HeaderMatch['value'] | undefined {
  const specifier = matcher.headerMatchSpecifier
  switch (specifier?.$case) {
    case undefined:
      // Envoy: "if not specified, a request which has the header matches". gRPC refuses what it does not know (gRFC A28).
      refusals.add(scope, 'the condition on the header is missing', ['grpc'])
      return { kind: 'present', present: true }
    case 'presentMatch':
      return { kind: 'present', present: specifier.value }
    case 'rangeMatch':
      return { kind: 'range', start: Number(specifier.value.start), end: Number(specifier.value.end) }
    case 'exactMatch':
      return literalMatch('exact', specifier.value, false)
    case 'prefixMatch':
      return nonEmptyMatch(scope.at('prefix_match'), 'prefix', specifier.value, false)
    case 'suffixMatch':
      return nonEmptyMatch(scope.at('suffix_match'), 'suffix', specifier.value, false)
    case 'containsMatch':
      return nonEmptyMatch(scope.at('contains_match'), 'contains', specifier.value, false)
    case 'safeRegexMatch':
      return regexMatch(scope.at('safe_regex_match'), specifier.value)
    case 'stringMatch': {
      const match = translateStringMatch(scope.at('string_match'), specifier.value)
      if (match !== 'unsupported') return match
      refusals.add(scope.at('string_match').at('custom'), 'custom string matchers are not supported')
      return undefined
    }
  }
}
