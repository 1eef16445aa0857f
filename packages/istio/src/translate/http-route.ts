import {
  type Any,
  anyOf,
  CorsPolicy,
  create,
  DataSource,
  DirectResponseAction,
  HTTPFault,
  Metadata,
  RedirectAction,
  RedirectAction_RedirectResponseCode,
  Route,
  RouteFilterConfig,
} from '@inmesh/xds-proto'
import type { HttpMatch } from '../model/http-match.js'
import type { HttpRedirect, HttpRoute } from '../model/http-route.js'
import type { VirtualService } from '../model/virtual-service.js'
import type { MeshView } from '../registry/mesh-view.js'
import { corsPolicy } from './cors.js'
import { httpFault } from './fault.js'
import { type TranslatedHeaders, translateHeaders } from './header-operations.js'
import { forwardAction } from './route-action.js'
import { appliesTo, isCatchAll, matchAll, routeMatch } from './route-match.js'

/**
 * Translates the HTTP routes of a VirtualService as one caller sees them on one port. Routes behind one that takes every request are left
 * out, as are matches that are for other callers or ports.
 *
 * @param service - The VirtualService.
 * @param view - The mesh as the caller sees it.
 * @param port - The port that is called.
 */
export function httpRoutes(service: VirtualService, view: MeshView, port: number): readonly Route[] {
  const routes: Route[] = []
  for (const route of service.http) {
    if (route.matches.length === 0) return [...routes, httpRoute(service, route, undefined, view, port)]
    for (const match of route.matches) {
      if (!appliesTo(match, view.node, port)) continue
      routes.push(httpRoute(service, route, match, view, port))
      if (isCatchAll(match)) return routes
    }
  }
  return routes
}

function httpRoute(
  service: VirtualService,
  route: HttpRoute,
  match: HttpMatch | undefined,
  view: MeshView,
  port: number,
): Route {
  const translated = translateAction(route, view, port)
  const { authority: _, ...headers } = translated.headers
  return create(Route, {
    name: match === undefined || match.name === '' ? route.name : `${route.name}.${match.name}`,
    match: match === undefined ? matchAll() : routeMatch(match),
    action: translated.action,
    metadata: originMetadata(service),
    typedPerFilterConfig: filterOverrides(route),
    ...headers,
  })
}

interface TranslatedAction {
  readonly action: Route['action']
  readonly headers: TranslatedHeaders
}

function translateAction(route: HttpRoute, view: MeshView, port: number): TranslatedAction {
  const headers = translateHeaders(route.headers)
  const { action } = route
  switch (action.kind) {
    case 'redirect':
      return { action: { $case: 'redirect', value: redirectAction(action.redirect, port) }, headers }
    case 'direct-response': {
      const { status, body } = action
      const response = create(DirectResponseAction, { status, body: body === undefined ? undefined : dataSource(body) })
      return { action: { $case: 'directResponse', value: response }, headers }
    }
    case 'forward': {
      const forwarded = forwardAction(action, headers, view, port)
      return { action: { $case: 'route', value: forwarded.action }, headers: forwarded.headers }
    }
  }
}

function redirectAction(redirect: HttpRedirect, port: number): RedirectAction {
  return create(RedirectAction, {
    hostRedirect: redirect.authority,
    pathRewriteSpecifier: redirectPath(redirect),
    schemeRewriteSpecifier: redirect.scheme === '' ? undefined : { $case: 'schemeRedirect', value: redirect.scheme },
    portRedirect: redirectPort(redirect, port),
    responseCode: redirectCode(redirect.code),
  })
}

function redirectPath(redirect: HttpRedirect): RedirectAction['pathRewriteSpecifier'] {
  if (redirect.prefixRewrite !== undefined) return { $case: 'prefixRewrite', value: redirect.prefixRewrite }
  return redirect.uri === '' ? undefined : { $case: 'pathRedirect', value: redirect.uri }
}

// A scheme's own port is not written out; 0 stands for it.
function redirectPort(redirect: HttpRedirect, called: number): number {
  if (redirect.port === undefined) return 0
  const port = redirect.port === 'request' ? called : redirect.port
  return port === (redirect.scheme === 'https' ? 443 : 80) ? 0 : port
}

function redirectCode(code: number): RedirectAction_RedirectResponseCode {
  switch (code) {
    case 302:
      return RedirectAction_RedirectResponseCode.FOUND
    case 303:
      return RedirectAction_RedirectResponseCode.SEE_OTHER
    case 307:
      return RedirectAction_RedirectResponseCode.TEMPORARY_REDIRECT
    case 308:
      return RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT
    default:
      return RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY
  }
}

function dataSource(body: string | Uint8Array): DataSource {
  return create(DataSource, {
    specifier:
      typeof body === 'string' ? { $case: 'inlineString', value: body } : { $case: 'inlineBytes', value: body },
  })
}

function filterOverrides(route: HttpRoute): Map<string, Any> {
  const overrides = new Map<string, Any>()
  const fault = route.fault === undefined ? undefined : httpFault(route.fault)
  if (route.cors !== undefined)
    overrides.set('envoy.filters.http.cors', optional(anyOf(CorsPolicy, corsPolicy(route.cors))))
  if (fault !== undefined) overrides.set('envoy.filters.http.fault', anyOf(HTTPFault, fault))
  return overrides
}

// gRPC clients know no CORS, and reject a table with an override that they do not know and may not ignore (gRFC A39).
function optional(config: Any): Any {
  return anyOf(RouteFilterConfig, create(RouteFilterConfig, { config, isOptional: true }))
}

// Names the VirtualService that a route comes from, in the form that Istio's tools know.
function originMetadata(service: VirtualService): Metadata {
  const config = `/apis/networking.istio.io/v1/namespaces/${service.namespace}/virtual-service/${service.name}`
  return create(Metadata, { filterMetadata: new Map([['istio', { config }]]) })
}
