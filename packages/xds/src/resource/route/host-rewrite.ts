import type { HostRewrite } from '@inmesh/core'
import type { RouteAction } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { translateFormat } from '../field/format-string.js'
import { checkHeaderText } from '../field/header-text.js'
import { translateSubstitution } from '../field/regex-substitution.js'
import type { ViewReasons } from '../field/view-reasons.js'

/**
 * Translates what takes the place of a request's host. HTTP only: of all this gRPC knows `auto_host_rewrite`, where the control plane is trusted
 * (gRFC A81).
 *
 * @param scope - Where the action stands.
 * @param action - The action.
 * @param refusals - Refusals of the route.
 * @returns undefined when the host is left alone, or the rewrite is malformed or cannot be used, which is reported.
 */
export function translateHostRewrite(
  scope: FieldScope,
  { hostRewriteSpecifier: specifier }: RouteAction,
  refusals: ViewReasons,
): HostRewrite | undefined {
  switch (specifier?.$case) {
    case 'hostRewriteLiteral': {
      const valid = checkHeaderText(scope.at('host_rewrite_literal'), specifier.value)
      return valid ? { kind: 'literal', host: specifier.value } : undefined
    }
    case 'autoHostRewrite':
      return specifier.value ? { kind: 'endpoint' } : undefined
    case 'hostRewriteHeader':
      return { kind: 'header', name: specifier.value.toLowerCase() }
    case 'hostRewritePathRegex': {
      const rewrite = translateSubstitution(scope.at('host_rewrite_path_regex'), specifier.value)
      return rewrite && { kind: 'path', rewrite }
    }
    case 'hostRewrite': {
      const format = translateFormat(scope.at('host_rewrite'), specifier.value, refusals)
      return format && { kind: 'format', format }
    }
    case undefined:
      return undefined
  }
}
