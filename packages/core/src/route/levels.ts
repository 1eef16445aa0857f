import { FilterChain } from '../filters/filter-chain.js'
import { HeaderChanges } from '../headers/header-changes.js'
import type { FilterConfig, FilterOverrides } from '../model/filter-config.js'
import type { Route } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import { type Levels, orderedLevels } from '../rewrite/request-changes.js'
import type { Answering } from './compiled-route.js'
import { compileAnswer } from './local-answer.js'

const NO_OVERRIDES: FilterOverrides = new Map()

/**
 * @param levels - Where a route is.
 * @returns overrides of filters for all its requests, the most specific first.
 */
export function overridesOf({ routes, host, route }: Levels): readonly FilterOverrides[] {
  return [route.filterOverrides, host.filterOverrides, routes.filterOverrides ?? NO_OVERRIDES]
}

/**
 * @param listener - The listener.
 * @param levels - Where the route is.
 * @returns the route's own answer with all that requests pass before; undefined for an action that gives none.
 */
export function compileAnswering(listener: ListenerConfig, levels: Levels): Answering | undefined {
  const answer = compileAnswer(levels.route)
  const filters = listener.filters.filter(({ config }) => actsOnAnswers(config))
  return (
    answer && {
      answer,
      filters: FilterChain.compile(filters, overridesOf(levels)),
      responseChanges: HeaderChanges.compile(orderedLevels(levels), 'responseHeaders'),
    }
  )
}

/**
 * @param route - A route whose action is for the other side.
 * @param reason - What is the matter, a sentence without the final stop.
 * @returns the route, whose requests fail with the reason.
 */
export function withoutAction(route: Route, reason: string): Route {
  return { ...route, action: { kind: 'unsupported', reason } }
}

/** Envoy's CORS filter looks at requests that are sent on only. */
function actsOnAnswers({ kind }: FilterConfig): boolean {
  return kind !== 'cors'
}
