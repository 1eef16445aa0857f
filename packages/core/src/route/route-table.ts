import { pathWithoutQuery, type RequestView } from '../call/request-view.js'
import type { Cluster } from '../cluster/cluster.js'
import { FilterChain } from '../filters/filter-chain.js'
import { DomainIndex } from '../matching/domain-index.js'
import { PathIndex } from '../matching/path-index.js'
import type { FilterOverrides } from '../model/filter-config.js'
import type { Route, RouteConfiguration, VirtualHost } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import type { Random } from '../ports/random.js'
import { CompiledRoute, type Destination } from './compiled-route.js'

/** One virtual host: its routes in order and an index over their paths. */
class VirtualHostTable {
  readonly #routes: readonly CompiledRoute[]
  readonly #paths = new PathIndex()
  readonly #random: Random
  /** Whether the first route takes every path: the usual table of a service without rules of its own. */
  readonly #catchAll: boolean
  readonly #accept = (position: number, request: RequestView): boolean =>
    this.#routes[position]!.applies(request, this.#random)

  constructor(routes: readonly CompiledRoute[], random: Random) {
    this.#routes = routes
    this.#random = random
    for (const [position, route] of routes.entries()) this.#paths.add(position, route.source.match.path)
    const first = routes[0]?.source.match.path
    this.#catchAll = first?.kind === 'prefix' && (first.value === '/' || first.value === '')
  }

  match(request: RequestView): CompiledRoute | undefined {
    if (this.#catchAll && this.#accept(0, request)) return this.#routes[0]
    // Not asked twice: its dice for a share of the requests are thrown.
    const from = this.#catchAll ? 1 : 0
    const position = this.#paths.first(pathWithoutQuery(request.path), request, this.#accept, from)
    return position < 0 ? undefined : this.#routes[position]
  }
}

/** A route configuration made ready for requests. Immutable. */
export class RouteTable {
  readonly #hosts = new DomainIndex<VirtualHostTable>()
  readonly #ignorePort: boolean

  /**
   * @param listener - Filters and defaults that apply before the routes.
   * @param routes - The configuration.
   * @param clusters - Running clusters, all that the routes name.
   * @param random - Dice for shares of requests.
   */
  constructor(
    listener: ListenerConfig,
    routes: RouteConfiguration,
    clusters: ReadonlyMap<string, Cluster>,
    random: Random,
  ) {
    this.#ignorePort = routes.ignorePortInHostMatching
    for (const host of routes.virtualHosts) {
      const compiled = host.routes.map((route) => compileRoute(listener, host, route, clusters))
      const table = new VirtualHostTable(compiled, random)
      for (const domain of host.domains) this.#hosts.add(domain, table)
    }
  }

  /**
   * Finds the route of a request: the virtual host by authority, then the first route that matches.
   *
   * @param request - The request.
   * @returns undefined when there is none.
   */
  match(request: RequestView): CompiledRoute | undefined {
    // Envoy strips the port where the table says so; gRPC compares literally (gRFC A27: the port is part of the name).
    const authority = this.#ignorePort && request.view === 'http' ? withoutPort(request.authority) : request.authority
    return this.#hosts.find(authority)?.match(request)
  }
}

function compileRoute(
  listener: ListenerConfig,
  host: VirtualHost,
  route: Route,
  clusters: ReadonlyMap<string, Cluster>,
): CompiledRoute {
  const destinations: Destination[] = []
  if (route.action.kind === 'forward') {
    let upTo = 0
    for (const { name, weight, filterOverrides } of route.action.clusters) {
      upTo += weight
      const overrides: FilterOverrides[] = [filterOverrides, route.filterOverrides, host.filterOverrides]
      destinations.push({
        cluster: clusters.get(name)!,
        upTo,
        filters: FilterChain.compile(listener.filters, overrides),
      })
    }
  }
  return new CompiledRoute(host, route, destinations, listener.maxStreamDurationMs)
}

function withoutPort(authority: string): string {
  // Nearly no authority has a port, and looking from the front is much faster.
  if (!authority.includes(':')) return authority
  const colon = authority.lastIndexOf(':')
  return colon > authority.lastIndexOf(']') && colon >= 0 ? authority.slice(0, colon) : authority
}
