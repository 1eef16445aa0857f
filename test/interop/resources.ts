/** A message in proto-JSON, with `@type` where it is packed. */
export type ProtoJson = Readonly<Record<string, unknown>>

const types = 'type.googleapis.com/envoy'
const ads = { ads: {}, resource_api_version: 'V3' }

/** A route to clusters by weight. */
export interface WeightedRoute {
  /** Default `/`. */
  readonly prefix?: string
  readonly weights: Readonly<Record<string, number>>
}

/** A listener for clients, whose routes have its name. */
export function listener(name: string): ProtoJson {
  return {
    '@type': `${types}.config.listener.v3.Listener`,
    name,
    api_listener: {
      api_listener: {
        '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
        rds: { config_source: ads, route_config_name: name },
        http_filters: [
          {
            name: 'envoy.filters.http.router',
            typed_config: { '@type': `${types}.extensions.filters.http.router.v3.Router` },
          },
        ],
      },
    },
  }
}

/** The routes of a listener: the first whose prefix fits. */
export function routes(name: string, ...weighted: readonly WeightedRoute[]): ProtoJson {
  return routeConfiguration(
    name,
    weighted.map(({ prefix = '/', weights }) => ({
      match: { prefix },
      route: {
        weighted_clusters: {
          clusters: Object.entries(weights).map(([cluster, weight]) => ({ name: cluster, weight })),
        },
      },
    })),
  )
}

/** Routes that a client has to reject: the regular expression is none. */
export function brokenRoutes(name: string): ProtoJson {
  return routeConfiguration(name, [
    { match: { prefix: '/fine' }, direct_response: { status: 200 } },
    { match: { safe_regex: { regex: '/catalog/(' } }, direct_response: { status: 200 } },
  ])
}

function routeConfiguration(name: string, list: readonly ProtoJson[]): ProtoJson {
  return {
    '@type': `${types}.config.route.v3.RouteConfiguration`,
    name,
    virtual_hosts: [{ name, domains: ['*'], routes: list }],
  }
}

/** A cluster whose endpoints have its name. */
export function cluster(name: string): ProtoJson {
  return {
    '@type': `${types}.config.cluster.v3.Cluster`,
    name,
    type: 'EDS',
    eds_cluster_config: { eds_config: ads },
    connect_timeout: '1s',
  }
}

/** The endpoints of a cluster, by their ports on loopback. */
export function endpoints(name: string, ...ports: readonly number[]): ProtoJson {
  return {
    '@type': `${types}.config.endpoint.v3.ClusterLoadAssignment`,
    cluster_name: name,
    endpoints: [
      {
        locality: {},
        load_balancing_weight: 1,
        lb_endpoints: ports.map((port) => ({
          endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
        })),
      },
    ],
  }
}
