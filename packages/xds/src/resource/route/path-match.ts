import { type PathMatch, UriTemplate } from '@inmesh/core'
import type { RouteMatch as RouteMatchMessage, TypedExtensionConfig } from '@inmesh/xds-proto'
import { UriTemplateMatchConfig } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { translateRegex } from '../field/safe-regex.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'

/** Envoy's rule for `path_separated_prefix`: no query, no fragment, no final slash. */
const PATH_SEPARATED_PREFIX = /^[^?#]+[^?#/]$/

/** What the path condition of a route comes to. */
export type TranslatedPath =
  | { readonly kind: 'path'; readonly path: PathMatch }
  /** No request that Inmesh carries can match, so the route is left out. */
  | { readonly kind: 'never' }

/**
 * Translates a route's path condition.
 *
 * @param scope - The route's match.
 * @param match - The match.
 * @param refusals - Refusals of the route.
 * @returns undefined when the condition is malformed, which is reported.
 */
export function translatePath(
  scope: FieldScope,
  match: RouteMatchMessage,
  refusals: ViewReasons,
): TranslatedPath | undefined {
  const specifier = match.pathSpecifier
  const caseSensitive = match.caseSensitive ?? true
  switch (specifier?.$case) {
    case undefined:
      scope.malformed('a path condition is required: prefix, path, safe_regex or path_separated_prefix')
      return undefined
    case 'prefix':
      return literal('prefix', specifier.value, caseSensitive)
    case 'path':
      return literal('exact', specifier.value, caseSensitive)
    case 'pathSeparatedPrefix':
      return separatedPrefix(scope.at('path_separated_prefix'), specifier.value, caseSensitive, refusals)
    case 'safeRegex': {
      const regex = translateRegex(scope.at('safe_regex'), specifier.value)
      return regex && { kind: 'path', path: { kind: 'regex', regex } }
    }
    case 'connectMatcher':
      scope.at('connect_matcher').unsupported('CONNECT requests are not carried, so the route is left out')
      return { kind: 'never' }
    case 'pathMatchPolicy':
      return pathPolicy(scope.at('path_match_policy'), specifier.value, refusals)
  }
}

function literal(kind: 'prefix' | 'exact', value: string, caseSensitive: boolean): TranslatedPath {
  return { kind: 'path', path: { kind, value: caseSensitive ? value : value.toLowerCase(), caseSensitive } }
}

function separatedPrefix(
  scope: FieldScope,
  value: string,
  caseSensitive: boolean,
  refusals: ViewReasons,
): TranslatedPath | undefined {
  if (!PATH_SEPARATED_PREFIX.test(value)) {
    scope.malformed('must be a path without ?, # and final slash')
    return undefined
  }
  // gRFC A28 knows prefix, path and safe_regex only.
  refusals.add(scope, 'path_separated_prefix is not among the path conditions of gRPC', ['grpc'])
  const prefix = caseSensitive ? value : value.toLowerCase()
  return { kind: 'path', path: { kind: 'path-separated-prefix', value: prefix, caseSensitive } }
}

/** A policy of another kind cannot be tested: nobody can say for which requests it was meant, so all that come to it are refused. */
function pathPolicy(
  scope: FieldScope,
  policy: TypedExtensionConfig,
  refusals: ViewReasons,
): TranslatedPath | undefined {
  const place = scope.at('typed_config')
  const config = policy.typedConfig && typedConfigOf(place, policy.typedConfig)
  if (config?.typeName !== UriTemplateMatchConfig.$type) {
    refusals.add(scope, 'path match policies other than URI templates are not supported')
    return literal('prefix', '', true)
  }
  const message = decodeConfig(place, UriTemplateMatchConfig, config)
  if (message === undefined) return undefined
  // gRFC A28 knows prefix, path and safe_regex only.
  refusals.add(scope, 'path_match_policy is not among the path conditions of gRPC', ['grpc'])
  try {
    return { kind: 'path', path: { kind: 'template', template: new UriTemplate(message.pathTemplate) } }
  } catch (error) {
    place.at('path_template').malformed(error instanceof Error ? error.message : String(error))
    return undefined
  }
}
