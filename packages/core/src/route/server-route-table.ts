import { FilterChain } from '../filters/filter-chain.js'
import { HeaderChanges } from '../headers/header-changes.js'
import type { HeaderLevel } from '../model/header-operations.js'
import type { Route, RouteConfiguration } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import type { Random } from '../ports/random.js'
import { type Levels, orderedLevels, RequestChanges } from '../rewrite/request-changes.js'
import { CompiledRoute } from './compiled-route.js'
import { HostTable } from './host-table.js'
import { compileAnswering, overridesOf, withoutAction } from './levels.js'

/** The routes of requests that a server takes (gRFC A36). Immutable. */
export class ServerRouteTable extends HostTable {
  /**
   * The route that every request takes and that does nothing with it, as control planes give to servers without policies of their own;
   * undefined where there is more to the table.
   */
  readonly onlyPassing: Route | undefined

  /**
   * @param listener - Filters and defaults that apply before the routes.
   * @param routes - The configuration.
   * @param random - Dice for shares of requests.
   * @param port - Port of the server, for a listener that leaves it out of the match. Default: none.
   */
  constructor(listener: ListenerConfig, routes: RouteConfiguration, random: Random, port = '') {
    const compiled: CompiledRoute[] = []
    const compile = (levels: Levels): CompiledRoute => {
      const route = compileRoute(listener, levels)
      compiled.push(route)
      return route
    }
    super({ listener, routes, random, port, compile })
    const [first] = compiled
    const passes = routes.virtualHosts[0]?.domains.includes('*') && routes.virtualHosts.length === 1
    this.onlyPassing = passes && first !== undefined && doesNothing(first) ? first.source : undefined
  }
}

function doesNothing(route: CompiledRoute): boolean {
  const { serving, source } = route
  const { path, headers, queryParameters, cookies, clientNetworks, fraction, grpcOnly } = source.match
  const conditional = headers.length > 0 || queryParameters || cookies || clientNetworks || fraction || grpcOnly
  if (conditional || path.kind !== 'prefix' || (path.value !== '' && path.value !== '/')) return false
  if (route.refusal('http') !== undefined || serving === undefined || serving.filters.length > 0) return false
  if (serving.requestChanges !== undefined || serving.responseChanges !== undefined) return false
  const { requestMs, streamMs, grpcHeader } = route.limits
  return requestMs === 0 && streamMs === 0 && (grpcHeader === undefined || grpcHeader.maxMs === 0)
}

const NO_CHANGES: HeaderLevel = Object.freeze({})

function compileRoute(listener: ListenerConfig, levels: Levels): CompiledRoute {
  const { host, route } = levels
  const { action } = route
  if (action.kind === 'forward') {
    const source = withoutAction(route, 'servers give requests to their application and forward none')
    return new CompiledRoute({ host, source, listener })
  }
  if (action.kind !== 'serve') {
    return new CompiledRoute({ host, source: route, listener, answering: compileAnswering(listener, levels) })
  }
  const serving = {
    filters: FilterChain.compile(listener.filters, overridesOf(levels), {
      listener: listener.name,
      cluster: '',
      cors: [action.cors, host.cors].filter((policy) => policy !== undefined),
    }),
    requestChanges: RequestChanges.compile(levels, action, NO_CHANGES, listener.router),
    responseChanges: HeaderChanges.compile(orderedLevels(levels), 'responseHeaders'),
  }
  return new CompiledRoute({ host, source: route, listener, serving })
}
