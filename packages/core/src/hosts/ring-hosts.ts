import type { Balancer, WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import { BalancedHosts } from './balanced-hosts.js'
import { type ConnectedHosts, type Failed, StateCounts } from './connected-hosts.js'
import type { Connections } from './connections.js'
import { QUEUED, type Queued } from './host-selector.js'

/**
 * Endpoints of a policy that chooses by a hash, as gRPC connects them (gRFC A42, A61, A76): only when a request falls to them, or to find out
 * whether anybody can be reached. A request goes on along the ring past endpoints that failed.
 */
export class RingHosts implements ConnectedHosts {
  readonly #connections: Connections
  readonly #ring: BalancedHosts
  readonly #counts = new StateCounts()
  #hosts: readonly WeightedEndpoint[] = []

  /**
   * @param connections - How endpoints are connected.
   * @param createBalancer - Makes a balancer of the cluster's policy, without endpoints.
   */
  constructor(connections: Connections, createBalancer: () => Balancer) {
    this.#connections = connections
    this.#ring = new BalancedHosts(createBalancer)
  }

  /** The rules of gRFC A42, in their order; a failure counts from the second one on, so that one dead endpoint fails over nothing. */
  get state(): Connectivity {
    const { ready, connecting, idle, failed, total } = this.#counts
    if (ready > 0) return 'ready'
    if (failed >= 2) return 'failed'
    if (connecting > 0) return 'connecting'
    if (failed === 1 && total > 1) return 'connecting'
    return idle > 0 ? 'idle' : 'failed'
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#hosts = hosts
    this.#ring.offer(hosts)
    this.refresh()
  }

  changed(_endpoint: Endpoint, before: Connectivity, now: Connectivity): void {
    this.#counts.move(before, now)
    this.#keepTrying()
  }

  refresh(): void {
    this.#counts.count(this.#hosts, (endpoint) => this.#connections.of(endpoint))
    this.#keepTrying()
  }

  close(): void {
    this.#ring.close()
  }

  pick(context: PickContext): Endpoint | Queued | Failed {
    if (this.#counts.failed === this.#counts.total) return undefined
    return context.hash() === undefined ? this.#pickAny(context) : this.#pickByHash(context)
  }

  /** A request of a hash waits for the endpoint that it falls to, or for the next one that did not fail. */
  #pickByHash(context: PickContext): Endpoint | Queued | Failed {
    const chosen = this.#walk(context) ?? this.#hosts.find(({ endpoint }) => this.#mayServe(endpoint))?.endpoint
    if (chosen === undefined) return undefined
    if (this.#connections.of(chosen) === 'ready') return chosen
    this.#connect(chosen)
    return QUEUED
  }

  /** gRFC A76: a request without a hash goes to whoever is ready, and on its way starts one connection at most. */
  #pickAny(context: PickContext): Endpoint | Queued | Failed {
    const steps = this.#steps
    for (let step = 0; step < steps; step++) {
      const endpoint = this.#ring.pick(context, step)
      if (endpoint === undefined) break
      if (this.#connections.of(endpoint) === 'ready') return endpoint
      if (this.#counts.connecting === 0) this.#connect(endpoint)
    }
    const ready = this.#hosts.find(({ endpoint }) => this.#connections.of(endpoint) === 'ready')
    if (ready !== undefined) return ready.endpoint
    return this.#counts.connecting > 0 ? QUEUED : undefined
  }

  #walk(context: PickContext): Endpoint | undefined {
    const steps = this.#steps
    for (let step = 0; step < steps; step++) {
      const endpoint = this.#ring.pick(context, step)
      if (endpoint !== undefined && this.#mayServe(endpoint)) return endpoint
    }
    return undefined
  }

  /** A ring has many places for an endpoint, so the way to the next one may be long; behind some of them any other is as good. */
  get #steps(): number {
    return 4 * this.#hosts.length
  }

  #mayServe(endpoint: Endpoint): boolean {
    return this.#connections.of(endpoint) !== 'failed'
  }

  /** Without requests nobody would find out that a failed ring works again, so one endpoint at a time is tried. */
  #keepTrying(): void {
    const { state } = this
    if (this.#counts.failed === 0 || this.#counts.connecting > 0 || (state !== 'failed' && state !== 'connecting'))
      return
    const idle = this.#hosts.find(({ endpoint }) => this.#connections.of(endpoint) === 'idle')
    if (idle !== undefined) this.#connect(idle.endpoint)
  }

  #connect(endpoint: Endpoint): void {
    if (this.#connections.of(endpoint) !== 'idle') return
    this.#counts.move('idle', 'connecting')
    this.#connections.want(endpoint)
  }
}
