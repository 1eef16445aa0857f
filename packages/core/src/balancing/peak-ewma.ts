import type { AttemptObserver } from '../cluster/attempt-observer.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { PeakEwmaPolicy } from '../model/load-balancing.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import type { BalancerEnvironment } from './balancer-environment.js'
import { LatencyEstimate } from './latency-estimate.js'

interface Candidate {
  readonly endpoint: Endpoint
  readonly weight: number
  readonly latency: LatencyEstimate
}

/**
 * The better of two endpoints drawn at random: the one whose latency, times the requests in flight and one more, is the lower, as linkerd2
 * balances HTTP. Weights divide that cost, which linkerd, having none, does not know. An attempt that fails counts as slow: linkerd does not
 * balance over endpoints that it cannot connect to, but here the refusal, quick as it is, would draw requests.
 */
export class PeakEwmaBalancer implements Balancer, AttemptObserver {
  readonly #policy: PeakEwmaPolicy
  readonly #environment: BalancerEnvironment
  readonly #latencies = new Map<Endpoint, LatencyEstimate>()
  readonly #stopObserving: () => void
  #candidates: readonly Candidate[] = []

  /**
   * @param policy - As configured.
   * @param environment - Time, dice, and the cluster whose attempts are timed.
   */
  constructor(policy: PeakEwmaPolicy, environment: BalancerEnvironment) {
    this.#policy = policy
    this.#environment = environment
    this.#stopObserving = environment.cluster.observe(this)
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    const { defaultRttMs, decayMs } = this.#policy
    const now = this.#environment.clock.now()
    for (const endpoint of this.#latencies.keys()) if (endpoint.removed) this.#latencies.delete(endpoint)
    this.#candidates = hosts.map(({ endpoint, weight }) => {
      const latency = this.#latencies.get(endpoint) ?? new LatencyEstimate(defaultRttMs, decayMs, now)
      this.#latencies.set(endpoint, latency)
      return { endpoint, weight, latency }
    })
  }

  pick(): Endpoint | undefined {
    const candidates = this.#candidates
    const count = candidates.length
    if (count < 2) return candidates[0]?.endpoint
    const { random, clock } = this.#environment
    const first = random.below(count)
    // Two different ones.
    const other = random.below(count - 1)
    const left = candidates[first]!
    const right = candidates[other < first ? other : other + 1]!
    const now = clock.now()
    return cost(left, now) <= cost(right, now) ? left.endpoint : right.endpoint
  }

  started(): void {}

  responded(endpoint: Endpoint, _status: number, _grpcStatus: number, elapsedMs: number): void {
    this.#latencies.get(endpoint)?.observe(elapsedMs, this.#environment.clock.now())
  }

  failed(endpoint: Endpoint, _failure: unknown, elapsedMs: number): void {
    const tookMs = Math.max(elapsedMs, this.#policy.failureRttMs)
    this.#latencies.get(endpoint)?.observe(tookMs, this.#environment.clock.now())
  }

  ended(): void {}

  close(): void {
    this.#stopObserving()
  }
}

function cost({ endpoint, weight, latency }: Candidate, nowMs: number): number {
  return (latency.at(nowMs) * (endpoint.active + 1)) / weight
}
