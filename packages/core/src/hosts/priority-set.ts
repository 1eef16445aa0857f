import type { PickContext } from '../balancing/pick-context.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { BalancingParts, LocalityOptions } from './health-class.js'
import { type HostSet, hostSet, type LocalityMembers } from './host-set.js'
import { PriorityLevel } from './priority-level.js'
import {
  drawPriority,
  type HealthMeasure,
  type PriorityHealth,
  type PriorityLoads,
  priorityHealth,
  priorityLoads,
  retryLoads,
} from './priority-load.js'
import { type ZoneOptions, ZoneRouting } from './zone-routing.js'

/** What decides where requests go within a {@link PrioritySet}. */
export interface PrioritySetOptions extends HealthMeasure, LocalityOptions, ZoneOptions {}

/** A priority that was chosen elsewhere, by an aggregate that the cluster is part of. */
export interface PriorityChoice {
  /** The priority, 0 for the highest. */
  readonly priority: number
  /** Whether one of its degraded endpoints is to take the request. */
  readonly degraded: boolean
}

const NO_LOADS: PriorityLoads = Object.freeze({ healthy: [], degraded: [], panic: [] })

/**
 * Endpoints in priorities, as Envoy chooses among them: a priority by its load, then a locality by its weight, then an endpoint by the
 * cluster's policy. There is a balancer for each priority, locality and health, which goes on in its round across updates.
 */
export class PrioritySet {
  readonly #parts: BalancingParts
  readonly #levels: PriorityLevel[] = []
  #health: readonly PriorityHealth[] = []
  #options: PrioritySetOptions | undefined
  #loads = NO_LOADS

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
    const sets = priorities.map(hostSet)
    this.#health = sets.map((set) => priorityHealth(set, options))
    this.#loads = priorityLoads(this.#health, options.panicThreshold)
    while (this.#levels.length < priorities.length) this.#levels.push(new PriorityLevel(this.#parts))
    for (const level of this.#levels.splice(priorities.length)) level.close()
    for (const [priority, level] of this.#levels.entries()) {
      const set = sets[priority]!
      level.update(set, options, priority === 0 ? this.#zones(set, options) : undefined)
      const { healthy, degraded, panic } = this.#loads
      if (healthy[priority]! + degraded[priority]! > 0) level.prepare(degraded[priority]! > 0, panic[priority]!)
    }
  }

  /** How well each priority is. */
  get health(): readonly PriorityHealth[] {
    return this.#health
  }

  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   * @param again - How often an endpoint was chosen for the attempt and not wanted.
   * @param choice - The priority to choose it from. Absent: as the priorities share the requests.
   */
  pick(context: PickContext, again: number, choice?: PriorityChoice): Endpoint | undefined {
    const count = this.#levels.length
    if (choice !== undefined) {
      return choice.priority < count ? this.#pickFrom(choice.priority, choice.degraded, context, again) : undefined
    }
    const loads = context.avoidedPriorities.length === 0 ? this.#loads : this.#retry(context)
    const drawn = loads.healthy[0] === 100 ? 0 : drawPriority(loads, this.#draw(context))
    if (drawn < 0) return undefined
    return drawn < count
      ? this.#pickFrom(drawn, false, context, again)
      : this.#pickFrom(drawn - count, true, context, again)
  }

  /** Ends every balancer. */
  close(): void {
    for (const level of this.#levels) level.close()
  }

  #pickFrom(priority: number, degraded: boolean, context: PickContext, again: number): Endpoint | undefined {
    const level = this.#levels[priority]!
    if (!this.#loads.panic[priority]) return level.pick(degraded, context, again)
    return this.#options!.failOnPanic ? undefined : level.all.pick(context, again)
  }

  /** 0 to 99. */
  #draw(context: PickContext): number {
    const { hashing, random } = this.#parts
    const hash = hashing && context.hash(hashing.hasher)
    if (hash === undefined) return random.below(100)
    return ((hash.high % 100) * 0x1_0000_0000 + hash.low) % 100
  }

  /** Placement by hash knows no zones. */
  #zones(set: HostSet, options: PrioritySetOptions): ZoneRouting | undefined {
    const { local, hashing, random } = this.#parts
    return local && hashing === undefined ? ZoneRouting.of(set, local, options, random) : undefined
  }

  #retry(context: PickContext): PriorityLoads {
    const { avoidedPriorities } = context
    return retryLoads(this.#health, this.#loads, (at) => avoidedPriorities.some(({ priority }) => priority === at))
  }
}
