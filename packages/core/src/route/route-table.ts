import type { Cluster } from '../cluster/cluster.js'
import type { ClusterFinder } from '../cluster/named-clusters.js'
import { FilterChain } from '../filters/filter-chain.js'
import { HeaderChanges } from '../headers/header-changes.js'
import { subsetMatch } from '../hosts/subset-match.js'
import type { RouteConfiguration } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import type { Random } from '../ports/random.js'
import { type Levels, orderedLevels, RequestChanges } from '../rewrite/request-changes.js'
import { CompiledRoute } from './compiled-route.js'
import { HostTable } from './host-table.js'
import { compileAnswering, overridesOf, withoutAction } from './levels.js'
import { CompiledMirror } from './mirror.js'
import { compileShares } from './route-share.js'

/** The routes of calls that are made. Immutable. */
export class RouteTable extends HostTable {
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
    const compile = (levels: Levels): CompiledRoute => compileRoute(listener, levels, clusters, named)
    super({ listener, routes, random, port, compile })
  }
}

function compileRoute(
  listener: ListenerConfig,
  levels: Levels,
  clusters: ReadonlyMap<string, Cluster>,
  named: ClusterFinder,
): CompiledRoute {
  const { host, route } = levels
  const { action } = route
  if (action.kind === 'serve') {
    return new CompiledRoute({ host, source: withoutAction(route, 'the route is for servers'), listener })
  }
  if (action.kind !== 'forward') {
    return new CompiledRoute({ host, source: route, listener, answering: compileAnswering(listener, levels) })
  }
  const overrides = overridesOf(levels)
  const headerLevels = orderedLevels(levels)
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
