import type { MirrorPolicy, PathMatch, Refusals, Route, RouteAction } from '@inmesh/core'
import type { Route as RouteMessage } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'
import { translateFilterOverrides } from '../filter/filter-overrides.js'
import type { ClusterSpecifierPlugins } from './cluster-specifier-plugins.js'
import { translateDirectResponse } from './direct-response.js'
import { translateHeaderLevel } from './header-operations.js'
import { translateRedirect } from './redirect.js'
import { translateForwardAction } from './route-action.js'
import { translateRouteMatch } from './route-match.js'
import type { RouteReasons } from './route-reasons.js'

const BODY_LIMIT = leftOut('bodies are not buffered')

const FIELDS = new FieldTreatments<RouteMessage>({
  name: CARRIED,
  match: CARRIED,
  action: CARRIED,
  typedPerFilterConfig: CARRIED,
  requestHeadersToAdd: CARRIED,
  requestHeadersToRemove: CARRIED,
  responseHeadersToAdd: CARRIED,
  responseHeadersToRemove: CARRIED,
  metadata: leftOut('metadata of routes is not used yet'),
  decorator: leftOut('spans are not named after routes yet'),
  tracing: leftOut('spans are not sampled and tagged by routes yet'),
  perRequestBufferLimitBytes: BODY_LIMIT,
  requestBodyBufferLimit: BODY_LIMIT,
  statPrefix: MOOT,
})

/** What a route takes over from its virtual host. */
export interface VirtualHostTerms {
  /** Refusals of everything in the virtual host. */
  readonly refused: Refusals
  /** Refusals of the virtual host's retry policy, for routes that have none of their own. */
  readonly retryRefused: Refusals
  /** Mirrors for routes that have none of their own. */
  readonly mirrors: readonly MirrorPolicy[]
  /** Plugins declared by the route configuration. */
  readonly plugins: ClusterSpecifierPlugins
}

/**
 * Translates one route.
 *
 * @param scope - Where the route stands.
 * @param route - The route.
 * @param terms - What it takes over from its virtual host.
 * @returns undefined when the route is malformed or matches no request; both are reported.
 */
export function translateRoute(scope: FieldScope, route: RouteMessage, terms: VirtualHostTerms): Route | undefined {
  const reasons: RouteReasons = { refusals: ViewReasons.refusals(), skips: ViewReasons.skips() }
  FIELDS.apply(scope, route, reasons.refusals)
  const match = translateRouteMatch(scope.at('match'), route.match, reasons)
  const path = match === 'never' ? undefined : match?.path
  const action = translateAction(scope, route, reasons, terms.plugins, path)
  const headers = translateHeaderLevel(scope, route, reasons.refusals)
  const filterOverrides = translateFilterOverrides(scope, route.typedPerFilterConfig, reasons.refusals)
  if (match === undefined || match === 'never' || action === undefined) return undefined
  reasons.refusals.inherit(terms.refused)
  if (action.kind === 'forward' && action.retryPolicy === undefined) reasons.refusals.inherit(terms.retryRefused)
  return {
    name: route.name,
    match,
    action: withMirrors(action, terms.mirrors),
    ...headers,
    filterOverrides,
    refused: reasons.refusals.toRefusals(),
    skipped: reasons.skips.toRefusals(),
  }
}

function translateAction(
  scope: FieldScope,
  route: RouteMessage,
  reasons: RouteReasons,
  plugins: ClusterSpecifierPlugins,
  path: PathMatch | undefined,
): RouteAction | undefined {
  const action = route.action
  switch (action?.$case) {
    case 'route':
      return translateForwardAction(scope.at('route'), action.value, reasons, plugins, path)
    case 'redirect':
      return translateRedirect(scope.at('redirect'), action.value, reasons)
    case 'directResponse':
      return translateDirectResponse(scope.at('direct_response'), action.value, reasons)
    case 'filterAction':
      return unsupportedAction(scope.at('filter_action'), 'filter actions are not supported')
    case 'nonForwardingAction':
      // A client fails the calls that come here, when it makes the route ready.
      return { kind: 'serve', timeoutMs: 0 }
    case undefined:
      // An action newer than this version reads as none. gRPC fails the calls that come to it (gRFC A28).
      return unsupportedAction(scope, 'the action is missing or not known')
  }
}

function unsupportedAction(scope: FieldScope, reason: string): RouteAction {
  scope.unsupported(`${reason}; calls that come here fail`)
  return { kind: 'unsupported', reason }
}

/** The mirrors of the most specific level that has any (Envoy, VirtualHost.request_mirror_policies). */
function withMirrors(action: RouteAction, mirrors: readonly MirrorPolicy[]): RouteAction {
  if (action.kind !== 'forward' || action.mirrors !== undefined || mirrors.length === 0) return action
  return { ...action, mirrors }
}
