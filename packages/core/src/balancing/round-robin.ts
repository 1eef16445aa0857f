import type { Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import { EdfSchedule, equallyWeighted } from './edf-schedule.js'
import { StaticStride } from './static-stride.js'

const ONE = (): number => 1

/** With more different weights than these, a schedule's heap no longer fits the caches. */
const MANY_WEIGHTS = 1024

/** One endpoint after the other, in proportion to their weights (Envoy, "Weighted round robin"). */
export class RoundRobinBalancer implements Balancer {
  readonly #random: Random
  #hosts: readonly WeightedEndpoint[] = []
  #next: number
  /** Only where weights differ. */
  #schedule: EdfSchedule | undefined
  /** In its place where hardly two weights are alike: nearly the same shares, at the cost of a few steps over an array. */
  #stride: StaticStride | undefined

  /**
   * @param random - Chooses where the first round begins.
   */
  constructor(random: Random) {
    this.#random = random
    this.#next = random.below(0x1_0000_0000)
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#hosts = hosts
    const equal = equallyWeighted(hosts)
    const weights = equal ? undefined : strideWeights(hosts)
    this.#stride = weights && StaticStride.of(weights, this.#stride, this.#next)
    this.#schedule =
      equal || this.#stride !== undefined ? undefined : new EdfSchedule(hosts, this.#random, this.#schedule)
  }

  pick(): Endpoint | undefined {
    if (this.#schedule !== undefined) return this.#schedule.next(ONE)
    const hosts = this.#hosts
    if (this.#stride !== undefined) return hosts[this.#stride.next()]!.endpoint
    if (hosts.length === 0) return undefined
    if (this.#next >= hosts.length) this.#next %= hosts.length
    return hosts[this.#next++]!.endpoint
  }
}

/**
 * @param hosts - Endpoints with their weights.
 * @returns the weights, where there are many different ones and none is so large that a stride would have to cut it off.
 */
function strideWeights(hosts: readonly WeightedEndpoint[]): readonly number[] | undefined {
  if (hosts.length <= MANY_WEIGHTS) return undefined
  const weights = hosts.map(({ weight }) => weight)
  return new Set(weights).size > MANY_WEIGHTS && StaticStride.keepsShares(weights) ? weights : undefined
}
