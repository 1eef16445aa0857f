import {
  Address,
  AggregatedConfigSource,
  ApiListener,
  anyOf,
  ConfigSource,
  Cors,
  create,
  HTTPFault,
  HttpConnectionManager,
  HttpFilter,
  Listener,
  Rds,
  Router,
  SocketAddress,
} from '@inmesh/xds-proto'
import type { Service } from '../registry/service.js'
import { routeConfigurationName } from './resource-name.js'

/**
 * Makes the listener that a caller in process asks for by `host:port`.
 *
 * @param name - The name asked for; the host in it may be any of the service's names.
 * @param service - The service.
 * @param port - The service's port.
 * @param apiListener - From {@link outboundApiListener}; the same under every name.
 */
export function outboundListener(name: string, service: Service, port: number, apiListener: ApiListener): Listener {
  return create(Listener, { name, address: socketAddress(service.addresses[0] ?? '0.0.0.0', port), apiListener })
}

/**
 * Makes what a listener says of requests: the routes they take and the filters they pass.
 *
 * @param service - The service.
 * @param port - The service's port.
 */
export function outboundApiListener(service: Service, port: number): ApiListener {
  const routeConfigName = routeConfigurationName(port, service.host)
  const manager = create(HttpConnectionManager, {
    statPrefix: routeConfigName,
    routeSpecifier: { $case: 'rds', value: create(Rds, { configSource: adsSource(), routeConfigName }) },
    httpFilters: [
      httpFilter('envoy.filters.http.fault', anyOf(HTTPFault, create(HTTPFault))),
      corsFilter(),
      routerFilter(),
    ],
  })
  return create(ApiListener, { apiListener: anyOf(HttpConnectionManager, manager) })
}

/** The configuration source "the stream this came by". */
export function adsSource(): ConfigSource {
  return create(ConfigSource, { configSourceSpecifier: { $case: 'ads', value: create(AggregatedConfigSource) } })
}

/** The filter that ends every chain. */
export function routerFilter(): HttpFilter {
  return httpFilter('envoy.filters.http.router', anyOf(Router, create(Router)))
}

/** A TCP address. */
export function socketAddress(address: string, port: number): Address {
  const socket = create(SocketAddress, { address, portSpecifier: { $case: 'portValue', value: port } })
  return create(Address, { address: { $case: 'socketAddress', value: socket } })
}

// Optional, as gRPC does not know it and refuses a listener whose filters it must know (gRFC A39). istiod gives it to sidecars only.
function corsFilter(): HttpFilter {
  return { ...httpFilter('envoy.filters.http.cors', anyOf(Cors, create(Cors))), isOptional: true }
}

function httpFilter(name: string, config: { readonly typeUrl: string; readonly value: Uint8Array }): HttpFilter {
  return create(HttpFilter, { name, configType: { $case: 'typedConfig', value: config } })
}
