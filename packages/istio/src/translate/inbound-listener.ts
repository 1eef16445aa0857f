import {
  anyOf,
  create,
  FilterChain,
  HttpConnectionManager,
  Listener,
  NetworkFilter,
  NonForwardingAction,
  Route,
  RouteConfiguration,
  RouteMatch,
  TrafficDirection,
  VirtualHost,
} from '@inmesh/xds-proto'
import { routerFilter, socketAddress } from './listener.js'
import type { ListenAddress } from './resource-name.js'

const routeName = 'inbound'

/**
 * Makes the listener of a server: plaintext, every request to the application (gRFC A36).
 *
 * @param name - The name asked for.
 * @param address - The address in it.
 */
export function inboundListener(name: string, address: ListenAddress): Listener {
  const route = create(Route, {
    match: create(RouteMatch, { pathSpecifier: { $case: 'prefix', value: '/' } }),
    action: { $case: 'nonForwardingAction', value: create(NonForwardingAction) },
  })
  const manager = create(HttpConnectionManager, {
    statPrefix: routeName,
    routeSpecifier: {
      $case: 'routeConfig',
      value: create(RouteConfiguration, {
        name: routeName,
        virtualHosts: [create(VirtualHost, { name: routeName, domains: ['*'], routes: [route] })],
      }),
    },
    httpFilters: [routerFilter()],
  })
  const filter = create(NetworkFilter, {
    name: 'envoy.filters.network.http_connection_manager',
    configType: { $case: 'typedConfig', value: anyOf(HttpConnectionManager, manager) },
  })
  return create(Listener, {
    name,
    address: socketAddress(address.address, address.port),
    filterChains: [create(FilterChain, { name: 'inbound-plaintext', filters: [filter] })],
    trafficDirection: TrafficDirection.INBOUND,
  })
}
