import type { Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import type { PickContext } from './pick-context.js'
import { RandomSubset } from './random-subset.js'

/** A policy over a part of the endpoints, where connections are made on demand (HTTP). For gRPC see `SubsettedHosts`. */
export class RandomSubsettingBalancer implements Balancer {
  readonly #subset: RandomSubset
  readonly #child: Balancer

  /**
   * @param size - How many endpoints, 1 or more.
   * @param child - Chooses among them.
   * @param random - Draws the part.
   */
  constructor(size: number, child: Balancer, random: Random) {
    this.#subset = new RandomSubset(size, random)
    this.#child = child
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#child.update(this.#subset.select(hosts))
  }

  pick(context: PickContext, draw: number): Endpoint | undefined {
    return this.#child.pick(context, draw)
  }

  close(): void {
    this.#child.close?.()
  }
}
