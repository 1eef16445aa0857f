import type { EndpointAssignment, EndpointConfig } from '../model/endpoint.js'
import type { Clock } from '../ports/clock.js'
import type { Slices } from '../slices/slices.js'
import { Endpoint, type EndpointOwner } from './endpoint.js'

const NO_ENDPOINTS: EndpointAssignment = Object.freeze({ localities: [], drops: [] })

/** How many endpoints are made in one slice: a few milliseconds even before the code was compiled. */
const SLICE_ENDPOINTS = 2000

/** What an {@link EndpointSet} is made of. */
export interface EndpointSetOptions {
  /** Counts the attempts that go to its endpoints. */
  readonly owner: EndpointOwner
  /** Time. */
  readonly clock: Clock
  /** Told of each endpoint that goes. */
  readonly removed: (endpoint: Endpoint) => void
}

/** The running endpoints of a cluster: each lives as long as an assignment lists its address. */
export class EndpointSet {
  /** By `host:port`. Those that were only prepared are here too. */
  readonly byKey = new Map<string, Endpoint>()
  readonly #options: EndpointSetOptions
  #assignment: EndpointAssignment = NO_ENDPOINTS
  /** Counts assignments. */
  #listings = 0
  /** Prepared for an assignment that is not in use yet, and perhaps never will be. */
  readonly #unlisted = new Set<Endpoint>()

  /**
   * @param options - Whose endpoints they are.
   */
  constructor(options: EndpointSetOptions) {
    this.#options = options
  }

  /** The assignment in use. */
  get assignment(): EndpointAssignment {
    return this.#assignment
  }

  /**
   * Makes the endpoints that an assignment adds, in slices, so that {@link EndpointSet.update} has less to do.
   *
   * @param assignment - The assignment of the update to come.
   */
  *prepare(assignment: EndpointAssignment): Slices<void> {
    let made = 0
    for (const { endpoints } of assignment.localities) {
      for (const config of endpoints) {
        if (this.byKey.has(config.key)) continue
        this.#unlisted.add(this.add(config))
        if (++made % SLICE_ENDPOINTS === 0) yield
      }
    }
    // The update has a slice of its own where there was much to make.
    if (made >= SLICE_ENDPOINTS) yield
  }

  /**
   * Brings the endpoints in line with an assignment. A locality that is the same object as before costs nothing.
   *
   * @param assignment - The assignment.
   */
  update(assignment: EndpointAssignment): void {
    const before = this.#assignment
    if (assignment === before) return
    this.#assignment = assignment
    const kept = new Set(before.localities)
    const listing = ++this.#listings
    const now = this.#options.clock.now()
    for (const each of assignment.localities) {
      if (kept.delete(each)) continue
      for (const config of each.endpoints) {
        const endpoint = this.byKey.get(config.key) ?? this.add(config)
        if (endpoint.listing === 0) endpoint.inServiceSince = now
        endpoint.reconfigure(config)
        endpoint.priority = each.priority
        endpoint.locality = each.locality
        endpoint.listing = listing
      }
    }
    for (const { endpoints } of kept) {
      for (const { key } of endpoints) {
        const endpoint = this.byKey.get(key)
        if (endpoint !== undefined && endpoint.listing !== listing) this.remove(endpoint)
      }
    }
    for (const endpoint of this.#unlisted) if (endpoint.listing === 0) this.remove(endpoint)
    this.#unlisted.clear()
  }

  /** Removes every endpoint. */
  clear(): void {
    this.#assignment = NO_ENDPOINTS
    this.#unlisted.clear()
    for (const endpoint of this.byKey.values()) this.remove(endpoint)
  }

  /**
   * Adds an endpoint that no assignment lists.
   *
   * @param config - The endpoint; its address is none of theirs.
   */
  add(config: EndpointConfig): Endpoint {
    const endpoint = new Endpoint(config)
    endpoint.owner = this.#options.owner
    this.byKey.set(config.key, endpoint)
    return endpoint
  }

  /** Removes an endpoint. */
  remove(endpoint: Endpoint): void {
    this.byKey.delete(endpoint.key)
    endpoint.removed = true
    this.#options.removed(endpoint)
  }
}
