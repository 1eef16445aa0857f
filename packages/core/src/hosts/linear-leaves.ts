import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { ClusterConfig } from '../model/cluster.js'
import { DEFAULT_HOST_POLICY } from '../model/host-policy.js'
import type { Random } from '../ports/random.js'
import type { ClusterLeaf, LeafSelector } from './cluster-leaf.js'
import type { Queued } from './host-selector.js'
import { drawPriority, type PriorityHealth, type PriorityLoads, priorityLoads, retryLoads } from './priority-load.js'
import type { PriorityChoice } from './priority-set.js'

/** A priority of one of the clusters. */
interface Place extends PriorityChoice {
  readonly leaf: ClusterLeaf
}

const NO_LOADS: PriorityLoads = Object.freeze({ healthy: [], degraded: [], panic: [] })

/**
 * The clusters of an aggregate as Envoy chooses among them: their priorities, one cluster's after the other's, are one list, which shares
 * the requests as the priorities of a single cluster do. The cluster that a request falls to then chooses within that priority, by its own
 * policy and by its own rules of panic (Envoy, "Aggregate cluster").
 */
export class LinearLeaves implements LeafSelector {
  readonly #random: Random
  readonly #onChange: () => void
  #leaves: readonly ClusterLeaf[] = []
  #unwatch: readonly (() => void)[] = []
  #panicThreshold = DEFAULT_HOST_POLICY.panicThreshold
  /** Whether the list is to be made anew: with the next pick, however many endpoints changed. */
  #stale = true
  #health: readonly PriorityHealth[] = []
  /** The priorities in their order, then the same with their degraded endpoints. */
  #places: readonly Place[] = []
  #loads = NO_LOADS

  /**
   * @param random - Dice.
   * @param onChange - Called when a cluster changed, so that a pick may come out differently.
   */
  constructor(random: Random, onChange: () => void) {
    this.#random = random
    this.#onChange = onChange
  }

  update({ hosts = DEFAULT_HOST_POLICY }: ClusterConfig, leaves: readonly ClusterLeaf[]): void {
    this.close()
    this.#panicThreshold = hosts.panicThreshold
    this.#leaves = leaves
    this.#stale = true
    this.#unwatch = leaves.map((leaf) =>
      leaf.watch(() => {
        this.#stale = true
        this.#onChange()
      }),
    )
  }

  pick(context: PickContext): Endpoint | LocalReply | Queued {
    if (context.overrideHost !== undefined) {
      // Envoy has no sessions in aggregates, as it looks for the endpoint among those of the aggregate itself, which has none.
      const holder = this.#leaves.find((leaf) => leaf.holdsPinned(context))
      if (holder !== undefined) return holder.pick(context)
    }
    if (this.#stale) this.#linearise()
    const loads = context.avoidedPriorities.length === 0 ? this.#loads : this.#retry(context.avoidedPriorities)
    const drawn = loads.healthy[0] === 100 ? 0 : drawPriority(loads, this.#random.below(100))
    // Without any endpoint the last one says why.
    if (drawn < 0) return this.#leaves.at(-1)!.pick(context)
    const place = this.#places[drawn]!
    return place.leaf.pick(context, place)
  }

  close(): void {
    for (const unwatch of this.#unwatch) unwatch()
    this.#unwatch = []
  }

  #linearise(): void {
    this.#stale = false
    const list = this.#leaves.flatMap((leaf) =>
      leaf.health
        .map((health, priority) => ({ leaf, health, priority }))
        // Envoy leaves out priorities without endpoints.
        .filter(({ health }) => health.size > 0),
    )
    this.#health = list.map(({ health }) => health)
    this.#places = [false, true].flatMap((degraded) => list.map(({ leaf, priority }) => ({ leaf, priority, degraded })))
    this.#loads = priorityLoads(this.#health, this.#panicThreshold)
  }

  #retry(avoided: readonly Endpoint[]): PriorityLoads {
    return retryLoads(this.#health, this.#loads, (at) => {
      const { leaf, priority } = this.#places[at]!
      return avoided.some((endpoint) => endpoint.owner === leaf.owner && endpoint.priority === priority)
    })
  }
}
