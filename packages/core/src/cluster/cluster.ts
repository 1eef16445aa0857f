import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { ClusterConfig, ResolvedCluster } from '../model/cluster.js'
import type { EndpointAssignment } from '../model/endpoint.js'
import type { View } from '../model/view.js'
import type { Random } from '../ports/random.js'
import type { Carrier } from './carrier.js'
import { ClusterView, type Queued } from './cluster-view.js'
import { Endpoint } from './endpoint.js'

const NO_ENDPOINTS: EndpointAssignment = Object.freeze({ localities: [], drops: [] })

/** The dice of `drop_overloads` are thrown over a million sides. */
const MILLION = 1_000_000

/**
 * One cluster while the mesh runs: its endpoints, what is in flight, and a view for each carrier. Outlives every update of its
 * configuration; requests, retries and endpoints are counted here once for all carriers.
 */
export class Cluster {
  /** Resource name. */
  readonly name: string
  /** Requests in flight: attempts that were given an endpoint and have not ended. */
  activeRequests = 0
  /** Retries decided on and not ended. */
  activeRetries = 0
  readonly #random: Random
  readonly #carriers: readonly Carrier[]
  readonly #views = new Map<View, ClusterView>()
  readonly #endpoints = new Map<string, Endpoint>()
  #resolved: ResolvedCluster | undefined
  #config: ClusterConfig | undefined
  #assignment: EndpointAssignment = NO_ENDPOINTS
  #failure: LocalReply | undefined
  #held = 0
  readonly #onUnused: (cluster: Cluster) => void

  /**
   * @param name - Resource name.
   * @param carriers - Carriers of the plane.
   * @param random - Dice.
   * @param onUnused - Called when the last hold is released.
   */
  constructor(name: string, carriers: readonly Carrier[], random: Random, onUnused: (cluster: Cluster) => void) {
    this.name = name
    this.#carriers = carriers
    this.#random = random
    this.#onUnused = onUnused
    for (const carrier of carriers) this.#views.set(carrier.view, new ClusterView(name, carrier, random))
  }

  /** Configuration in use; undefined when the cluster is in error. */
  get config(): ClusterConfig | undefined {
    return this.#config
  }

  /** Endpoints by key, those included that take no requests because of their health. */
  get endpoints(): ReadonlyMap<string, Endpoint> {
    return this.#endpoints
  }

  /**
   * The cluster as one carrier sees it.
   *
   * @param view - The carrier's view; the plane must have such a carrier.
   */
  view(view: View): ClusterView {
    const found = this.#views.get(view)
    if (found === undefined) throw new TypeError(`no carrier for view ${view}`)
    return found
  }

  /**
   * Takes over a configuration. Does nothing when it is the one in use.
   *
   * @param resolved - The cluster as resolved.
   */
  update(resolved: ResolvedCluster): void {
    if (resolved === this.#resolved) return
    this.#resolved = resolved
    if (resolved.kind === 'failed') {
      this.#failure = localReplies.noCluster(resolved.error.message)
      this.#config = undefined
      this.#setEndpoints(NO_ENDPOINTS)
      return
    }
    this.#failure = undefined
    this.#config = resolved.config
    if (resolved.endpoints !== this.#assignment) this.#setEndpoints(resolved.endpoints)
    for (const view of this.#views.values()) view.update(resolved.config, resolved.endpoints, this.#endpoints)
  }

  /**
   * Chooses an endpoint for an attempt: drops first, then the limit, then the balancer (gRFC A32).
   *
   * @param view - The carrier's view.
   * @param tried - Endpoints that earlier attempts of the call went to; empty on the first.
   * @param attempts - How often to draw when an endpoint was tried already.
   */
  pick(view: ClusterView, tried: readonly Endpoint[], attempts: number): Endpoint | LocalReply | Queued {
    if (this.#failure !== undefined) return this.#failure
    const drops = this.#assignment.drops
    for (let index = 0; index < drops.length; index++) {
      const drop = drops[index]!
      if (this.#random.below(MILLION) < drop.perMillion) {
        return localReplies.dropOverload(`cluster ${this.name}: dropped by category ${drop.category}`)
      }
    }
    if (this.#config !== undefined && this.activeRequests >= this.#config.thresholds.maxRequests) {
      return localReplies.overflow(`cluster ${this.name}: ${this.activeRequests} requests are in flight`)
    }
    return view.pick(tried, attempts)
  }

  /** Whether the retry budget or limit leaves room for one more retry (Envoy, CircuitBreakers.Thresholds). */
  get retryAllowed(): boolean {
    const thresholds = this.#config?.thresholds
    if (thresholds === undefined) return false
    const budget = thresholds.retryBudget
    if (budget === undefined) return this.activeRetries < thresholds.maxRetries
    const share = Math.floor((this.activeRequests * budget.percent) / 100)
    return this.activeRetries < Math.max(budget.minConcurrency, share)
  }

  /** Keeps the cluster alive: a route that names it, or a call that may still retry on it (gRFC A31). */
  hold(): void {
    this.#held++
  }

  /** Gives one {@link Cluster.hold} back. */
  release(): void {
    this.#held--
    if (this.#held === 0) this.#onUnused(this)
  }

  /** Whether anything holds the cluster. */
  get held(): boolean {
    return this.#held > 0
  }

  /** Removes every endpoint, so that the carriers let their connections go. */
  retire(): void {
    this.#resolved = undefined
    this.#setEndpoints(NO_ENDPOINTS)
  }

  #setEndpoints(assignment: EndpointAssignment): void {
    this.#assignment = assignment
    const listed = new Set<string>()
    for (const locality of assignment.localities) {
      for (const config of locality.endpoints) {
        listed.add(config.key)
        const endpoint = this.#endpoints.get(config.key)
        if (endpoint === undefined) this.#endpoints.set(config.key, new Endpoint(config))
        else endpoint.reconfigure(config)
      }
    }
    for (const [key, endpoint] of this.#endpoints) {
      if (listed.has(key)) continue
      endpoint.removed = true
      this.#endpoints.delete(key)
      for (const carrier of this.#carriers) carrier.removed(endpoint)
    }
  }
}
