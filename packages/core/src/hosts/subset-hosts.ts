import type { PickContext } from '../balancing/pick-context.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { SubsetConfig, SubsetMetadata } from '../model/subset-config.js'
import type { PriorityChoice, PrioritySet, PrioritySetOptions } from './priority-set.js'
import { type SubsetCriterion, type SubsetMatch, subsetKey } from './subset-match.js'
import { divide, filterMembers, hasMetadata, type Members, type SubsetMembers } from './subset-members.js'

/** What a route asks for that holds replacements to be tried in order. */
const FALLBACK_LIST = 'fallback_list'

/** Chooses among some of a cluster's endpoints. */
type Chooser = Pick<PrioritySet, 'pick'>

const NOBODY: readonly Chooser[] = Object.freeze([])

/**
 * The endpoints of a cluster in subsets by their metadata (Envoy, "Load balancer subsets"). Each subset has priorities, panic and balancers
 * of its own. What a request asks for leads to its subsets, fallbacks included, by one look-up.
 */
export class SubsetHosts {
  readonly #create: () => PrioritySet
  #config: SubsetConfig | undefined
  #divided: Members | undefined
  #subsets: ReadonlyMap<string, SubsetMembers> = new Map()
  #sets = new Map<string, PrioritySet>()
  #any: PrioritySet | undefined
  #default: PrioritySet | undefined
  /** What was found out for each key since the endpoints changed. */
  readonly #resolved = new Map<string, readonly Chooser[]>()

  /**
   * @param create - Makes the priorities of a subset, without endpoints.
   */
  constructor(create: () => PrioritySet) {
    this.#create = create
  }

  /**
   * Takes over the endpoints with their health as it is now.
   *
   * @param members - All endpoints; the same object when only their health changed.
   * @param options - What the cluster says.
   * @param config - How they are divided.
   */
  update(members: Members, options: PrioritySetOptions, config: SubsetConfig): void {
    const localityWeights = options.localityWeights && config.localityWeightAware
    const inSubset = { ...options, localityWeights }
    if (members !== this.#divided || config !== this.#config) {
      this.#divided = members
      this.#config = config
      this.#subsets = divide(members, config)
      this.#resolved.clear()
    }
    const sets = new Map<string, PrioritySet>()
    for (const [key, { singleHost, endpoints }] of this.#subsets) {
      if (singleHost) continue
      const set = this.#sets.get(key) ?? this.#create()
      set.update(
        filterMembers(members, ({ endpoint }) => endpoints.has(endpoint), config.scaleLocalityWeight),
        inSubset,
      )
      sets.set(key, set)
    }
    for (const [key, set] of this.#sets) if (!sets.has(key)) set.close()
    this.#sets = sets
    this.#updateFallbacks(members, inSubset, config)
  }

  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   * @param again - How often an endpoint was chosen for the attempt and not wanted.
   * @param choice - See {@link PrioritySet.pick}.
   */
  pick(context: PickContext, again: number, choice?: PriorityChoice): Endpoint | undefined {
    const key = context.subset?.key ?? ''
    let choosers = this.#resolved.get(key)
    if (choosers === undefined) {
      choosers = this.#resolve(context.subset)
      this.#resolved.set(key, choosers)
    }
    for (let index = 0; index < choosers.length; index++) {
      const endpoint = choosers[index]!.pick(context, again, choice)
      if (endpoint !== undefined) return endpoint
    }
    return undefined
  }

  /** Ends every balancer. */
  close(): void {
    for (const set of this.#sets.values()) set.close()
    this.#any?.close()
    this.#default?.close()
  }

  #updateFallbacks(members: Members, options: PrioritySetOptions, config: SubsetConfig): void {
    const fallbacks: readonly string[] = [config.fallback, ...config.selectors.map(({ fallback }) => fallback)]
    if (fallbacks.includes('any') || config.panicModeAny) {
      this.#any ??= this.#create()
      this.#any.update(members, options)
    }
    if (fallbacks.includes('default')) {
      const { defaultSubset, listAsAny, scaleLocalityWeight } = config
      const wanted = filterMembers(
        members,
        ({ endpoint }) => hasMetadata(endpoint, defaultSubset, listAsAny),
        scaleLocalityWeight,
      )
      this.#default ??= this.#create()
      this.#default.update(wanted, options)
    }
  }

  #resolve(match: SubsetMatch | undefined): readonly Chooser[] {
    const criteria = match?.criteria ?? []
    const list = this.#config!.fallbackList ? criteria.find(([name]) => name === FALLBACK_LIST)?.[1] : undefined
    if (!Array.isArray(list)) return this.#find(criteria)
    const rest = criteria.filter(([name]) => name !== FALLBACK_LIST)
    if (list.length === 0) return this.#find(rest)
    return list.flatMap((replacement: SubsetMetadata) => this.#find(replaced(rest, replacement)))
  }

  /** Who may serve what asks for some criteria, in order. */
  #find(asked: readonly SubsetCriterion[]): readonly Chooser[] {
    const config = this.#config!
    const criteria = config.allowRedundantKeys ? this.#withoutRedundant(asked) : asked
    if (criteria.length > 0) {
      const found = this.#chooser(subsetKey(criteria))
      if (found !== undefined) return [found]
      const selector = config.selectors.find(({ keys }) => sameNames(keys, criteria))
      switch (selector?.fallback) {
        case 'none':
          return NOBODY
        case 'any':
          return [this.#any!]
        case 'default':
          return [this.#default!]
        case 'keys':
          return this.#find(criteria.filter(([name]) => selector.fallbackKeys.includes(name)))
        case 'inherit':
        case undefined:
          break
      }
    }
    if (config.fallback === 'none') return NOBODY
    const fallback = config.fallback === 'any' ? this.#any! : this.#default!
    return config.panicModeAny ? [fallback, this.#any!] : [fallback]
  }

  #chooser(key: string): Chooser | undefined {
    const subset = this.#subsets.get(key)
    if (subset === undefined) return undefined
    if (!subset.singleHost) return this.#sets.get(key)
    const [endpoint] = subset.endpoints
    return { pick: () => endpoint }
  }

  /** The criteria under the names of the first selector whose names are all asked for. */
  #withoutRedundant(criteria: readonly SubsetCriterion[]): readonly SubsetCriterion[] {
    for (const { keys } of this.#config!.selectors) {
      const kept = criteria.filter(([name]) => keys.includes(name))
      if (kept.length === keys.length) return kept
    }
    return criteria
  }
}

function replaced(criteria: readonly SubsetCriterion[], by: SubsetMetadata): readonly SubsetCriterion[] {
  const all = new Map(criteria)
  for (const [name, value] of Object.entries(by)) all.set(name, value)
  return [...all].sort(([left], [right]) => (left < right ? -1 : 1))
}

function sameNames(keys: readonly string[], criteria: readonly SubsetCriterion[]): boolean {
  return keys.length === criteria.length && keys.every((key, index) => key === criteria[index]![0])
}
