import type { AttemptObserver } from '../cluster/attempt-observer.js'
import type { View } from '../model/view.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'

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
  /** The cluster. */
  readonly cluster: BalancedCluster
}
