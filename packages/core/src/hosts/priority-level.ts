import type { PickContext } from '../balancing/pick-context.js'
import type { Endpoint } from '../cluster/endpoint.js'
import { BalancedHosts } from './balanced-hosts.js'
import { type BalancingParts, HealthClass, type LocalityOptions } from './health-class.js'
import type { HostSet } from './host-set.js'
import type { ZoneRouting } from './zone-routing.js'

/** The balancers of one priority. */
export class PriorityLevel {
  /** All endpoints, for when it panics. */
  readonly all: BalancedHosts
  readonly #scale: BalancingParts['scale']
  readonly #healthy: HealthClass
  readonly #degraded: HealthClass

  /**
   * @param parts - What its balancers are made of.
   */
  constructor(parts: BalancingParts) {
    this.#scale = parts.scale
    this.all = new BalancedHosts(parts.createBalancer)
    this.#healthy = new HealthClass(parts, ({ healthy }) => healthy)
    this.#degraded = new HealthClass(parts, ({ degraded }) => degraded)
  }

  /**
   * Takes over the endpoints with their health as it is now.
   *
   * @param set - The endpoints.
   * @param options - What the cluster says.
   * @param zones - Chooses among localities without weights. Absent: nobody does.
   */
  update(set: HostSet, options: LocalityOptions, zones?: ZoneRouting): void {
    this.all.offer(this.#scale(set.all))
    this.#healthy.update(set, options, zones)
    this.#degraded.update(set, options, zones)
  }

  /**
   * Makes ready what the next requests will ask, so that they do not wait for it.
   *
   * @param degraded - Whether some go to degraded endpoints.
   * @param panic - Whether they go to all endpoints.
   */
  prepare(degraded: boolean, panic: boolean): void {
    if (panic) this.all.prepare()
    else this.#healthy.prepare()
    if (degraded) this.#degraded.prepare()
  }

  /**
   * Chooses an endpoint, out of panic.
   *
   * @param degraded - Whether it is to be a degraded one.
   * @param context - The request.
   * @param again - How often an endpoint was chosen for the attempt and not wanted.
   */
  pick(degraded: boolean, context: PickContext, again: number): Endpoint | undefined {
    return (degraded ? this.#degraded : this.#healthy).pick(context, again)
  }

  /** Ends every balancer. */
  close(): void {
    this.all.close()
    this.#healthy.close()
    this.#degraded.close()
  }
}
