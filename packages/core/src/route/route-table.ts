import { ReplyRewriter } from '../call/reply-rewriter.js'
import { pathWithoutQuery, type RequestView } from '../call/request-view.js'
import type { Cluster } from '../cluster/cluster.js'
import type { ClusterFinder } from '../cluster/named-clusters.js'
import { FilterChain } from '../filters/filter-chain.js'
import { HeaderChanges } from '../headers/header-changes.js'
import { subsetMatch } from '../hosts/subset-match.js'
import { DomainIndex } from '../matching/domain-index.js'
import { RouteIndex } from '../matching/route-index.js'
import type { FilterConfig, FilterOverrides } from '../model/filter-config.js'
import type { RouteConfiguration } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import type { Random } from '../ports/random.js'
import { type Levels, orderedLevels, RequestChanges } from '../rewrite/request-changes.js'
import { CompiledRoute, type RouteFinder } from './compiled-route.js'
import { compileAnswer } from './local-answer.js'
import { CompiledMirror } from './mirror.js'
import { compileShares } from './route-share.js'

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

/** A route configuration made ready for requests. Immutable. */
export class RouteTable implements RouteFinder {
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
   * @param listener - Filters and defaults that apply before the routes.
   * @param routes - The configuration.
   * @param clusters - Running clusters, all that the routes name.
   * @param random - Dice for shares of requests.
   * @param port - Port of the target, for a listener that leaves it out of the match. Default: none.
   * @param named - Finds clusters that requests name. Default: those of `clusters`.
   */
  constructor(
    listener: ListenerConfig,
    routes: RouteConfiguration,
    clusters: ReadonlyMap<string, Cluster>,
    random: Random,
    port = '',
    named: ClusterFinder = { find: (name) => clusters.get(name) },
  ) {
    this.name = routes.name
    this.replies = listener.localReplies && new ReplyRewriter(listener.localReplies)
    this.#strippedPort = strippedPort(listener, routes, port)
    this.#stripsDot = listener.stripsTrailingHostDot === true
    for (const host of routes.virtualHosts) {
      const compiled = host.routes.map((route) => compileRoute(listener, { routes, host, route }, clusters, named))
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

const NO_OVERRIDES: FilterOverrides = new Map()

/** Envoy's CORS filter looks at requests that are sent on only. */
function actsOnAnswers({ kind }: FilterConfig): boolean {
  return kind !== 'cors'
}

function compileRoute(
  listener: ListenerConfig,
  levels: Levels,
  clusters: ReadonlyMap<string, Cluster>,
  named: ClusterFinder,
): CompiledRoute {
  const { routes, host, route } = levels
  const { action } = route
  const overrides = [route.filterOverrides, host.filterOverrides, routes.filterOverrides ?? NO_OVERRIDES]
  const headerLevels = orderedLevels(levels)
  if (action.kind !== 'forward') {
    const answer = compileAnswer(route)
    const filters = listener.filters.filter(({ config }) => actsOnAnswers(config))
    const answering = answer && {
      answer,
      filters: FilterChain.compile(filters, overrides),
      responseChanges: HeaderChanges.compile(headerLevels, 'responseHeaders'),
    }
    return new CompiledRoute({ host, source: route, listener, answering })
  }
  const cors = [action.cors, host.cors].filter((policy) => policy !== undefined)
  const shares = compileShares(action.clusters, clusters, named, (entry, cluster) => ({
    cluster,
    filters: FilterChain.compile(listener.filters, [entry.filterOverrides, ...overrides], {
      listener: listener.name,
      cluster: entry.name,
      cors,
    }),
    subset: subsetMatch(action.metadataMatch, entry.metadataMatch),
    requestChanges: RequestChanges.compile(levels, action, entry, listener.router),
    responseChanges: HeaderChanges.compile([entry, ...headerLevels], 'responseHeaders'),
  }))
  const mirrors = (action.mirrors ?? []).map((policy) => new CompiledMirror(levels, policy, clusters, named))
  return new CompiledRoute({ host, source: route, listener, shares, mirrors })
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
