import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { EndpointAssignment, EndpointConfig, LocalityEndpoints } from '../model/endpoint.js'
import type { Clock } from '../ports/clock.js'
import type { Slices } from '../slices/slices.js'
import { Endpoint, type EndpointOwner } from './endpoint.js'
import { withRetained } from './retained-endpoints.js'

const NO_ENDPOINTS: EndpointAssignment = Object.freeze({ localities: [], drops: [] })

/** How many endpoints are made in one step: less than a millisecond even before the code was compiled. */
const STEP_ENDPOINTS = 100

/** From so many changed endpoints on, an update has a slice of its own. */
const MANY_ENDPOINTS = 1000

/** What an {@link EndpointSet} is made of. */
export interface EndpointSetOptions {
  /** Counts the attempts that go to its endpoints. */
  readonly owner: EndpointOwner
  /** Time. */
  readonly clock: Clock
  /** Told of each endpoint that goes. */
  readonly removed: (endpoint: Endpoint) => void
}

/** The running endpoints of a locality. */
interface Members {
  readonly list: readonly WeightedEndpoint[]
  /** How many endpoints had been removed when they were listed: as long as it is no more, none of these was. */
  readonly removals: number
}

/** The running endpoints of a cluster: each lives as long as an assignment lists its address. */
export class EndpointSet {
  /** By `host:port`. Those that were only prepared are here too. */
  readonly byKey = new Map<string, Endpoint>()
  readonly #options: EndpointSetOptions
  #assignment: EndpointAssignment = NO_ENDPOINTS
  #retains = false
  /** Counts assignments. */
  #listings = 0
  readonly #members = new WeakMap<LocalityEndpoints, Members>()
  #removals = 0
  /** Prepared for an assignment that is not in use yet, and perhaps never will be. */
  #unlisted: Endpoint[] = []

  /**
   * @param options - Whose endpoints they are.
   */
  constructor(options: EndpointSetOptions) {
    this.#options = options
  }

  /** Whether some endpoints are in use that the assignment as given no longer lists. */
  get retains(): boolean {
    return this.#retains
  }

  /** The assignment in use, with those that stayed. */
  get assignment(): EndpointAssignment {
    return this.#assignment
  }

  /**
   * Makes the endpoints that an assignment adds, in slices, so that {@link EndpointSet.update} has less to do.
   *
   * @param assignment - The assignment of the update to come.
   */
  *prepare(assignment: EndpointAssignment): Slices<void> {
    let listed = 0
    for (const locality of assignment.localities) {
      if (this.#known(locality) !== undefined) continue
      const members: WeightedEndpoint[] = []
      while (members.length < locality.endpoints.length) {
        this.#addMembers(locality, members, STEP_ENDPOINTS)
        yield
      }
      listed += members.length
      this.#members.set(locality, { list: members, removals: this.#removals })
    }
    if (listed >= MANY_ENDPOINTS) yield 'turn'
  }

  /**
   * The running endpoints of a locality, in their order: the same list as long as neither they nor it change.
   *
   * @param locality - Of the assignment in use.
   */
  membersOf(locality: LocalityEndpoints): readonly WeightedEndpoint[] {
    const known = this.#known(locality)
    if (known !== undefined) return known
    const members: WeightedEndpoint[] = []
    this.#addMembers(locality, members, locality.endpoints.length)
    this.#members.set(locality, { list: members, removals: this.#removals })
    return members
  }

  /**
   * Brings the endpoints in line with an assignment. A locality that is the same object as before costs nothing.
   *
   * @param listed - The assignment.
   * @param keepsPassing - Whether endpoints that it no longer lists stay as long as they pass their health checks.
   */
  update(listed: EndpointAssignment, keepsPassing = false): void {
    const before = this.#assignment
    const assignment = keepsPassing ? withRetained(listed, before, this.byKey) : listed
    this.#retains = assignment !== listed
    if (assignment === before) return
    this.#assignment = assignment
    const kept = new Set(before.localities)
    const listing = ++this.#listings
    const now = this.#options.clock.now()
    for (const each of assignment.localities) {
      if (kept.delete(each)) continue
      const members = this.membersOf(each)
      for (let index = 0; index < members.length; index++) {
        const { endpoint } = members[index]!
        const config = each.endpoints[index]!
        endpoint.reconfigure(config)
        // One that is listed as ill begins when it is well for the first time.
        if (config.health === 'healthy') endpoint.inServiceSince ??= now
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
    this.#unlisted = []
  }

  /** Removes every endpoint. */
  clear(): void {
    this.#assignment = NO_ENDPOINTS
    this.#retains = false
    this.#unlisted = []
    for (const endpoint of this.byKey.values()) this.remove(endpoint)
  }

  /** An endpoint that was removed meanwhile and came back is another one. */
  #known(locality: LocalityEndpoints): readonly WeightedEndpoint[] | undefined {
    const known = this.#members.get(locality)
    if (known === undefined) return undefined
    if (known.removals === this.#removals) return known.list
    return known.list.every(({ endpoint }) => !endpoint.removed) ? known.list : undefined
  }

  /** Adds the next endpoints of a locality. Apart from the generator, which would be compiled with all of it. */
  #addMembers({ endpoints }: LocalityEndpoints, members: WeightedEndpoint[], most: number): void {
    const end = Math.min(endpoints.length, members.length + most)
    for (let index = members.length; index < end; index++) {
      const config = endpoints[index]!
      let endpoint = this.byKey.get(config.key)
      if (endpoint === undefined) {
        endpoint = this.add(config)
        this.#unlisted.push(endpoint)
      }
      members.push({ endpoint, weight: config.weight })
    }
  }

  /**
   * Adds an endpoint that no assignment lists.
   *
   * @param config - The endpoint; its address is none of theirs.
   */
  add(config: EndpointConfig): Endpoint {
    const endpoint = new Endpoint(config, this.#options.owner)
    this.byKey.set(config.key, endpoint)
    return endpoint
  }

  /** Removes an endpoint. */
  remove(endpoint: Endpoint): void {
    this.byKey.delete(endpoint.key)
    endpoint.removed = true
    this.#removals++
    this.#options.removed(endpoint)
  }
}
