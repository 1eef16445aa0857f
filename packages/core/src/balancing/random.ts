import type { Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import { AliasTable } from './alias-table.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import { equallyWeighted } from './edf-schedule.js'

/** Any endpoint, in proportion to its weight. */
export class RandomBalancer implements Balancer {
  readonly #random: Random
  #hosts: readonly WeightedEndpoint[] = []
  /** Only where weights differ. */
  #weights: AliasTable | undefined

  /**
   * @param random - The dice.
   */
  constructor(random: Random) {
    this.#random = random
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#hosts = hosts
    this.#weights = equallyWeighted(hosts) ? undefined : new AliasTable(hosts.map(({ weight }) => weight))
  }

  pick(): Endpoint | undefined {
    const hosts = this.#hosts
    if (hosts.length === 0) return undefined
    const index = this.#weights === undefined ? this.#random.below(hosts.length) : this.#weights.draw(this.#random)
    return hosts[index]!.endpoint
  }
}
