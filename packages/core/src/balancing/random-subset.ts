import { XxHash64 } from '../hashing/xx-hash.js'
import type { Random } from '../ports/random.js'
import type { WeightedEndpoint } from './balancer.js'

interface Place {
  readonly host: WeightedEndpoint
  readonly high: number
  readonly low: number
}

/**
 * Takes a part of the endpoints, drawn once, so that not every client of a large service connects to all of it. An endpoint that comes or goes
 * changes the part by one (gRFC A68).
 */
export class RandomSubset {
  readonly #size: number
  readonly #hasher = new XxHash64()
  readonly #seed: number

  /**
   * @param size - How many endpoints, 1 or more.
   * @param random - Draws the part.
   */
  constructor(size: number, random: Random) {
    this.#size = size
    this.#seed = random.below(0x1_0000_0000)
  }

  /**
   * @param hosts - All endpoints.
   * @returns those that are taken; all where there are no more than that.
   */
  select(hosts: readonly WeightedEndpoint[]): readonly WeightedEndpoint[] {
    if (hosts.length <= this.#size) return hosts
    return hosts
      .map((host) => this.#place(host))
      .sort((left, right) => left.high - right.high || left.low - right.low)
      .slice(0, this.#size)
      .map(({ host }) => host)
  }

  #place(host: WeightedEndpoint): Place {
    const { high, low } = this.#hasher.hash(host.endpoint.key, this.#seed)
    return { host, high: high >>> 0, low: low >>> 0 }
  }
}
