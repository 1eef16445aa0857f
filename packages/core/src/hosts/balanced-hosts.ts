import type { Balancer, WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { Endpoint } from '../cluster/endpoint.js'

const NONE: readonly WeightedEndpoint[] = Object.freeze([])

/**
 * A set of endpoints that requests are divided among, with the balancer that does it. The balancer is made when it is first needed and
 * kept for good: most sets (all endpoints in panic, degraded ones) are never asked.
 */
export class BalancedHosts {
  readonly #create: () => Balancer
  #balancer: Balancer | undefined
  /** What the set is now. */
  #hosts = NONE
  /** What the balancer was told. */
  #told = NONE

  /**
   * @param create - Makes the balancer, without endpoints.
   */
  constructor(create: () => Balancer) {
    this.#create = create
  }

  /** How many endpoints there are. */
  get size(): number {
    return this.#hosts.length
  }

  /**
   * Takes over the endpoints.
   *
   * @param hosts - In the order of the assignment.
   */
  offer(hosts: readonly WeightedEndpoint[]): void {
    // A set that did not change goes on in its round.
    if (!sameHosts(this.#hosts, hosts)) this.#hosts = hosts
  }

  /** Does now what the next pick would have to wait for. */
  prepare(): Balancer {
    this.#balancer ??= this.#create()
    if (this.#told !== this.#hosts) {
      this.#told = this.#hosts
      this.#balancer.update(this.#hosts)
    }
    return this.#balancer
  }

  /**
   * Chooses one of them.
   *
   * @param context - The request.
   * @param draw - See `Balancer.pick`.
   */
  pick(context: PickContext, draw: number): Endpoint | undefined {
    return this.prepare().pick(context, draw)
  }

  /** Ends the balancer. */
  close(): void {
    this.#balancer?.close?.()
  }
}

function sameHosts(left: readonly WeightedEndpoint[], right: readonly WeightedEndpoint[]): boolean {
  if (left === right) return true
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) {
    const one = left[index]!
    const other = right[index]!
    if (one.endpoint !== other.endpoint || one.weight !== other.weight) return false
  }
  return true
}
