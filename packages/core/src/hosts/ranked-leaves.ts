import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { Clock } from '../ports/clock.js'
import type { ClusterLeaf, LeafSelector } from './cluster-leaf.js'
import type { Queued } from './host-selector.js'
import { type PriorityChild, PriorityPolicy } from './priority-policy.js'

/**
 * The clusters of an aggregate as gRPC chooses among them: each is a priority of its own, all or nothing (gRFC A37, A56, A75). A cluster is
 * connected to only once those before it failed or took too long.
 */
export class RankedLeaves implements LeafSelector {
  readonly #priorities: PriorityPolicy<ClusterLeaf, RankedLeaf>
  readonly #onChange: () => void

  /**
   * @param clock - Time.
   * @param onChange - Called when another cluster may have been chosen, or the same one may choose differently.
   */
  constructor(clock: Clock, onChange: () => void) {
    this.#onChange = onChange
    this.#priorities = new PriorityPolicy(clock, () => new RankedLeaf(this.#leafChanged), onChange)
  }

  update(_config: ClusterConfig, leaves: readonly ClusterLeaf[]): void {
    this.#priorities.update(leaves.map((leaf) => ({ name: leaf.owner.name, config: leaf })))
  }

  pick(context: PickContext): Endpoint | LocalReply | Queued {
    return this.#priorities.current!.pick(context)
  }

  close(): void {
    this.#priorities.close()
  }

  readonly #leafChanged = (): void => {
    this.#priorities.childChanged()
    this.#onChange()
  }
}

/** A cluster that is needed, and so connected to. */
class RankedLeaf implements PriorityChild<ClusterLeaf> {
  readonly #onChange: () => void
  #leaf: ClusterLeaf | undefined
  #ends: readonly (() => void)[] = []

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get state(): Connectivity {
    return this.#leaf!.state
  }

  update(leaf: ClusterLeaf): void {
    // A cluster of the same name is the same cluster as long as an aggregate holds it.
    if (this.#leaf !== undefined) return
    this.#leaf = leaf
    this.#ends = [leaf.watch(this.#onChange), leaf.connect()]
  }

  pick(context: PickContext): Endpoint | LocalReply | Queued {
    return this.#leaf!.pick(context)
  }

  close(): void {
    for (const end of this.#ends) end()
    this.#ends = []
  }
}
