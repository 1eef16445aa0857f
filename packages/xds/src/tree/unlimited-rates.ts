import type { FilterOverrides, HttpFilter } from '@inmesh/core'
import type { ServerChain, ServerListener } from '../resource/listener/listener-resource.js'
import type { Unsupported } from '../resource/resource-type.js'

/**
 * Lists the fault filters of a server's listener that are to slow responses down: filters are read alike for both sides, and only clients do that.
 *
 * @param listener - The listener.
 */
export function listUnlimitedRates({ chains, fallback }: ServerListener): readonly Unsupported[] {
  const found = chains.flatMap((chain, index) => filtersWithRates(chain, `filter_chains[${index}]`))
  return fallback === undefined ? found : [...found, ...filtersWithRates(fallback, 'default_filter_chain')]
}

function filtersWithRates({ use }: ServerChain, field: string): readonly Unsupported[] {
  if (use.kind !== 'http') return []
  const hosts = use.routes.kind === 'inline' ? use.routes.routes.virtualHosts : []
  const overrides = hosts.flatMap((host) => [
    host.filterOverrides,
    ...host.routes.map((route) => route.filterOverrides),
  ])
  return use.listener.filters.flatMap((filter) => {
    if (!limitsRate(filter, overrides)) return []
    return { field, reason: `filter ${filter.name}: responses of servers are not slowed down; they go out as they are` }
  })
}

function limitsRate({ name, config }: HttpFilter, overrides: readonly FilterOverrides[]): boolean {
  return [config, ...overrides.map((level) => level.get(name))].some((each) => {
    return typeof each === 'object' && each.kind === 'fault' && each.responseRate !== undefined
  })
}
