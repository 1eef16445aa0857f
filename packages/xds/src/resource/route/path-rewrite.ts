import type { PathMatch, PathRewrite, TemplateRewrite } from '@inmesh/core'
import { type RouteAction, type TypedExtensionConfig, UriTemplateRewriteConfig } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { translateFormat } from '../field/format-string.js'
import { checkHeaderText } from '../field/header-text.js'
import { translateSubstitution } from '../field/regex-substitution.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'

/**
 * Translates the four ways to rewrite a path, of which an action may have one. HTTP only: no gRFC has them.
 *
 * @param scope - Where the action stands.
 * @param action - The action.
 * @param match - The path condition of the route; undefined when that is malformed.
 * @param refusals - Refusals of the route.
 * @returns undefined when the path is not rewritten, or the rewrite is malformed or cannot be used, which is reported.
 */
export function translatePathRewrite(
  scope: FieldScope,
  action: RouteAction,
  match: PathMatch | undefined,
  refusals: ViewReasons,
): PathRewrite | undefined {
  const { prefixRewrite, regexRewrite, pathRewritePolicy, pathRewrite } = action
  const given = [prefixRewrite !== '', regexRewrite, pathRewritePolicy, pathRewrite !== ''].filter(Boolean)
  if (given.length > 1) scope.malformed('the path is rewritten in more than one way')
  if (prefixRewrite !== '') {
    return checkHeaderText(scope.at('prefix_rewrite'), prefixRewrite)
      ? { kind: 'prefix', value: prefixRewrite }
      : undefined
  }
  if (regexRewrite !== undefined) {
    const rewrite = translateSubstitution(scope.at('regex_rewrite'), regexRewrite)
    return rewrite && { kind: 'regex', rewrite }
  }
  if (pathRewrite !== '') {
    const format = translateFormat(scope.at('path_rewrite'), pathRewrite, refusals)
    return format && { kind: 'format', format }
  }
  return pathRewritePolicy && translatePolicy(scope.at('path_rewrite_policy'), pathRewritePolicy, match, refusals)
}

function translatePolicy(
  scope: FieldScope,
  policy: TypedExtensionConfig,
  match: PathMatch | undefined,
  refusals: ViewReasons,
): TemplateRewrite | undefined {
  const place = scope.at('typed_config')
  const config = policy.typedConfig && typedConfigOf(place, policy.typedConfig)
  if (config?.typeName !== UriTemplateRewriteConfig.$type) {
    refusals.add(scope, 'path rewrite policies other than URI templates are not supported', ['http'])
    return undefined
  }
  const message = decodeConfig(place, UriTemplateRewriteConfig, config)
  if (message === undefined || match === undefined) return undefined
  if (match.kind !== 'template') {
    scope.malformed('a rewrite by URI template needs a match by URI template')
    return undefined
  }
  const parts = templateParts(message.pathTemplateRewrite)
  const unknown = parts?.find((part, index) => index % 2 === 1 && !match.template.variables.includes(part))
  if (parts === undefined) place.at('path_template_rewrite').malformed('must be a path with variables in braces')
  else if (unknown !== undefined) {
    place.at('path_template_rewrite').malformed(`there is no variable ${unknown} in the template of the match`)
  }
  return parts && unknown === undefined ? { kind: 'template', parts } : undefined
}

const TEMPLATE = /^\/(?:[^{}?#\s]|\{[A-Za-z][A-Za-z0-9_]*\})*$/

/** Texts and names of variables in turn. */
function templateParts(template: string): readonly string[] | undefined {
  return TEMPLATE.test(template) ? template.split(/[{}]/) : undefined
}
