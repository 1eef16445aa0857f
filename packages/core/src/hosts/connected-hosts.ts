import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { Queued } from './host-selector.js'

/** Nothing can be picked because everything failed. */
export type Failed = undefined

/** Endpoints with one policy that looks at how they are connected. */
export interface ConnectedHosts {
  /** Connectivity of all of it. */
  readonly state: Connectivity
  /**
   * Takes over the endpoints.
   *
   * @param hosts - In the order of the assignment; may be empty.
   */
  update(hosts: readonly WeightedEndpoint[]): void
  /**
   * An endpoint's state changed.
   *
   * @param before - Its state before.
   * @param now - Its state now.
   */
  changed(endpoint: Endpoint, before: Connectivity, now: Connectivity): void
  /** Any endpoint's state may have changed. */
  refresh(): void
  /**
   * Chooses one of them.
   *
   * @param context - The request.
   */
  pick(context: PickContext): Endpoint | Queued | Failed
  /** Ends what its policy does on its own. */
  close(): void
}

/** How many endpoints are in each state. */
export class StateCounts {
  /** With a connection. */
  ready = 0
  /** On the way to one. */
  connecting = 0
  /** Without one. */
  idle = 0
  /** That could not get one. */
  failed = 0

  /** How many there are. */
  get total(): number {
    return this.ready + this.connecting + this.idle + this.failed
  }

  /** Counts anew. */
  count(hosts: readonly WeightedEndpoint[], stateOf: (endpoint: Endpoint) => Connectivity): void {
    this.ready = this.connecting = this.idle = this.failed = 0
    for (const { endpoint } of hosts) this[stateOf(endpoint)]++
  }

  /** Counts one over. */
  move(before: Connectivity, now: Connectivity): void {
    this[before]--
    this[now]++
  }
}
