import type { BalancedCluster } from './balancer-environment.js'
import { MersenneTwister } from './mersenne-twister.js'
import type { PlacedHosts } from './placed-hosts.js'

/**
 * Consistent hashing with bounded loads (Mirrokni et al., arXiv:1608.01350, with random jumps as in arXiv:1908.08762): a request whose
 * endpoint has more than its share in flight goes to another one, to the same other one for the same hash. Envoy,
 * `BoundedLoadHashingLoadBalancer`.
 */
export class BoundedLoad {
  readonly #hosts: PlacedHosts
  readonly #factor: number
  readonly #cluster: BalancedCluster
  readonly #random = new MersenneTwister()
  /** The hosts by index; shuffled while one is looked for, and put back in order afterwards. */
  readonly #order: Uint32Array
  readonly #swaps: Uint32Array

  /**
   * @param hosts - The endpoints.
   * @param factor - In percent of the fair share, 100 or more.
   * @param cluster - Whose requests in flight are shared.
   */
  constructor(hosts: PlacedHosts, factor: number, cluster: BalancedCluster) {
    this.#hosts = hosts
    this.#factor = factor
    this.#cluster = cluster
    this.#order = Uint32Array.from(hosts.endpoints.keys())
    this.#swaps = new Uint32Array(hosts.endpoints.length)
  }

  /**
   * @param first - Index of the host that the hash leads to.
   * @param seed - Lower half of the hash.
   * @returns index of the host that takes the request: the first with room, or the least overloaded.
   */
  choose(first: number, seed: number): number {
    const slots = Math.floor(((this.#cluster.activeRequests + 1) * this.#factor + 99) / 100)
    const load = this.#load(first, slots)
    return load <= 1 ? first : this.#elsewhere(first, load, slots, seed)
  }

  #elsewhere(first: number, load: number, slots: number, seed: number): number {
    const order = this.#order
    const swaps = this.#swaps
    const random = this.#random
    random.seed(seed)
    let best = first
    let drawn = 0
    while (drawn < order.length) {
      const other = drawn + random.below(order.length - drawn)
      swap(order, drawn, other)
      swaps[drawn] = other
      const host = order[drawn++]!
      if (host === first) continue
      const hostLoad = this.#load(host, slots)
      if (hostLoad < load) {
        best = host
        load = hostLoad
        if (load <= 1) break
      }
    }
    while (drawn > 0) {
      drawn--
      swap(order, drawn, swaps[drawn]!)
    }
    return best
  }

  /** Requests in flight in parts of those that the host may have. */
  #load(host: number, slots: number): number {
    const { endpoints, shares } = this.#hosts
    return endpoints[host]!.active / Math.max(1, Math.ceil(slots * shares[host]!))
  }
}

function swap(order: Uint32Array, left: number, right: number): void {
  const kept = order[left]!
  order[left] = order[right]!
  order[right] = kept
}
