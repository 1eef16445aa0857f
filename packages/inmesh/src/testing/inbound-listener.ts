/** Parts of an inbound listener in proto-JSON. */
export interface InboundParts {
  /** Filters before the router. */
  readonly filters?: readonly object[]
  /** Routes of the one virtual host. Default: one that serves every path. */
  readonly routes?: readonly object[]
  /** Further fields of the HTTP connection manager. */
  readonly manager?: object
  /** Chains in place of the one for every connection. */
  readonly chains?: readonly object[]
}

const TYPES = 'type.googleapis.com/envoy.extensions.filters'

/** A filter of HTTP with its configuration, by the last part of its type: `fault.v3.HTTPFault`. */
export function httpFilter(name: string, type: string, config: object = {}): object {
  return { name, typedConfig: { '@type': `${TYPES}.http.${type}`, ...config } }
}

/** A chain that carries HTTP. */
export function httpChain(parts: InboundParts = {}, fields: object = {}): object {
  const { filters = [], routes = [served()], manager = {} } = parts
  const config = {
    '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
    httpFilters: [...filters, httpFilter('router', 'router.v3.Router')],
    routeConfig: { name: 'inbound', virtualHosts: [{ name: 'inbound', domains: ['*'], routes }] },
    ...manager,
  }
  return { filters: [{ name: 'http', typedConfig: config }], ...fields }
}

/** A route that gives requests to the application. */
export function served(fields: object = {}, match: object = { prefix: '/' }): object {
  return { match, nonForwardingAction: {}, ...fields }
}

/** The listener of servers on a port, as a file of a mesh's directory. */
export function inboundListener(port: number, parts: InboundParts = {}): string {
  return JSON.stringify({
    '@type': 'type.googleapis.com/envoy.config.listener.v3.Listener',
    name: `inmesh/inbound/0.0.0.0:${port}`,
    address: { socketAddress: { address: '0.0.0.0', portValue: port } },
    filterChains: parts.chains ?? [httpChain(parts)],
  })
}
