import type { Endpoint } from '../cluster/endpoint.js'
import type { EndpointLoadReport } from '../load/endpoint-load-report.js'
import type { WeightedByLoadPolicy } from '../model/load-balancing.js'
import type { Timer } from '../ports/clock.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import type { BalancerEnvironment } from './balancer-environment.js'
import { ReportedWeight } from './reported-weight.js'
import { StaticStride } from './static-stride.js'

/** What happens between reports is of no concern. */
const IGNORE = (): void => {}

/**
 * Weighted round robin in which every endpoint weighs as much as its own reports say that it can carry: requests it serves, divided by how
 * busy they keep it (gRFC A58; Envoy, "Client side weighted round robin"). Weights of the control plane are not looked at. Weights take
 * effect at a fixed pace, not with each report.
 */
export class WeightedByLoadBalancer implements Balancer {
  readonly #policy: WeightedByLoadPolicy
  readonly #environment: BalancerEnvironment
  readonly #weights = new Map<Endpoint, ReportedWeight>()
  readonly #stopObserving: () => void
  #endpoints: readonly Endpoint[] = []
  #stride: StaticStride | undefined
  #next: number
  #timer: Timer | undefined

  /**
   * @param policy - As configured.
   * @param environment - Time, dice, and the cluster whose attempts carry reports.
   */
  constructor(policy: WeightedByLoadPolicy, environment: BalancerEnvironment) {
    this.#policy = policy
    this.#environment = environment
    this.#next = environment.random.below(0x1_0000_0000)
    this.#stopObserving = environment.cluster.observe({
      started: IGNORE,
      responded: IGNORE,
      failed: IGNORE,
      ended: IGNORE,
      reported: (endpoint, report) => this.#report(endpoint, report),
    })
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    const before = new Set(this.#endpoints)
    this.#endpoints = hosts.map(({ endpoint }) => endpoint)
    for (const endpoint of this.#endpoints) {
      const weight = this.#weights.get(endpoint)
      if (weight === undefined) this.#weights.set(endpoint, new ReportedWeight(this.#policy))
      // gRPC lists endpoints that are connected: one that comes back has connected anew (gRFC A58).
      else if (this.#environment.view === 'grpc' && !before.has(endpoint)) weight.restart()
    }
    // One that is only ill comes back with what it has said; one that is gone does not.
    for (const endpoint of this.#weights.keys()) if (endpoint.removed) this.#weights.delete(endpoint)
    this.#weigh()
    if (this.#endpoints.length > 0) this.#timer ??= this.#setTimer()
  }

  pick(): Endpoint | undefined {
    const endpoints = this.#endpoints
    if (this.#stride !== undefined) return endpoints[this.#stride.next()]
    if (endpoints.length === 0) return undefined
    if (this.#next >= endpoints.length) this.#next %= endpoints.length
    return endpoints[this.#next++]
  }

  close(): void {
    this.#timer?.cancel()
    this.#stopObserving()
  }

  #report(endpoint: Endpoint, report: EndpointLoadReport): void {
    this.#weights.get(endpoint)?.report(report, this.#environment.clock.now())
  }

  #weigh(): void {
    const now = this.#environment.clock.now()
    const weights = this.#endpoints.map((endpoint) => this.#weights.get(endpoint)!.at(now))
    this.#stride = StaticStride.of(weights, this.#stride, this.#next)
  }

  #setTimer(): Timer {
    return this.#environment.clock.setTimer(this.#policy.updateMs, () => {
      this.#weigh()
      this.#timer = this.#endpoints.length > 0 ? this.#setTimer() : undefined
    })
  }
}
