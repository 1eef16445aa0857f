import type { AttemptObserver } from '../cluster/attempt-observer.js'
import type { JsonValue } from '../model/endpoint.js'
import type { View } from '../model/view.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { Balancer } from './balancer.js'

/** The cluster that a balancer works for, as far as it looks at it. */
export interface BalancedCluster {
  /** Requests in flight to all its endpoints, of both views. */
  readonly activeRequests: number
  /**
   * Starts to tell of every attempt.
   *
   * @param observer - Who wants to know.
   * @returns a function that ends it.
   */
  observe(observer: AttemptObserver): () => void
}

/** What a balancer is given besides its configuration. */
export interface BalancerEnvironment {
  /** Whose rules apply. */
  readonly view: View
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** Policies of the application's own, for policies within policies. */
  readonly policies: BalancingPolicies
  /** The cluster. */
  readonly cluster: BalancedCluster
}

/**
 * A load balancing policy of the application's own. Called with the configuration that came with its name, it checks it and gives back what
 * makes its balancers: one for each priority, and each locality where those are weighed.
 *
 * @param config - As the control plane sent it.
 * @throws Error when the configuration is not good: the cluster is then rejected with its message, and what was good of it stays in use.
 */
export type BalancingPolicy = (config: JsonValue) => (environment: BalancerEnvironment) => Balancer

/** Policies of the application's own by the name that a control plane uses for them, `example.com/PolicyName` or `my.package.PolicyName`. */
export type BalancingPolicies = ReadonlyMap<string, BalancingPolicy>
