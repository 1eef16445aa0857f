import type { ForwardAction, Route, RouteConfiguration, ServeAction } from '@inmesh/core'
import { mergeRefusals } from './refuse-routes.js'

/** Envoy's RouteAction.timeout when it is not set. */
const DEFAULT_TIMEOUT_MS = 15_000

const FOR_HTTP_ONLY = { grpc: 'servers of gRPC take routes with non_forwarding_action only (gRFC A36)' }

/**
 * The routes of a server. A proxy beside the application forwards to it as to a cluster, `inbound|8080||` in Istio: here the application gets such
 * requests itself. Routes that forward to another cluster stay, and fail their requests.
 *
 * @param routes - The table as received.
 */
export function servedRoutes(routes: RouteConfiguration): RouteConfiguration {
  const forwards = routes.virtualHosts.some((host) => host.routes.some(forwardsToApplication))
  if (!forwards) return routes
  const virtualHosts = routes.virtualHosts.map((host) => ({ ...host, routes: host.routes.map(served) }))
  return { ...routes, virtualHosts }
}

function served(route: Route): Route {
  if (route.action.kind !== 'forward' || !forwardsToApplication(route)) return route
  return { ...route, action: serving(route.action), refused: mergeRefusals(route.refused, FOR_HTTP_ONLY) }
}

function serving({ timeoutMs = DEFAULT_TIMEOUT_MS, ...action }: ForwardAction): ServeAction {
  const { clusters: _clusters, kind: _kind, retryPolicy: _retryPolicy, hashPolicies: _hashPolicies, ...rest } = action
  return { ...rest, kind: 'serve', timeoutMs }
}

function forwardsToApplication({ action }: Route): boolean {
  return action.kind === 'forward' && action.clusters.every(({ name }) => standsForApplication(name))
}

function standsForApplication(cluster: string): boolean {
  return cluster.startsWith('inbound|') || cluster === 'InboundPassthroughCluster'
}
