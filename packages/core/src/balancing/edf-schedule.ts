import type { Endpoint } from '../cluster/endpoint.js'
import { BinaryHeap } from '../collections/binary-heap.js'
import type { Random } from '../ports/random.js'
import type { WeightedEndpoint } from './balancer.js'

interface Entry {
  readonly endpoint: Endpoint
  readonly weight: number
  /** When the entry is due, on a scale where a weight of 1 comes round every 1. */
  due: number
  /** Breaks ties by order of insertion, so that equal weights go in a round. */
  order: number
}

/**
 * Earliest-deadline-first scheduling over weights, as Envoy's EdfScheduler does: an entry comes up in proportion to its weight, spread
 * evenly and not in runs. A pick costs O(log n).
 */
export class EdfSchedule {
  readonly #entries = new BinaryHeap<Entry>(before)
  readonly #all: readonly Entry[]
  #order = 0
  #now = 0

  /**
   * @param hosts - Endpoints with their weights.
   * @param random - Spreads the first deadlines, so that many clients that get the same update do not all begin with the same endpoint.
   * @param previous - The schedule that this one takes the place of: what an endpoint had waited of its turn there counts here.
   */
  constructor(hosts: readonly WeightedEndpoint[], random: Random, previous?: EdfSchedule) {
    const waits = previous?.waits()
    this.#all = hosts.map(({ endpoint, weight }) => {
      const wait = waits?.get(endpoint) ?? random.next()
      return { endpoint, weight, due: wait / weight, order: this.#order++ }
    })
    for (const entry of this.#all) this.#entries.push(entry)
  }

  /**
   * Takes the entry that is due and puts it back.
   *
   * @param load - Divides the entry's weight for its next turn; 1 for plain weighted round robin.
   * @returns the endpoint, or undefined when there is none.
   */
  next(load: (endpoint: Endpoint) => number): Endpoint | undefined {
    const entry = this.#entries.top
    if (entry === undefined) return undefined
    this.#now = entry.due
    entry.due += load(entry.endpoint) / entry.weight
    entry.order = this.#order++
    this.#entries.settleTop()
    return entry.endpoint
  }

  /** What each endpoint still has to wait, 1 for a whole turn of its own; more where it was taken under load. */
  waits(): ReadonlyMap<Endpoint, number> {
    return new Map(this.#all.map(({ endpoint, weight, due }) => [endpoint, (due - this.#now) * weight]))
  }
}

function before(left: Entry, right: Entry): boolean {
  return left.due < right.due || (left.due === right.due && left.order < right.order)
}

/**
 * @param hosts - Endpoints with their weights.
 * @returns whether all weigh the same, so that a simpler policy gives the same shares.
 */
export function equallyWeighted(hosts: readonly WeightedEndpoint[]): boolean {
  return hosts.every((host) => host.weight === hosts[0]!.weight)
}
