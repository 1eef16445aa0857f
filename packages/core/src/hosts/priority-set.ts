import type { PickContext } from '../balancing/pick-context.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { BalancingParts, LocalityOptions } from './health-class.js'
import { type HostSet, hostSet, type LocalityMembers } from './host-set.js'
import { PriorityLevel } from './priority-level.js'
import { type PriorityLoads, type PriorityOptions, priorityLoads, retryLoads } from './priority-load.js'

/** What decides where requests go within a {@link PrioritySet}. */
export interface PrioritySetOptions extends PriorityOptions, LocalityOptions {
  /** Requests fail where a priority is in panic. */
  readonly failOnPanic: boolean
}

const NO_LOADS: PriorityLoads = Object.freeze({ healthy: [], degraded: [], panic: [] })

/**
 * Endpoints in priorities, as Envoy chooses among them: a priority by its load, then a locality by its weight, then an endpoint by the
 * cluster's policy. There is a balancer for each priority, locality and health, which goes on in its round across updates.
 */
export class PrioritySet {
  readonly #parts: BalancingParts
  readonly #levels: PriorityLevel[] = []
  #sets: readonly HostSet[] = []
  #options: PrioritySetOptions | undefined
  #loads = NO_LOADS
  #available = false

  /**
   * @param parts - What it is made of.
   */
  constructor(parts: BalancingParts) {
    this.#parts = parts
  }

  /**
   * Takes over the endpoints with their health as it is now.
   *
   * @param priorities - The localities of each priority.
   * @param options - What the cluster says.
   */
  update(priorities: readonly (readonly LocalityMembers[])[], options: PrioritySetOptions): void {
    this.#options = options
    this.#sets = priorities.map(hostSet)
    this.#loads = priorityLoads(this.#sets, options)
    this.#available = this.#sets.some(({ healthy, degraded }) => healthy.length + degraded.length > 0)
    while (this.#levels.length < priorities.length) this.#levels.push(new PriorityLevel(this.#parts))
    for (const level of this.#levels.splice(priorities.length)) level.close()
    for (const [priority, level] of this.#levels.entries()) {
      level.update(this.#sets[priority]!, options)
      const { healthy, degraded, panic } = this.#loads
      if (healthy[priority]! + degraded[priority]! > 0) level.prepare(degraded[priority]! > 0, panic[priority]!)
    }
  }

  /** Whether any endpoint is healthy or degraded. */
  get available(): boolean {
    return this.#available
  }

  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   * @param again - How often an endpoint was chosen for the attempt and not wanted.
   */
  pick(context: PickContext, again: number): Endpoint | undefined {
    const { healthy, degraded, panic } = context.excludedPriorities.length === 0 ? this.#loads : this.#retry(context)
    if (healthy.length === 0) return undefined
    // 1 to 100, so that a priority of load 0 is never chosen.
    let draw = healthy[0] === 100 ? 1 : this.#draw(context) + 1
    for (let priority = 0; priority < healthy.length; priority++) {
      draw -= healthy[priority]!
      if (draw <= 0) return this.#pickFrom(priority, false, panic[priority]!, context, again)
    }
    for (let priority = 0; priority < degraded.length; priority++) {
      draw -= degraded[priority]!
      if (draw <= 0) return this.#pickFrom(priority, true, panic[priority]!, context, again)
    }
    return undefined
  }

  /** Ends every balancer. */
  close(): void {
    for (const level of this.#levels) level.close()
  }

  #pickFrom(
    priority: number,
    degraded: boolean,
    panic: boolean,
    context: PickContext,
    again: number,
  ): Endpoint | undefined {
    const level = this.#levels[priority]!
    if (!panic) return level.pick(degraded, context, again)
    return this.#options!.failOnPanic ? undefined : level.all.pick(context, again)
  }

  /** 0 to 99. */
  #draw(context: PickContext): number {
    const { hashing, random } = this.#parts
    const hash = hashing && context.hash(hashing.hasher)
    if (hash === undefined) return random.below(100)
    return ((hash.high % 100) * 0x1_0000_0000 + hash.low) % 100
  }

  #retry(context: PickContext): PriorityLoads {
    return retryLoads(this.#sets, this.#options!, this.#loads, context.excludedPriorities)
  }
}
