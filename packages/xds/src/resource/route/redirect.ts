import type { PathRewrite, RedirectAction } from '@inmesh/core'
import { RedirectAction_RedirectResponseCode, type RedirectAction as RedirectMessage } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { checkHeaderText } from '../field/header-text.js'
import { translateSubstitution } from '../field/regex-substitution.js'
import type { RouteReasons } from './route-reasons.js'

const HIGHEST_PORT = 65_535

/**
 * Translates the action that answers with another URL.
 *
 * @param scope - Where the action stands.
 * @param redirect - The action.
 * @param reasons - Reasons of the route: gRPC fails calls that come to it (gRFC A28).
 * @returns undefined when the action is malformed, which is reported.
 */
export function translateRedirect(
  scope: FieldScope,
  redirect: RedirectMessage,
  { refusals }: RouteReasons,
): RedirectAction | undefined {
  refusals.add(scope, 'gRPC calls are not redirected', ['grpc'])
  const status = translateStatus(scope.at('response_code'), redirect.responseCode)
  const path = translatePath(scope, redirect.pathRewriteSpecifier)
  const { hostRedirect: host, portRedirect: port, stripQuery } = redirect
  const validHost = checkHeaderText(scope.at('host_redirect'), host)
  if (port > HIGHEST_PORT) scope.at('port_redirect').malformed('must be 65535 at most')
  if (status === undefined || path === undefined || !validHost || port > HIGHEST_PORT) return undefined
  const scheme = schemeOf(redirect)
  return {
    kind: 'redirect',
    status,
    ...(scheme !== '' && { scheme }),
    ...(host !== '' && { host }),
    ...(port !== 0 && { port }),
    ...path,
    stripQuery,
  }
}

function translateStatus(scope: FieldScope, code: RedirectAction_RedirectResponseCode): number | undefined {
  switch (code) {
    case RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY:
      return 301
    case RedirectAction_RedirectResponseCode.FOUND:
      return 302
    case RedirectAction_RedirectResponseCode.SEE_OTHER:
      return 303
    case RedirectAction_RedirectResponseCode.TEMPORARY_REDIRECT:
      return 307
    case RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT:
      return 308
    default:
      scope.malformed('is not a value of RedirectResponseCode')
      return undefined
  }
}

function schemeOf({ schemeRewriteSpecifier: specifier }: RedirectMessage): string {
  if (specifier?.$case === 'schemeRedirect') return specifier.value
  return specifier?.$case === 'httpsRedirect' && specifier.value ? 'https' : ''
}

/** What is empty is not set (Envoy). */
function translatePath(
  scope: FieldScope,
  specifier: RedirectMessage['pathRewriteSpecifier'],
): { readonly path?: string; readonly rewrite?: PathRewrite } | undefined {
  switch (specifier?.$case) {
    case 'pathRedirect':
      if (!checkHeaderText(scope.at('path_redirect'), specifier.value)) return undefined
      return specifier.value === '' ? {} : { path: specifier.value }
    case 'prefixRewrite':
      if (!checkHeaderText(scope.at('prefix_rewrite'), specifier.value)) return undefined
      return specifier.value === '' ? {} : { rewrite: { kind: 'prefix', value: specifier.value } }
    case 'regexRewrite': {
      const rewrite = translateSubstitution(scope.at('regex_rewrite'), specifier.value)
      return rewrite && { rewrite: { kind: 'regex', rewrite } }
    }
    case undefined:
      return {}
  }
}
