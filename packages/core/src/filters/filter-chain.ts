import type { FilterConfig, FilterOverrides, HttpFilter } from '../model/filter-config.js'
import { FaultFilter } from './fault-filter.js'
import { CONTINUE, type Filter, type FilterContext, type Verdict } from './filter.js'

/** Where the requests of a chain go. */
export interface FilterPlace {
  /** Name of the listener. */
  readonly listener: string
  /** Name of the cluster. */
  readonly cluster: string
}

const ANYWHERE: FilterPlace = Object.freeze({ listener: '', cluster: '' })

function createFilter(name: string, config: FilterConfig, place: FilterPlace): Filter {
  switch (config.kind) {
    case 'fault':
      return new FaultFilter(name, config, place.listener)
  }
}

/** Istio lists a fault filter in every listener and configures it in few routes: what can do nothing is not run. */
function inert(config: FilterConfig, { cluster }: FilterPlace): boolean {
  switch (config.kind) {
    case 'fault':
      if (config.upstreamCluster !== undefined && config.upstreamCluster !== cluster) return true
      return config.delay === undefined && config.abort === undefined
  }
}

/** The filters that apply to the requests of one route and cluster, in order. Immutable. */
export class FilterChain {
  /** A chain without filters. */
  static readonly EMPTY = new FilterChain([])

  readonly #filters: readonly Filter[]

  private constructor(filters: readonly Filter[]) {
    this.#filters = filters
  }

  /**
   * @param filters - The listener's filters.
   * @param overrides - Overrides, the most specific first: cluster weight, route, virtual host (gRFC A39: the first that names the
   * filter replaces its configuration whole).
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
      const override = overrides.find((candidate) => candidate.has(filter.name))?.get(filter.name)
      if (override === 'disabled' || (override === undefined && filter.disabled)) continue
      const config = override ?? filter.config
      if (!inert(config, place)) chain.push(createFilter(filter.name, config, place))
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
