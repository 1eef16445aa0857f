import type { ResponseHead } from '../call/response-head.js'
import type { CorsConfig } from '../model/cors-config.js'
import type { FilterConfig, FilterOverrides, HttpFilter } from '../model/filter-config.js'
import { CorsFilter } from './cors-filter.js'
import { FaultFilter } from './fault-filter.js'
import { CONTINUE, type Filter, type FilterContext, type Verdict } from './filter.js'
import { GuardFilter } from './guard-filter.js'
import { HeaderMutationFilter } from './header-mutation-filter.js'
import { StatefulSessionFilter } from './stateful-session-filter.js'

/** Where the requests of a chain go. */
export interface FilterPlace {
  /** Name of the listener. */
  readonly listener: string
  /** Name of the cluster. */
  readonly cluster: string
  /** Policies of CORS filters that no override configures, the most specific first. Default: none. */
  readonly cors?: readonly CorsConfig[]
}

const ANYWHERE: FilterPlace = Object.freeze({ listener: '', cluster: '' })

/**
 * @param name - Instance name from the listener.
 * @param base - The listener's configuration.
 * @param overrides - Those of other levels, the most specific first.
 * @param place - Where the requests go.
 * @returns undefined for a filter that can do nothing: Istio lists some in every listener and configures them in few routes.
 */
function createFilter(
  name: string,
  base: FilterConfig,
  overrides: readonly FilterConfig[],
  place: FilterPlace,
): Filter | undefined {
  switch (base.kind) {
    case 'fault': {
      const config = ofKind('fault', overrides)[0] ?? base
      if (!config.delay && !config.abort && !config.responseRate) return undefined
      const elsewhere = config.upstreamCluster !== undefined && config.upstreamCluster !== place.cluster
      return new FaultFilter(name, config, place.listener, elsewhere)
    }
    case 'cors': {
      // Envoy reads the policies of all levels, and takes each part from the most specific one that has it.
      const given = ofKind('cors', overrides)
      const policies = given.length > 0 ? given : (place.cors ?? [])
      return policies.length === 0 ? undefined : new CorsFilter(name, policies)
    }
    case 'stateful-session': {
      const config = ofKind('stateful-session', overrides)[0] ?? base
      return config.state && new StatefulSessionFilter(name, config.state, config)
    }
    case 'guard':
      return new GuardFilter(name, base.reason)
    case 'header-mutation':
      // As for CORS: all levels count.
      return new HeaderMutationFilter(name, base, ofKind('header-mutation', overrides))
  }
}

/** An override for another kind of filter than the one that has its name is none (Envoy). */
function ofKind<Kind extends FilterConfig['kind']>(
  kind: Kind,
  configs: readonly FilterConfig[],
): readonly Extract<FilterConfig, { kind: Kind }>[] {
  return configs.filter((config): config is Extract<FilterConfig, { kind: Kind }> => config.kind === kind)
}

/** The filters that apply to the requests of one route and cluster, in order. Immutable. */
export class FilterChain {
  /** A chain without filters. */
  static readonly EMPTY = new FilterChain([])

  /** Whether any filter asks for responses. */
  readonly changesResponses: boolean
  readonly #filters: readonly Filter[]

  private constructor(filters: readonly Filter[]) {
    this.#filters = filters
    this.changesResponses = filters.some((filter) => filter.response !== undefined)
  }

  /**
   * @param filters - The listener's filters.
   * @param overrides - Overrides, the most specific first: cluster weight, route, virtual host, route configuration (gRFC A39: the first that
   * names the filter replaces its configuration whole).
   * @param place - Where the requests go.
   * @returns the chain with every override applied and disabled filters left out.
   */
  static compile(
    filters: readonly HttpFilter[],
    overrides: readonly FilterOverrides[],
    place: FilterPlace = ANYWHERE,
  ): FilterChain {
    const chain: Filter[] = []
    for (const filter of filters) {
      const found = overrides.flatMap((level) => level.get(filter.name) ?? [])
      if (found[0] === 'disabled' || (found.length === 0 && filter.disabled)) continue
      const configs = found.filter((override) => typeof override !== 'string')
      const created = createFilter(filter.name, filter.config, configs, place)
      if (created !== undefined) chain.push(created)
    }
    return chain.length === 0 ? FilterChain.EMPTY : new FilterChain(chain)
  }

  /** Number of filters. */
  get length(): number {
    return this.#filters.length
  }

  /**
   * Runs the filters from `position` on, until one of them does not let the request pass.
   *
   * @param context - The request.
   * @param position - Index of the first filter to run.
   * @returns the verdict, a wait wrapped so that its `resume` goes on with the filters behind it.
   */
  run(context: FilterContext, position = 0): Verdict {
    for (let index = position; index < this.#filters.length; index++) {
      const verdict = this.#filters[index]!.request(context)
      if (verdict.kind !== 'continue') return this.#stopped(verdict, index)
    }
    return CONTINUE
  }

  /**
   * Shows a response to the filters, the last one first.
   *
   * @param context - The request.
   * @param head - Head of the response.
   */
  respond(context: FilterContext, head: ResponseHead): void {
    if (!this.changesResponses) return
    for (let index = this.#filters.length - 1; index >= 0; index--) this.#filters[index]!.response?.(context, head)
  }

  #stopped(verdict: Verdict, index: number): Verdict {
    if (verdict.kind !== 'wait') return verdict
    return {
      kind: 'wait',
      delayMs: verdict.delayMs,
      resume: (context) => {
        const next = verdict.resume(context)
        return next.kind === 'continue' ? this.run(context, index + 1) : this.#stopped(next, index)
      },
    }
  }
}
