import type { Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import type { WeightedEndpoint } from './balancer.js'

/** Children of a place in the heap: four numbers of eight bytes are read at once. */
const FAN_OUT = 4

/**
 * Earliest-deadline-first scheduling over weights, as Envoy's EdfScheduler does: an endpoint comes up in proportion to its weight, spread
 * evenly and not in runs. A pick costs O(log n).
 */
export class EdfSchedule {
  readonly #endpoints: readonly Endpoint[]
  readonly #weights: Float64Array
  /** A heap of deadlines, on a scale where a weight of 1 comes round every 1, and beside it whose they are. */
  readonly #due: Float64Array
  readonly #host: Uint32Array
  /** By host: breaks ties by who was served longer ago, so that equal weights go in a round. */
  readonly #served: Float64Array
  #turn = 0
  #now = 0

  /**
   * @param hosts - Endpoints with their weights.
   * @param random - Spreads the first deadlines, so that many clients that get the same update do not all begin with the same endpoint.
   * @param previous - The schedule that this one takes the place of: what an endpoint had waited of its turn there counts here.
   */
  constructor(hosts: readonly WeightedEndpoint[], random: Random, previous?: EdfSchedule) {
    const waits = previous?.waits()
    const first = Float64Array.from(hosts, ({ endpoint, weight }) => (waits?.get(endpoint) ?? random.next()) / weight)
    this.#endpoints = hosts.map(({ endpoint }) => endpoint)
    this.#weights = Float64Array.from(hosts, ({ weight }) => weight)
    // In order of their deadlines a list is a heap.
    this.#host = Uint32Array.from(hosts.keys()).sort((left, right) => first[left]! - first[right]! || left - right)
    this.#due = Float64Array.from(this.#host, (host) => first[host]!)
    this.#served = Float64Array.from(hosts.keys())
    this.#turn = hosts.length
  }

  /**
   * Takes the endpoint that is due and puts it back.
   *
   * @param load - Divides its weight for its next turn; 1 for plain weighted round robin.
   * @returns the endpoint, or undefined when there is none.
   */
  next(load: (endpoint: Endpoint) => number): Endpoint | undefined {
    if (this.#endpoints.length === 0) return undefined
    const host = this.#host[0]!
    const endpoint = this.#endpoints[host]!
    this.#now = this.#due[0]!
    this.#served[host] = this.#turn++
    this.#sink(this.#now + load(endpoint) / this.#weights[host]!, host)
    return endpoint
  }

  /** What each endpoint still has to wait, 1 for a whole turn of its own; more where it was taken under load. */
  waits(): ReadonlyMap<Endpoint, number> {
    const waits = new Map<Endpoint, number>()
    for (const [place, host] of this.#host.entries()) {
      waits.set(this.#endpoints[host]!, (this.#due[place]! - this.#now) * this.#weights[host]!)
    }
    return waits
  }

  /** Puts a deadline in its place, from the top on, which is free. */
  #sink(due: number, host: number): void {
    const dues = this.#due
    const hosts = this.#host
    const served = this.#served
    const { length } = dues
    let place = 0
    for (;;) {
      const first = place * FAN_OUT + 1
      if (first >= length) break
      const end = Math.min(first + FAN_OUT, length)
      let least = first
      let leastDue = dues[first]!
      for (let child = first + 1; child < end; child++) {
        const childDue = dues[child]!
        if (childDue < leastDue || (childDue === leastDue && served[hosts[child]!]! < served[hosts[least]!]!)) {
          least = child
          leastDue = childDue
        }
      }
      if (due < leastDue || (due === leastDue && served[host]! < served[hosts[least]!]!)) break
      dues[place] = leastDue
      hosts[place] = hosts[least]!
      place = least
    }
    dues[place] = due
    hosts[place] = host
  }
}

/**
 * @param hosts - Endpoints with their weights.
 * @returns whether all weigh the same, so that a simpler policy gives the same shares.
 */
export function equallyWeighted(hosts: readonly WeightedEndpoint[]): boolean {
  return hosts.every((host) => host.weight === hosts[0]!.weight)
}
