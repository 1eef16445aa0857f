import type { ScriptedResource } from './world.js'

const types = 'type.googleapis.com/envoy'
const ads = { ads: {}, resource_api_version: 'V3' }

/** Full names of the types, for responses that a test words itself. */
export const typeNames = {
  listener: 'envoy.config.listener.v3.Listener',
  routes: 'envoy.config.route.v3.RouteConfiguration',
  cluster: 'envoy.config.cluster.v3.Cluster',
  endpoints: 'envoy.config.endpoint.v3.ClusterLoadAssignment',
} as const

/** The filter that every list of filters ends with. */
export const router = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': `${types}.extensions.filters.http.router.v3.Router` },
}

/** Template of the names of servers' listeners. */
export const serverListenerTemplate = 'server/%s'

/** A server's listener, by the port on loopback that it listens on, with a chain of filters for each HttpConnectionManager. */
export function serverListener(port: number, ...chains: readonly ScriptedResource[]): ScriptedResource {
  const address = `127.0.0.1:${port}`
  return {
    '@type': `type.googleapis.com/${typeNames.listener}`,
    name: serverListenerTemplate.replace('%s', address),
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: chains,
  }
}

/** A chain of a server's listener whose HttpConnectionManager has these fields. */
export function serverChain(manager: ScriptedResource, fields: ScriptedResource = {}): ScriptedResource {
  const typed_config = {
    '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    http_filters: [router],
    ...manager,
  }
  return { filters: [{ name: 'http', typed_config }], ...fields }
}

/** The field of an HttpConnectionManager for routes in a resource. */
export function routesBy(name: string): ScriptedResource {
  return { rds: { config_source: ads, route_config_name: name } }
}

/** A route of a server that gives requests to the application, whose answers then show where they came by. */
export function servedBy(name: string, match: ScriptedResource = {}): ScriptedResource {
  return {
    name,
    match: { prefix: '/', ...match },
    non_forwarding_action: {},
    response_headers_to_add: [{ header: { key: 'x-route', value: name } }],
  }
}

/** A client's listener whose HttpConnectionManager has these fields. */
export function listenerOf(name: string, manager: ScriptedResource): ScriptedResource {
  return {
    '@type': `type.googleapis.com/${typeNames.listener}`,
    name,
    api_listener: {
      api_listener: {
        '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
        http_filters: [router],
        ...manager,
      },
    },
  }
}

/** A client's listener, its routes in a resource. */
export function listener(name: string, routesName: string = name, manager: ScriptedResource = {}): ScriptedResource {
  return listenerOf(name, { rds: { config_source: ads, route_config_name: routesName }, ...manager })
}

/** A client's listener with its routes inside. */
export function inlineListener(name: string, routes: ScriptedResource): ScriptedResource {
  const { '@type': _, ...configuration } = routes
  return listenerOf(name, { route_config: configuration })
}

/** Routes of one virtual host for every domain. */
export function routes(name: string, ...list: readonly ScriptedResource[]): ScriptedResource {
  return routesOf(name, { name, domains: ['*'], routes: list })
}

/** Routes by virtual host. */
export function routesOf(name: string, ...virtualHosts: readonly ScriptedResource[]): ScriptedResource {
  return { '@type': `type.googleapis.com/${typeNames.routes}`, name, virtual_hosts: virtualHosts }
}

/** A route for every path, to one cluster. Without a limit of its own: the time of a test's mesh may run fast. */
export function to(cluster: string, action: ScriptedResource = {}, match: ScriptedResource = {}): ScriptedResource {
  return { match: { prefix: '/', ...match }, route: { cluster, timeout: '0s', ...action } }
}

/** A cluster with endpoints in a resource of their own. */
export function cluster(name: string, fields: ScriptedResource = {}): ScriptedResource {
  return {
    '@type': `type.googleapis.com/${typeNames.cluster}`,
    name,
    type: 'EDS',
    eds_cluster_config: { eds_config: ads },
    connect_timeout: '100s',
    ...fields,
  }
}

/** A cluster that stands for others, in their order. */
export function aggregate(name: string, ...clusters: readonly string[]): ScriptedResource {
  return cluster(name, {
    type: undefined,
    eds_cluster_config: undefined,
    lb_policy: 'CLUSTER_PROVIDED',
    cluster_type: {
      name: 'envoy.clusters.aggregate',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig',
        clusters,
      },
    },
  })
}

/** A cluster whose one endpoint is found by name. */
export function logicalDns(name: string, port: number, fields: ScriptedResource = {}): ScriptedResource {
  const address = { socket_address: { address: 'localhost', port_value: port } }
  return cluster(name, {
    type: 'LOGICAL_DNS',
    eds_cluster_config: undefined,
    dns_lookup_family: 'V4_ONLY',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    ...fields,
  })
}

/** One locality, by the ports of its endpoints on loopback. */
export function locality(
  zone: string,
  ports: readonly (number | ScriptedResource)[],
  fields: ScriptedResource = {},
): ScriptedResource {
  return {
    locality: { zone },
    load_balancing_weight: 1,
    lb_endpoints: ports.map((port) => (typeof port === 'number' ? lbEndpoint(port) : port)),
    ...fields,
  }
}

/** An endpoint on loopback. */
export function lbEndpoint(port: number, fields: ScriptedResource = {}): ScriptedResource {
  return { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } }, ...fields }
}

/** The endpoints of a cluster by locality. */
export function assignment(name: string, ...localities: readonly ScriptedResource[]): ScriptedResource {
  return { '@type': `type.googleapis.com/${typeNames.endpoints}`, cluster_name: name, endpoints: localities }
}

/** The endpoints of a cluster, in one locality. */
export function endpoints(name: string, ...ports: readonly number[]): ScriptedResource {
  return assignment(name, locality('a', ports))
}

/** Everything that a target needs to reach one port: names of all four resources are the target's. */
export function service(name: string, ...ports: readonly number[]): ScriptedResource[] {
  return [listener(name), routes(name, to(name)), cluster(name), endpoints(name, ...ports)]
}

/** A resource of a type whose bytes are no message. */
export function garbage(type: keyof typeof typeNames): ScriptedResource {
  return { '@type': `type.googleapis.com/${typeNames[type]}`, base64: '/////w==' }
}

/** Routes that a client has to reject: the regular expression is none. */
export function brokenRoutes(name: string): ScriptedResource {
  return routes(name, { match: { safe_regex: { regex: '/(' } }, route: { cluster: name } })
}

/** A cluster that a client has to reject: a cluster of type EDS without a source. */
export function brokenCluster(name: string): ScriptedResource {
  return { '@type': `type.googleapis.com/${typeNames.cluster}`, name, type: 'EDS' }
}

/** Endpoints that a client has to reject: the priorities have a gap. */
export function brokenEndpoints(name: string, port: number): ScriptedResource {
  return assignment(name, locality('a', [port], { priority: 1 }))
}

/** A listener that a client has to reject: it has no filters. */
export function brokenListener(name: string): ScriptedResource {
  return listener(name, name, { http_filters: [] })
}
