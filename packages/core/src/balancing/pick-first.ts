import type { Endpoint } from '../cluster/endpoint.js'
import type { PickFirstPolicy } from '../model/load-balancing.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import type { BalancerEnvironment } from './balancer-environment.js'
import type { PickContext } from './pick-context.js'
import { shuffledHosts } from './shuffled-hosts.js'

/**
 * The policy pick_first where connections are made on demand (HTTP): all requests to one endpoint, the first of the list that can be picked,
 * until it cannot be picked any more; a retry goes on to the next. The list can be shuffled, heavier endpoints rather to the front, so that
 * clients of one list do not all go to the same (gRFC A62, A113). For gRPC see `PickFirstHosts`.
 */
export class PickFirstBalancer implements Balancer {
  readonly #shuffle: boolean
  readonly #random: Random
  #endpoints: readonly Endpoint[] = []

  /**
   * @param policy - As configured.
   * @param environment - Dice.
   */
  constructor(policy: PickFirstPolicy, environment: BalancerEnvironment) {
    this.#shuffle = policy.shuffle
    this.#random = environment.random
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    const selected = this.#endpoints[0]
    const ordered = (this.#shuffle ? shuffledHosts(hosts, this.#random) : hosts).map(({ endpoint }) => endpoint)
    // Who is connected stays where it is while that is listed (gRFC A62).
    const kept = selected === undefined ? -1 : ordered.indexOf(selected)
    this.#endpoints = kept > 0 ? [selected!, ...ordered.filter((endpoint) => endpoint !== selected)] : ordered
  }

  pick(_context: PickContext, draw: number): Endpoint | undefined {
    const endpoints = this.#endpoints
    return endpoints[Math.min(draw, endpoints.length - 1)]
  }
}
