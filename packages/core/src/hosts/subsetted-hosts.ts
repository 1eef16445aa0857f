import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { RandomSubset } from '../balancing/random-subset.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { ConnectedHosts, Failed } from './connected-hosts.js'
import type { Connections } from './connections.js'
import type { Queued } from './host-selector.js'

/** Endpoints of which a random part is connected to and used, by another policy (gRFC A68). */
export class SubsettedHosts implements ConnectedHosts {
  readonly #subset: RandomSubset
  readonly #connections: Connections
  readonly #child: ConnectedHosts
  #taken: ReadonlySet<Endpoint> = new Set()

  /**
   * @param subset - Takes the part.
   * @param connections - How endpoints are connected.
   * @param child - The endpoints of the part.
   */
  constructor(subset: RandomSubset, connections: Connections, child: ConnectedHosts) {
    this.#subset = subset
    this.#connections = connections
    this.#child = child
  }

  get state(): Connectivity {
    return this.#child.state
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    const taken = this.#subset.select(hosts)
    this.#taken = new Set(taken.map(({ endpoint }) => endpoint))
    this.#child.update(taken)
    for (const { endpoint } of hosts) if (!this.#taken.has(endpoint)) this.#connections.release(endpoint)
  }

  changed(endpoint: Endpoint, before: Connectivity, now: Connectivity): void {
    if (this.#taken.has(endpoint)) this.#child.changed(endpoint, before, now)
  }

  refresh(): void {
    this.#child.refresh()
  }

  pick(context: PickContext): Endpoint | Queued | Failed {
    return this.#child.pick(context)
  }

  close(): void {
    this.#child.close()
  }
}
