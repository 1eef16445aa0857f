import type { AttemptObserver } from '../cluster/attempt-observer.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { PeakEwmaPolicy } from '../model/load-balancing.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import type { BalancerEnvironment } from './balancer-environment.js'
import { LatencyEstimates } from './latency-estimates.js'

/**
 * The better of two endpoints drawn at random: the one whose latency, times the requests in flight and one more, is the lower, as linkerd2
 * balances HTTP. Weights divide that cost, which linkerd, having none, does not know. An attempt that fails counts as slow: linkerd does not
 * balance over endpoints that it cannot connect to, but here the refusal, quick as it is, would draw requests.
 */
export class PeakEwmaBalancer implements Balancer, AttemptObserver {
  readonly #policy: PeakEwmaPolicy
  readonly #environment: BalancerEnvironment
  readonly #latencies: LatencyEstimates
  readonly #stopObserving: () => void
  #endpoints: readonly Endpoint[] = []
  #weights = new Float64Array()

  /**
   * @param policy - As configured.
   * @param environment - Time, dice, and the cluster whose attempts are timed.
   */
  constructor(policy: PeakEwmaPolicy, environment: BalancerEnvironment) {
    this.#policy = policy
    this.#environment = environment
    this.#latencies = new LatencyEstimates(policy.defaultRttMs, policy.decayMs)
    this.#stopObserving = environment.cluster.observe(this)
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    this.#endpoints = hosts.map(({ endpoint }) => endpoint)
    this.#weights = Float64Array.from(hosts, ({ weight }) => weight)
    this.#latencies.list(this.#endpoints, this.#environment.clock.now())
  }

  pick(): Endpoint | undefined {
    const endpoints = this.#endpoints
    const count = endpoints.length
    if (count < 2) return endpoints[0]
    const { random } = this.#environment
    const left = random.below(count)
    // Two different ones.
    const other = random.below(count - 1)
    const right = other < left ? other : other + 1
    const prefersLeft = this.#latencies.prefersLeft(left, this.#factor(left), right, this.#factor(right))
    return endpoints[prefersLeft ? left : right]
  }

  started(): void {}

  responded(endpoint: Endpoint, _status: number, _grpcStatus: number, elapsedMs: number): void {
    this.#latencies.observe(endpoint, elapsedMs, this.#environment.clock.now())
  }

  failed(endpoint: Endpoint, _failure: unknown, elapsedMs: number): void {
    const tookMs = Math.max(elapsedMs, this.#policy.failureRttMs)
    this.#latencies.observe(endpoint, tookMs, this.#environment.clock.now())
  }

  ended(): void {}

  close(): void {
    this.#stopObserving()
  }

  #factor(index: number): number {
    return (this.#endpoints[index]!.active + 1) / this.#weights[index]!
  }
}
