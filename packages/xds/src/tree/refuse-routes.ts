import { NOTHING_REFUSED, type Refusals, type Route, type RouteConfiguration } from '@inmesh/core'

/** Puts two sets of reasons together; those of `first` count where both have one. */
export function mergeRefusals(first: Refusals, second: Refusals): Refusals {
  if (first === NOTHING_REFUSED) return second
  return second === NOTHING_REFUSED ? first : { ...second, ...first }
}

/**
 * Refuses every route of a table: the listener has a filter that must not be left out, so no route may be taken without it.
 *
 * @param routes - The table.
 * @param refused - The listener's reasons.
 */
export function refuseRoutes(routes: RouteConfiguration, refused: Refusals): RouteConfiguration {
  if (refused === NOTHING_REFUSED) return routes
  const refuse = (route: Route): Route => ({ ...route, refused: mergeRefusals(refused, route.refused) })
  const virtualHosts = routes.virtualHosts.map((host) => ({ ...host, routes: host.routes.map(refuse) }))
  return { ...routes, virtualHosts }
}
