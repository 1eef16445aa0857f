import { create, RouteMatch } from '@inmesh/xds-proto'
import type { HttpMatch } from '../model/http-match.js'
import type { NodeView } from '../registry/node-view.js'
import { hasLabels } from '../registry/service.js'
import { headerMatcher, queryParameterMatcher, regexMatcher, withoutHeaderMatcher } from './string-matcher.js'

/** The match of every request. */
export function matchAll(): RouteMatch {
  return create(RouteMatch, { pathSpecifier: { $case: 'prefix', value: '/' } })
}

/** Translates the conditions that a request is looked at for. */
export function routeMatch(match: HttpMatch): RouteMatch {
  const headers = [
    ...match.headers.map(({ name, match }) => headerMatcher(name, match)),
    ...match.withoutHeaders.map(({ name, match }) => withoutHeaderMatcher(name, match)),
  ].sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))
  if (match.method !== undefined) headers.push(headerMatcher(':method', match.method))
  if (match.authority !== undefined) headers.push(headerMatcher(':authority', match.authority))
  if (match.scheme !== undefined) headers.push(headerMatcher(':scheme', match.scheme))
  return create(RouteMatch, {
    pathSpecifier: pathSpecifier(match),
    caseSensitive: match.caseSensitive,
    headers,
    queryParameters: match.queryParameters.map(({ name, match }) => queryParameterMatcher(name, match)),
  })
}

/**
 * @param match - A match of a VirtualService.
 * @param node - The caller.
 * @param port - The port that is called.
 * @returns whether the conditions hold that do not depend on the request.
 */
export function appliesTo(match: HttpMatch, node: NodeView, port: number): boolean {
  if (!match.forMesh || (match.port !== undefined && match.port !== port)) return false
  if (match.sourceNamespace !== undefined && match.sourceNamespace !== node.namespace) return false
  return hasLabels(node.labels, match.sourceLabels)
}

/**
 * @param match - A match of a VirtualService.
 * @returns whether every request matches, so that routes after it are never reached.
 */
export function isCatchAll(match: HttpMatch): boolean {
  const { uri } = match
  const anyPath =
    uri === undefined || (uri.kind === 'prefix' && uri.value === '/') || (uri.kind === 'regex' && uri.value === '.*')
  const others = [match.method, match.authority, match.scheme].every((condition) => condition === undefined)
  const maps = [match.headers, match.withoutHeaders, match.queryParameters].every((list) => list.length === 0)
  return anyPath && others && maps
}

function pathSpecifier(match: HttpMatch): RouteMatch['pathSpecifier'] {
  switch (match.uri?.kind) {
    case undefined:
      return { $case: 'prefix', value: '/' }
    case 'exact':
      return { $case: 'path', value: match.uri.value }
    case 'prefix':
      return { $case: 'prefix', value: match.uri.value }
    case 'regex':
      return { $case: 'safeRegex', value: regexMatcher(match.uri.value) }
  }
}
