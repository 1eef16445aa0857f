import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import type { Connectivity, Endpoint, EndpointOwner } from '../cluster/endpoint.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { Queued } from './host-selector.js'
import type { PriorityHealth } from './priority-load.js'
import type { PriorityChoice } from './priority-set.js'

/** One of the clusters that an aggregate stands for, as a carrier's view sees it: with its own policy, limits and drops (gRFC A75). */
export interface ClusterLeaf {
  /** The cluster, which its endpoints name as their owner. */
  readonly owner: EndpointOwner
  /** How well each of its priorities is; empty where it takes no requests. Only HTTP looks at it. */
  readonly health: readonly PriorityHealth[]
  /** How it is connected, all of it. Only gRPC looks at it. */
  readonly state: Connectivity
  /**
   * @param context - The request.
   * @returns whether the request is pinned to one of its endpoints, and that may be used.
   */
  holdsPinned(context: PickContext): boolean
  /**
   * Chooses one of its endpoints.
   *
   * @param context - The request.
   * @param choice - Its priority that the aggregate chose. Absent: it chooses itself.
   */
  pick(context: PickContext, choice?: PriorityChoice): Endpoint | LocalReply | Queued
  /**
   * Asks to be called whenever its health or its connections have changed.
   *
   * @param callback - What to call.
   * @returns a function that ends it.
   */
  watch(callback: () => void): () => void
  /**
   * Keeps it connected. Only of use where the carrier connects ahead.
   *
   * @returns a function that ends it.
   */
  connect(): () => void
}

/** Decides by the rules of one view which cluster of an aggregate an attempt goes to, and lets that choose. */
export interface LeafSelector {
  /**
   * Takes over the clusters.
   *
   * @param config - The aggregate.
   * @param leaves - The clusters, first to be tried first; at least one.
   */
  update(config: ClusterConfig, leaves: readonly ClusterLeaf[]): void
  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   */
  pick(context: PickContext): Endpoint | LocalReply | Queued
  /** Lets go of the clusters; it is not asked again. */
  close(): void
}
