import type { Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import { equallyWeighted } from './edf-schedule.js'

/** Any endpoint, in proportion to its weight. */
export class RandomBalancer implements Balancer {
  readonly #random: Random
  #hosts: readonly WeightedEndpoint[] = []
  /** Sums of the weights up to and including each endpoint; only where weights differ. */
  #sums: Float64Array | undefined

  /**
   * @param random - The dice.
   */
  constructor(random: Random) {
    this.#random = random
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#hosts = hosts
    if (equallyWeighted(hosts)) {
      this.#sums = undefined
      return
    }
    let sum = 0
    this.#sums = Float64Array.from(hosts, (host) => {
      sum += host.weight
      return sum
    })
  }

  pick(): Endpoint | undefined {
    const hosts = this.#hosts
    if (hosts.length === 0) return undefined
    const sums = this.#sums
    if (sums === undefined) return hosts[this.#random.below(hosts.length)]!.endpoint
    const drawn = this.#random.next() * sums[sums.length - 1]!
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > drawn) high = middle
      else low = middle + 1
    }
    return hosts[low]!.endpoint
  }
}
