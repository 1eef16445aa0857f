import type { CookieMatch, PresenceMatch, QueryParameterMatch, StringMatch } from '@inmesh/core'
import type { QueryParameterMatcher, RouteMatch } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import type { RouteReasons } from './route-reasons.js'
import { translateStringMatch } from './string-match.js'

type CookieMatcher = RouteMatch['cookies'][number]

const PRESENT: PresenceMatch = { kind: 'present', present: true }

/**
 * Translates a route's conditions on the query string. gRPC passes such routes by (gRFC A28).
 *
 * @param scope - The route's match.
 * @param matchers - The conditions.
 * @param reasons - Reasons of the route.
 */
export function translateQueryParameters(
  scope: FieldScope,
  matchers: readonly QueryParameterMatcher[],
  reasons: RouteReasons,
): readonly QueryParameterMatch[] {
  if (matchers.length === 0) return []
  reasons.skips.add(scope.at('query_parameters'), 'gRPC calls have no query parameters', ['grpc'])
  return matchers.flatMap((matcher, index) => {
    const place = scope.at('query_parameters', index)
    if (matcher.name === '') place.at('name').malformed('the name is missing')
    const specifier = matcher.queryParameterMatchSpecifier
    if (specifier?.$case === 'presentMatch') {
      return { name: matcher.name, value: { kind: 'present', present: specifier.value } }
    }
    const value = translateValue(place, specifier?.value, reasons)
    return value === undefined ? [] : { name: matcher.name, value }
  })
}

/**
 * Translates a route's conditions on cookies. gRPC passes such routes by, as it does for query parameters.
 *
 * @param scope - The route's match.
 * @param matchers - The conditions.
 * @param reasons - Reasons of the route.
 */
export function translateCookies(
  scope: FieldScope,
  matchers: readonly CookieMatcher[],
  reasons: RouteReasons,
): readonly CookieMatch[] {
  if (matchers.length === 0) return []
  reasons.skips.add(scope.at('cookies'), 'gRPC calls have no cookies', ['grpc'])
  return matchers.flatMap((matcher, index) => {
    const place = scope.at('cookies', index)
    if (matcher.name === '') place.at('name').malformed('the name is missing')
    const value = translateValue(place, matcher.stringMatch, reasons)
    return value === undefined ? [] : { name: matcher.name, value, invert: matcher.invertMatch }
  })
}

/** A condition that says nothing of the value asks whether it is there (Envoy). */
function translateValue(
  scope: FieldScope,
  matcher: Parameters<typeof translateStringMatch>[1] | undefined,
  { refusals }: RouteReasons,
): StringMatch | PresenceMatch | undefined {
  if (matcher === undefined) return PRESENT
  const match = translateStringMatch(scope.at('string_match'), matcher)
  if (match !== 'unsupported') return match
  refusals.add(scope.at('string_match').at('custom'), 'custom string matchers are not supported', ['http'])
  return undefined
}
