import type { Endpoint } from '../cluster/endpoint.js'
import { XxHash64 } from '../hashing/xx-hash.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import type { PickContext } from './pick-context.js'

interface Place {
  readonly host: WeightedEndpoint
  readonly high: number
  readonly low: number
}

/**
 * A policy over a part of the endpoints, drawn once per balancer, so that not every client of a large service connects to all of it. An endpoint
 * that comes or goes changes the part by one (gRFC A68).
 */
export class RandomSubsettingBalancer implements Balancer {
  readonly #size: number
  readonly #child: Balancer
  readonly #hasher = new XxHash64()
  readonly #seed: number

  /**
   * @param size - How many endpoints, 1 or more.
   * @param child - Chooses among them.
   * @param random - Draws the part.
   */
  constructor(size: number, child: Balancer, random: Random) {
    this.#size = size
    this.#child = child
    this.#seed = random.below(0x1_0000_0000)
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    if (hosts.length <= this.#size) {
      this.#child.update(hosts)
      return
    }
    const places = hosts
      .map((host) => this.#place(host))
      .sort((left, right) => left.high - right.high || left.low - right.low)
    this.#child.update(places.slice(0, this.#size).map(({ host }) => host))
  }

  pick(context: PickContext, draw: number): Endpoint | undefined {
    return this.#child.pick(context, draw)
  }

  close(): void {
    this.#child.close?.()
  }

  #place(host: WeightedEndpoint): Place {
    const { high, low } = this.#hasher.hash(host.endpoint.key, this.#seed)
    return { host, high: high >>> 0, low: low >>> 0 }
  }
}
