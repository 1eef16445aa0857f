import { isIPv6 } from 'node:net'
import { create, Route, RouteConfiguration, VirtualHost } from '@inmesh/xds-proto'
import { shortHostNames } from '../host/host-name.js'
import type { ServicePort } from '../model/service-entry.js'
import type { MeshView } from '../registry/mesh-view.js'
import type { Service } from '../registry/service.js'
import { httpRoutes } from './http-route.js'
import { routeConfigurationName } from './resource-name.js'
import { defaultAction, opaqueAction } from './route-action.js'
import { matchAll } from './route-match.js'

/**
 * Makes the routes of one port of a service, as one caller sees them. On a port whose bytes are not looked into, all goes to the service.
 *
 * @param view - The mesh as the caller sees it.
 * @param service - The service.
 * @param port - Its port.
 */
export function routeConfiguration(view: MeshView, service: Service, port: ServicePort): RouteConfiguration {
  return create(RouteConfiguration, {
    name: routeConfigurationName(port.number, service.host),
    virtualHosts: [
      port.protocol === 'opaque' ? opaqueHost(view, service, port.number) : virtualHost(view, service, port.number),
    ],
  })
}

function virtualHost(view: MeshView, service: Service, port: number): VirtualHost {
  const virtualService = view.virtualService(service.host)
  const routes = virtualService === undefined ? [] : httpRoutes(virtualService, view, port)
  return create(VirtualHost, {
    name: `${service.host}:${port}`,
    domains: virtualHostDomains(service, port, view.node.namespace),
    // A VirtualService without a route for this caller and port leaves the service as if there were none, as in Istio.
    routes: routes.length > 0 ? routes : [defaultRoute(view, service.host, port)],
    includeRequestAttemptCount: true,
  })
}

function opaqueHost(view: MeshView, service: Service, port: number): VirtualHost {
  const route = create(Route, {
    name: 'default',
    match: matchAll(),
    action: { $case: 'route', value: opaqueAction(service.host, port) },
  })
  return create(VirtualHost, {
    name: `${service.host}:${port}`,
    domains: virtualHostDomains(service, port, view.node.namespace),
    routes: [route],
  })
}

function defaultRoute(view: MeshView, host: string, port: number): Route {
  return create(Route, {
    name: 'default',
    match: matchAll(),
    action: { $case: 'route', value: defaultAction(view, host, port) },
  })
}

/**
 * Every name by which a caller may mean a service, each with and without the port: gRPC compares the authority as it is.
 *
 * @param service - The service.
 * @param port - The port that is called.
 * @param namespace - Namespace of the caller.
 */
export function virtualHostDomains(service: Service, port: number, namespace: string): readonly string[] {
  const addresses = service.addresses.filter((address) => !address.includes('/'))
  const names = [
    service.host,
    `${service.host}.`,
    ...shortHostNames(service.host, namespace),
    ...addresses.map((address) => (isIPv6(address) ? `[${address}]` : address)),
  ]
  return names.flatMap((name) => [name, `${name}:${port}`])
}
