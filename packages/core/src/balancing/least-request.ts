import type { Endpoint } from '../cluster/endpoint.js'
import type { LeastRequestPolicy } from '../model/load-balancing.js'
import type { Random } from '../ports/random.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import type { BalancerEnvironment } from './balancer-environment.js'
import { EdfSchedule, equallyWeighted } from './edf-schedule.js'

/** gRFC A48: a larger choice count counts as this. */
const MOST_GRPC_CHOICES = 10

/**
 * The endpoint with the fewest requests in flight, among a few drawn at random or among all (Envoy, "Weighted least request"; gRFC A48). Where
 * weights differ, HTTP goes by weighted round robin with each weight divided by the requests in flight, as Envoy does; gRPC does not look
 * at weights here.
 */
export class LeastRequestBalancer implements Balancer {
  readonly #random: Random
  readonly #choices: number
  readonly #fullScan: boolean
  readonly #weighted: boolean
  readonly #load: (endpoint: Endpoint) => number
  #hosts: readonly WeightedEndpoint[] = []
  #schedule: EdfSchedule | undefined

  /**
   * @param policy - As configured.
   * @param environment - Dice and view.
   */
  constructor(policy: LeastRequestPolicy, { random, view }: BalancerEnvironment) {
    this.#random = random
    this.#weighted = view === 'http'
    this.#choices = view === 'http' ? policy.choiceCount : Math.min(policy.choiceCount, MOST_GRPC_CHOICES)
    this.#fullScan = view === 'http' && policy.fullScan === true
    this.#load = loadOf(policy.activeRequestBias ?? 1)
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#hosts = hosts
    this.#schedule =
      !this.#weighted || equallyWeighted(hosts) ? undefined : new EdfSchedule(hosts, this.#random, this.#schedule)
  }

  pick(): Endpoint | undefined {
    if (this.#schedule !== undefined) return this.#schedule.next(this.#load)
    if (this.#hosts.length === 0) return undefined
    return this.#fullScan ? this.#least() : this.#leastOfFew()
  }

  #leastOfFew(): Endpoint {
    const hosts = this.#hosts
    let best = hosts[this.#random.below(hosts.length)]!.endpoint
    for (let choice = 1; choice < this.#choices; choice++) {
      const candidate = hosts[this.#random.below(hosts.length)]!.endpoint
      // Strictly less: on a tie the first drawn stays (gRFC A48).
      if (candidate.active < best.active) best = candidate
    }
    return best
  }

  #least(): Endpoint {
    const hosts = this.#hosts
    let best = hosts[0]!.endpoint
    let ties = 1
    for (let index = 1; index < hosts.length; index++) {
      const candidate = hosts[index]!.endpoint
      if (candidate.active < best.active) {
        best = candidate
        ties = 1
      } else if (candidate.active === best.active) {
        // Each of those that tie is left with the same chance.
        ties++
        if (this.#random.below(ties) === 0) best = candidate
      }
    }
    return best
  }
}

/** By what a weight is divided. */
function loadOf(bias: number): (endpoint: Endpoint) => number {
  if (bias === 1) return (endpoint) => endpoint.active + 1
  if (bias === 0) return () => 1
  return (endpoint) => (endpoint.active + 1) ** bias
}
