import { ReplyRewriter } from '../call/reply-rewriter.js'
import { pathWithoutQuery, type RequestView } from '../call/request-view.js'
import { DomainIndex } from '../matching/domain-index.js'
import { RouteIndex } from '../matching/route-index.js'
import type { RouteConfiguration } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import type { Random } from '../ports/random.js'
import type { Levels } from '../rewrite/request-changes.js'
import type { CompiledRoute, RouteFinder } from './compiled-route.js'

/** One virtual host: its routes in order and an index over them. */
class VirtualHostTable {
  readonly #routes: readonly CompiledRoute[]
  readonly #index: RouteIndex
  readonly #random: Random
  /** Whether the first route takes every path: the usual table of a service without rules of its own. */
  readonly #catchAll: boolean
  readonly #accept = (position: number, request: RequestView): boolean =>
    this.#routes[position]!.applies(request, this.#random)

  constructor(routes: readonly CompiledRoute[], random: Random) {
    this.#routes = routes
    this.#random = random
    this.#index = new RouteIndex(routes.map(({ source }) => source.match))
    const first = routes[0]?.source.match.path
    // Its other conditions are asked without the index; where they fail, the index goes on.
    this.#catchAll = first?.kind === 'prefix' && (first.value === '/' || first.value === '')
  }

  match(request: RequestView): CompiledRoute | undefined {
    if (this.#catchAll && this.#accept(0, request)) return this.#routes[0]
    // Not asked twice: its dice for a share of the requests are thrown.
    const from = this.#catchAll ? 1 : 0
    const position = this.#index.first(pathWithoutQuery(request.path), request, this.#accept, from)
    return position < 0 ? undefined : this.#routes[position]
  }
}

/** Where the routes of a {@link HostTable} stand, and how they are made ready. */
export interface HostTableParts {
  /** What applies before the routes. */
  readonly listener: ListenerConfig
  /** The configuration. */
  readonly routes: RouteConfiguration
  /** Dice for shares of requests. */
  readonly random: Random
  /** Port of the target or the server, for a listener that leaves it out of the match; empty for none. */
  readonly port: string
  /** Makes a route ready for requests. */
  readonly compile: (levels: Levels) => CompiledRoute
}

/** A route configuration made ready for requests: finds the virtual host by authority, then the first route that matches. Immutable. */
export abstract class HostTable implements RouteFinder {
  readonly name: string
  readonly replies: ReplyRewriter | undefined
  readonly #hosts = new DomainIndex<VirtualHostTable>()
  /** Where a port in the authority does not count: any, none (the empty string), or the one given. */
  readonly #strippedPort: string
  readonly #stripsDot: boolean
  /** Of the HTTP request before: nearly all that go to a target name the same authority. */
  #recentAuthority: string | undefined
  #recentHost: VirtualHostTable | undefined

  /**
   * @param parts - Parts of the table.
   */
  constructor({ listener, routes, random, port, compile }: HostTableParts) {
    this.name = routes.name
    this.replies = listener.localReplies && new ReplyRewriter(listener.localReplies)
    this.#strippedPort = strippedPort(listener, routes, port)
    this.#stripsDot = listener.stripsTrailingHostDot === true
    for (const host of routes.virtualHosts) {
      const table = new VirtualHostTable(
        host.routes.map((route) => compile({ routes, host, route })),
        random,
      )
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
    const { authority, view } = request
    // Compared literally (gRFC A27: the port is part of the name).
    if (view === 'grpc') return this.#hosts.find(authority)?.match(request)
    if (authority !== this.#recentAuthority) {
      this.#recentHost = this.#hosts.find(this.#stripped(authority))
      this.#recentAuthority = authority
    }
    return this.#recentHost?.match(request)
  }

  /** Envoy strips what the configuration says. */
  #stripped(authority: string): string {
    const host = this.#strippedPort === '' ? authority : withoutPort(authority, this.#strippedPort)
    return this.#stripsDot ? withoutFinalDot(host) : host
  }
}

const ANY_PORT = '*'

function strippedPort(listener: ListenerConfig, routes: RouteConfiguration, port: string): string {
  if (routes.ignorePortInHostMatching || listener.strippedHostPort === 'any') return ANY_PORT
  return listener.strippedHostPort === 'own' ? port : ''
}

function withoutPort(authority: string, stripped: string): string {
  // Nearly no authority has a port, and looking from the front is much faster.
  if (!authority.includes(':')) return authority
  const colon = authority.lastIndexOf(':')
  if (colon < authority.lastIndexOf(']')) return authority
  return stripped === ANY_PORT || (authority.endsWith(stripped) && colon + 1 + stripped.length === authority.length)
    ? authority.slice(0, colon)
    : authority
}

/** The dot before a port too, as Envoy does. */
function withoutFinalDot(host: string): string {
  if (host.endsWith('.')) return host.slice(0, -1)
  const dot = host.lastIndexOf('.:')
  return dot < 0 ? host : host.slice(0, dot) + host.slice(dot + 1)
}
