import type { Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import { EdfSchedule, equallyWeighted } from './edf-schedule.js'

const ONE = (): number => 1

/** One endpoint after the other, in proportion to their weights (Envoy, "Weighted round robin"). */
export class RoundRobinBalancer implements Balancer {
  readonly #random: Random
  #hosts: readonly WeightedEndpoint[] = []
  #next: number
  /** Only where weights differ. */
  #schedule: EdfSchedule | undefined

  /**
   * @param random - Chooses where the first round begins.
   */
  constructor(random: Random) {
    this.#random = random
    this.#next = random.below(0x1_0000_0000)
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#hosts = hosts
    this.#schedule = equallyWeighted(hosts) ? undefined : new EdfSchedule(hosts, this.#random, this.#schedule)
  }

  pick(): Endpoint | undefined {
    if (this.#schedule !== undefined) return this.#schedule.next(ONE)
    const hosts = this.#hosts
    if (hosts.length === 0) return undefined
    if (this.#next >= hosts.length) this.#next %= hosts.length
    return hosts[this.#next++]!.endpoint
  }
}
