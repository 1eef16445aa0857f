import type { Balancer, WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import { BalancedHosts } from './balanced-hosts.js'
import { type ConnectedHosts, type Failed, StateCounts } from './connected-hosts.js'
import type { Connections } from './connections.js'
import { QUEUED, type Queued } from './host-selector.js'

/**
 * Endpoints that are all connected to, and requests divided among those that are ready: round robin and its kin as gRPC has them. One
 * that is idle is connected again at once.
 */
export class EagerHosts implements ConnectedHosts {
  readonly #connections: Connections
  readonly #ready: BalancedHosts
  readonly #counts = new StateCounts()
  #hosts: readonly WeightedEndpoint[] = []
  /** Whether the balancer has still to hear which endpoints are ready: it hears it with the next pick, however many changed. */
  #stale = false

  /**
   * @param connections - How endpoints are connected.
   * @param createBalancer - Makes a balancer of the cluster's policy, without endpoints.
   */
  constructor(connections: Connections, createBalancer: () => Balancer) {
    this.#connections = connections
    this.#ready = new BalancedHosts(createBalancer)
  }

  /** Ready when any endpoint is; connecting while any may become so; else failed. */
  get state(): Connectivity {
    const { ready, connecting, idle } = this.#counts
    if (ready > 0) return 'ready'
    return connecting + idle > 0 ? 'connecting' : 'failed'
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#hosts = hosts
    this.refresh()
  }

  changed(endpoint: Endpoint, before: Connectivity, now: Connectivity): void {
    if (before === 'ready' || now === 'ready') this.#stale = true
    // Counted first: a carrier may answer before it returns.
    this.#counts.move(before, now === 'idle' ? 'connecting' : now)
    if (now === 'idle') this.#connections.want(endpoint)
  }

  refresh(): void {
    for (const { endpoint } of this.#hosts) this.#connections.want(endpoint)
    this.#counts.count(this.#hosts, (endpoint) => this.#connections.of(endpoint))
    this.#stale = true
  }

  close(): void {
    this.#ready.close()
  }

  pick(context: PickContext): Endpoint | Queued | Failed {
    if (this.#stale) {
      this.#stale = false
      this.#ready.offer(this.#hosts.filter(({ endpoint }) => this.#connections.of(endpoint) === 'ready'))
    }
    if (this.#counts.ready > 0) return this.#ready.pick(context, 0)
    return this.state === 'failed' ? undefined : QUEUED
  }
}
