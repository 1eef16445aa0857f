import { NOTHING_REFUSED, type Refusals, type Route, type RouteConfiguration } from '@inmesh/core'
import type { ClusterResource } from '../resource/cluster/cluster-resource.js'
import type { EndpointResource } from '../resource/endpoint/endpoint-resource.js'
import type { ListenerResource } from '../resource/listener/listener-resource.js'

/** A listener whose routes are a resource of their own. */
export function listenerTo(routesName: string, refused: Refusals = NOTHING_REFUSED): ListenerResource {
  return {
    listener: { name: 'l', filters: [], maxStreamDurationMs: 0 },
    routes: { kind: 'rds', name: routesName },
    refused,
  }
}

/** A listener that brings its routes along. */
export function listenerWith(routes: RouteConfiguration): ListenerResource {
  return { ...listenerTo(''), routes: { kind: 'inline', routes } }
}

/** A table with a route to each cluster. */
export function routesTo(...clusters: string[]): RouteConfiguration {
  const routes = clusters.map(
    (name): Route => ({
      name,
      match: { path: { kind: 'prefix', value: `/${name}`, caseSensitive: true }, headers: [], grpcOnly: false },
      action: { kind: 'forward', clusters: [{ name, weight: 1, filterOverrides: new Map() }] },
      filterOverrides: new Map(),
      refused: NOTHING_REFUSED,
      skipped: NOTHING_REFUSED,
    }),
  )
  const virtualHosts = [{ name: 'h', domains: ['*'], routes, filterOverrides: new Map() }]
  return { name: 'r', virtualHosts, ignorePortInHostMatching: false }
}

/** A cluster whose endpoints are a resource of their own. */
export function clusterOf(name: string, serviceName = name, refused: Refusals = NOTHING_REFUSED): ClusterResource {
  return {
    config: {
      name,
      loadBalancing: { kind: 'round-robin' },
      thresholds: { maxRequests: 1024, maxRetries: 3 },
      connectTimeoutMs: 5000,
      refused,
    },
    discovery: { kind: 'eds', serviceName },
  }
}

/** Endpoints on these ports of one host. */
export function endpointsOn(ports: readonly number[], refused: Refusals = NOTHING_REFUSED): EndpointResource {
  const endpoints = ports.map((port) => ({
    key: `10.0.0.1:${port}`,
    host: '10.0.0.1',
    port,
    hostname: '',
    weight: 1,
    health: 'healthy' as const,
    metadata: {},
  }))
  const locality = { region: '', zone: '', subZone: '' }
  return { assignment: { localities: [{ locality, priority: 0, weight: 1, endpoints }], drops: [] }, refused }
}
