const TYPES = 'type.googleapis.com/envoy.extensions.filters'

/**
 * The listener of servers on a port, as a file of configuration: it breaks requests with `x-break`, and marks the others and their responses.
 *
 * @param port - The port.
 * @param address - What the servers are bound to. Default: every address.
 */
export function marking(port: number, address = '0.0.0.0'): string {
  const fault = {
    abort: { httpStatus: 418, percentage: { numerator: 100 } },
    headers: [{ name: 'x-break', presentMatch: true }],
  }
  const mark = (key: string) => [{ header: { key, value: 'once' } }]
  const route = {
    name: 'all',
    match: { prefix: '/' },
    nonForwardingAction: {},
    requestHeadersToAdd: mark('x-in'),
    responseHeadersToAdd: mark('x-out'),
  }
  const manager = {
    '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
    httpFilters: [
      { name: 'fault', typedConfig: { '@type': `${TYPES}.http.fault.v3.HTTPFault`, ...fault } },
      { name: 'router', typedConfig: { '@type': `${TYPES}.http.router.v3.Router` } },
    ],
    routeConfig: { virtualHosts: [{ domains: ['*'], routes: [route] }] },
  }
  return JSON.stringify({
    '@type': 'type.googleapis.com/envoy.config.listener.v3.Listener',
    name: `inmesh/inbound/${address}:${port}`,
    address: { socketAddress: { address, portValue: port } },
    filterChains: [{ filters: [{ name: 'http', typedConfig: manager }] }],
  })
}
