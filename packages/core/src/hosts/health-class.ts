import type { Balancer, WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { RequestHasher } from '../hashing/request-hasher.js'
import type { Random } from '../ports/random.js'
import { BalancedHosts } from './balanced-hosts.js'
import type { HostSet, LocalityHosts } from './host-set.js'
import { LocalitySchedule } from './locality-schedule.js'
import { ANYWHERE, type LocalHosts, NOWHERE, type ZoneRouting } from './zone-routing.js'

/** How a policy hashes requests that chooses by their hash. */
export interface Hashing {
  /** The policy's own way; undefined where it follows the route. */
  readonly hasher: RequestHasher | undefined
}

/** What the balancers of a cluster are made of. */
export interface BalancingParts {
  /** Dice. */
  readonly random: Random
  /** The cluster that the mesh is part of. Absent: none is known, and nobody is kept in its zone. */
  readonly local: LocalHosts | undefined
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

const NO_WEIGHTS: readonly number[] = Object.freeze([])

/** What decides where requests go within a priority. */
export interface LocalityOptions {
  /** In percent: how many endpoints a locality may lose before it loses requests is this, less 100. Default 140. */
  readonly overprovisioningFactor: number
  /** Whether localities share requests by their weights. */
  readonly localityWeights: boolean
}

/** The balancers for the endpoints of one health at one priority: one for all, and one for each locality where those have a weight. */
export class HealthClass {
  readonly #parts: BalancingParts
  readonly #select: (hosts: HostSet | LocalityHosts) => readonly WeightedEndpoint[]
  readonly #together: BalancedHosts
  #byLocality = new Map<string, BalancedHosts>()
  #localities: readonly BalancedHosts[] = []
  #weights: readonly number[] = []
  #schedule: LocalitySchedule | undefined
  #zones: ZoneRouting | undefined

  /**
   * @param parts - What its balancers are made of.
   * @param select - Which endpoints are of the health in question.
   */
  constructor(parts: BalancingParts, select: (hosts: HostSet | LocalityHosts) => readonly WeightedEndpoint[]) {
    this.#parts = parts
    this.#select = select
    this.#together = new BalancedHosts(parts.createBalancer)
  }

  /**
   * Takes over the endpoints.
   *
   * @param set - Those of the priority.
   * @param options - What the cluster says.
   * @param zones - Chooses among the localities where these have no weights. Absent: nobody does.
   */
  update(set: HostSet, options: LocalityOptions, zones?: ZoneRouting): void {
    const { scale, random, createBalancer, hashing } = this.#parts
    if (hashing !== undefined && options.localityWeights) {
      this.#together.offer(joined(set, this.#select))
      return
    }
    this.#together.offer(scale(this.#select(set)))
    this.#zones = zones
    if (!options.localityWeights && zones === undefined) {
      for (const hosts of this.#byLocality.values()) hosts.close()
      this.#byLocality.clear()
      this.#localities = []
      this.#weights = []
      this.#schedule = undefined
      return
    }
    const byLocality = new Map<string, BalancedHosts>()
    for (const locality of set.localities) {
      const hosts = this.#byLocality.get(locality.key) ?? new BalancedHosts(createBalancer)
      hosts.offer(scale(this.#select(locality)))
      byLocality.set(locality.key, hosts)
    }
    for (const [key, hosts] of this.#byLocality) if (!byLocality.has(key)) hosts.close()
    this.#byLocality = byLocality
    this.#localities = [...byLocality.values()]
    const weights = options.localityWeights
      ? set.localities.map((locality) => this.#effectiveWeight(locality, options.overprovisioningFactor))
      : NO_WEIGHTS
    if (sameNumbers(weights, this.#weights)) return
    this.#weights = weights
    const schedule = new LocalitySchedule(weights, random)
    // Without a weight anywhere Envoy looks at endpoints only.
    this.#schedule = schedule.empty ? undefined : schedule
  }

  /** Makes ready what the next requests will ask. */
  prepare(): void {
    if (this.#schedule !== undefined) {
      for (const [index, hosts] of this.#localities.entries()) if (this.#weights[index]! > 0) hosts.prepare()
    } else if (this.#zones !== undefined) {
      for (const hosts of this.#localities) hosts.prepare()
    } else {
      this.#together.prepare()
    }
  }

  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   * @param again - How often an endpoint was chosen for the attempt and not wanted.
   */
  pick(context: PickContext, again: number): Endpoint | undefined {
    if (this.#schedule !== undefined) return this.#localities[this.#schedule.next()]!.pick(context, again)
    if (this.#zones === undefined) return this.#together.pick(context, again)
    const zone = this.#zones.choose()
    if (zone === NOWHERE) return undefined
    return (zone === ANYWHERE ? this.#together : this.#localities[zone]!).pick(context, again)
  }

  /** Ends every balancer. */
  close(): void {
    this.#together.close()
    for (const hosts of this.#localities) hosts.close()
  }

  /** A locality keeps its weight until it has lost more endpoints than the overprovisioning factor makes up for. */
  #effectiveWeight(locality: LocalityHosts, overprovisioningFactor: number): number {
    const count = locality.counted.length
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
