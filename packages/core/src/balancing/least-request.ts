import type { Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import { EdfSchedule, equallyWeighted } from './edf-schedule.js'

/** Envoy's active_request_bias of 1: a weight counts in full against an idle endpoint, by half against one request in flight. */
const LOAD = (endpoint: Endpoint): number => endpoint.active + 1

/**
 * The endpoint with the fewest requests in flight among a few drawn at random (Envoy, "Weighted least request"; gRFC A48). Where weights
 * differ, weighted round robin with each weight divided by the requests in flight, as Envoy does.
 */
export class LeastRequestBalancer implements Balancer {
  readonly #random: Random
  readonly #choices: number
  #hosts: readonly WeightedEndpoint[] = []
  #schedule: EdfSchedule | undefined

  /**
   * @param random - The dice.
   * @param choices - Endpoints drawn for each pick, 2 to 10.
   */
  constructor(random: Random, choices: number) {
    this.#random = random
    this.#choices = choices
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#hosts = hosts
    this.#schedule = equallyWeighted(hosts) ? undefined : new EdfSchedule(hosts, this.#random)
  }

  pick(): Endpoint | undefined {
    if (this.#schedule !== undefined) return this.#schedule.next(LOAD)
    const hosts = this.#hosts
    if (hosts.length === 0) return undefined
    let best = hosts[this.#random.below(hosts.length)]!.endpoint
    for (let choice = 1; choice < this.#choices; choice++) {
      const candidate = hosts[this.#random.below(hosts.length)]!.endpoint
      // Strictly less: on a tie the first drawn stays (gRFC A48).
      if (candidate.active < best.active) best = candidate
    }
    return best
  }
}
