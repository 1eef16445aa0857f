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
  #order = 0

  /**
   * @param hosts - Endpoints with their weights.
   * @param random - Spreads the first deadlines, so that many clients that get the same update do not all begin with the same endpoint.
   */
  constructor(hosts: readonly WeightedEndpoint[], random: Random) {
    for (const { endpoint, weight } of hosts) {
      this.#entries.push({ endpoint, weight, due: random.next() / weight, order: this.#order++ })
    }
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
    entry.due += load(entry.endpoint) / entry.weight
    entry.order = this.#order++
    this.#entries.settleTop()
    return entry.endpoint
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
