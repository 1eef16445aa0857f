import type { Balancer, WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { RequestHasher } from '../hashing/request-hasher.js'
import type { Random } from '../ports/random.js'
import { BalancedHosts } from './balanced-hosts.js'
import { type HostSet, hostSet, type LocalityHosts, type LocalityMembers } from './host-set.js'
import { LocalitySchedule } from './locality-schedule.js'
import { type PriorityLoads, type PriorityOptions, priorityLoads, retryLoads } from './priority-load.js'

/** What decides where requests go within a {@link PrioritySet}. */
export interface PrioritySetOptions extends PriorityOptions {
  /** Requests fail where a priority is in panic. */
  readonly failOnPanic: boolean
  /** Whether localities share requests by their weights. */
  readonly localityWeights: boolean
}

/** How a policy hashes requests that chooses by their hash. */
export interface Hashing {
  /** The policy's own way; undefined where it follows the route. */
  readonly hasher: RequestHasher | undefined
}

/** What a {@link PrioritySet} is made of. */
export interface PrioritySetParts {
  /** Dice. */
  readonly random: Random
  /** Makes a balancer of the cluster's policy, without endpoints. */
  readonly createBalancer: () => Balancer
  /**
   * Present where the policy chooses by a hash. The hash then chooses the priority too, and localities of a priority share one ring or table
   * by their weights (Envoy, `ThreadAwareLoadBalancerBase`).
   */
  readonly hashing: Hashing | undefined
  /** Scales the weights of endpoints that are new. */
  readonly scale: (hosts: readonly WeightedEndpoint[]) => readonly WeightedEndpoint[]
}

const NO_LOADS: PriorityLoads = Object.freeze({ healthy: [], degraded: [], panic: [] })

/**
 * Endpoints in priorities, as Envoy chooses among them: a priority by its load, then a locality by its weight, then an endpoint by the
 * cluster's policy. There is a balancer for each priority, locality and health, which goes on in its round across updates.
 */
export class PrioritySet {
  readonly #parts: PrioritySetParts
  readonly #levels: Level[] = []
  #sets: readonly HostSet[] = []
  #options: PrioritySetOptions | undefined
  #loads = NO_LOADS
  #available = false

  /**
   * @param parts - What it is made of.
   */
  constructor(parts: PrioritySetParts) {
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
    while (this.#levels.length < priorities.length) this.#levels.push(new Level(this.#parts))
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

/** The balancers of one priority. */
class Level {
  readonly all: BalancedHosts
  readonly #scale: PrioritySetParts['scale']
  readonly #healthy: HealthClass
  readonly #degraded: HealthClass

  constructor(parts: PrioritySetParts) {
    this.#scale = parts.scale
    this.all = new BalancedHosts(parts.createBalancer)
    this.#healthy = new HealthClass(parts, ({ healthy }) => healthy)
    this.#degraded = new HealthClass(parts, ({ degraded }) => degraded)
  }

  update(set: HostSet, options: PrioritySetOptions): void {
    this.all.offer(this.#scale(set.all))
    this.#healthy.update(set, options)
    this.#degraded.update(set, options)
  }

  /** Makes ready what the next requests will ask, so that they do not wait for it. */
  prepare(degraded: boolean, panic: boolean): void {
    if (panic) this.all.prepare()
    else this.#healthy.prepare()
    if (degraded) this.#degraded.prepare()
  }

  pick(degraded: boolean, context: PickContext, again: number): Endpoint | undefined {
    return (degraded ? this.#degraded : this.#healthy).pick(context, again)
  }

  close(): void {
    this.all.close()
    this.#healthy.close()
    this.#degraded.close()
  }
}

/** The balancers for the endpoints of one health at one priority: one for all, and one for each locality where those have a weight. */
class HealthClass {
  readonly #parts: PrioritySetParts
  readonly #select: (hosts: HostSet | LocalityHosts) => readonly WeightedEndpoint[]
  readonly #together: BalancedHosts
  #byLocality = new Map<string, BalancedHosts>()
  #localities: readonly BalancedHosts[] = []
  #weights: readonly number[] = []
  #schedule: LocalitySchedule | undefined

  constructor(parts: PrioritySetParts, select: (hosts: HostSet | LocalityHosts) => readonly WeightedEndpoint[]) {
    this.#parts = parts
    this.#select = select
    this.#together = new BalancedHosts(parts.createBalancer)
  }

  update(set: HostSet, options: PrioritySetOptions): void {
    const { scale, random, createBalancer, hashing } = this.#parts
    if (hashing !== undefined && options.localityWeights) {
      this.#together.offer(joined(set, this.#select))
      return
    }
    this.#together.offer(scale(this.#select(set)))
    if (!options.localityWeights) {
      for (const hosts of this.#byLocality.values()) hosts.close()
      this.#byLocality.clear()
      this.#localities = []
      this.#weights = []
      this.#schedule = undefined
      return
    }
    const weights = set.localities.map((locality) => this.#effectiveWeight(locality, options.overprovisioningFactor))
    const byLocality = new Map<string, BalancedHosts>()
    for (const locality of set.localities) {
      const hosts = this.#byLocality.get(locality.key) ?? new BalancedHosts(createBalancer)
      hosts.offer(scale(this.#select(locality)))
      byLocality.set(locality.key, hosts)
    }
    for (const [key, hosts] of this.#byLocality) if (!byLocality.has(key)) hosts.close()
    this.#byLocality = byLocality
    this.#localities = [...byLocality.values()]
    if (sameNumbers(weights, this.#weights)) return
    this.#weights = weights
    const schedule = new LocalitySchedule(weights, random)
    // Without a weight anywhere Envoy looks at endpoints only.
    this.#schedule = schedule.empty ? undefined : schedule
  }

  prepare(): void {
    if (this.#schedule === undefined) this.#together.prepare()
    else for (const [index, hosts] of this.#localities.entries()) if (this.#weights[index]! > 0) hosts.prepare()
  }

  pick(context: PickContext, again: number): Endpoint | undefined {
    if (this.#schedule === undefined) return this.#together.pick(context, again)
    return this.#localities[this.#schedule.next()]!.pick(context, again)
  }

  close(): void {
    this.#together.close()
    for (const hosts of this.#localities) hosts.close()
  }

  /** A locality keeps its weight until it has lost more endpoints than the overprovisioning factor makes up for. */
  #effectiveWeight(locality: LocalityHosts, overprovisioningFactor: number): number {
    const count = locality.members.length
    if (count === 0) return 0
    const available = this.#select(locality).length / count
    return locality.weight * Math.min(1, (overprovisioningFactor / 100) * available)
  }
}

/**
 * The endpoints of all localities with their shares of the whole: those of their localities, whatever is left of them, divided by their own
 * weights. Without a weight anywhere Envoy has no place for anyone here, and looks at endpoints only elsewhere; so does this.
 */
function joined(
  set: HostSet,
  select: (hosts: HostSet | LocalityHosts) => readonly WeightedEndpoint[],
): readonly WeightedEndpoint[] {
  const sum = set.localities.reduce((total, { weight }) => total + weight, 0)
  if (sum === 0) return select(set)
  return set.localities.flatMap((locality) => {
    const hosts = locality.weight === 0 ? [] : select(locality)
    const share = locality.weight / sum
    const weights = hosts.reduce((total, { weight }) => total + weight, 0)
    return hosts.map(({ endpoint, weight }) => ({ endpoint, weight: (weight * share) / weights }))
  })
}

function sameNumbers(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index])
}
