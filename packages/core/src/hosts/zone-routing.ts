import type { ZoneAwareness } from '../model/host-policy.js'
import type { Random } from '../ports/random.js'
import type { HostSet, LocalityHosts } from './host-set.js'
import { inPanic } from './priority-load.js'

/** Of {@link ZoneRouting.choose}: the request goes to any endpoint, wherever it is. */
export const ANYWHERE = -1

/** Of {@link ZoneRouting.choose}: the request fails. */
export const NOWHERE = -2

/** Shares are whole parts of this, rounded down. */
const WHOLE = 10_000

/** The cluster that the mesh itself is part of. */
export interface LocalHosts {
  /** Key of the locality that this process is in. */
  readonly locality: string
  /** The endpoints of its first priority; undefined as long as they are not known. */
  readonly set: HostSet | undefined
}

/** What decides whether and how requests are kept in the own zone. */
export interface ZoneOptions {
  /** What the cluster says of zones. */
  readonly zoneAwareness: ZoneAwareness
  /** In percent; 0 for no panic. */
  readonly panicThreshold: number
  /** Requests fail where a priority, or the mesh's own cluster, is in panic. */
  readonly failOnPanic: boolean
}

/**
 * Chooses the zone of each request so that as many as possible stay in the caller's own while all endpoints get about the same number of them.
 * Where a larger share of the callers than of the endpoints is in one zone, what is too much for it goes to zones of which the contrary is true
 * (Envoy, "Zone aware routing"). For endpoints of the first priority only, as there.
 */
export class ZoneRouting {
  readonly #random: Random
  readonly #routingPercent: number
  readonly #fails: boolean
  /** Indexes of localities that have an endpoint, whatever its health. */
  readonly #places: readonly number[]
  /** Index of the own locality; -1 where it has no endpoint. */
  readonly #own: number
  /** Of {@link WHOLE} requests so many stay. */
  readonly #staying: number
  /** How much each locality, and those before it, can take of the others. */
  readonly #capacities: readonly number[]

  private constructor(set: HostSet, local: HostSet, own: number, options: ZoneOptions, random: Random) {
    const { routingPercent, basis, forceLocalMinSize } = options.zoneAwareness
    this.#random = random
    this.#routingPercent = routingPercent
    this.#fails = panics(local, options)
    this.#places = places(set)
    this.#own = own
    const measure = basis === 'weight' ? weightOf : countOf
    const endpoints = sharesOf(set, measure)
    const callers = sharesOf(local, measure)
    let staying = 0
    let capacity = 0
    this.#capacities = set.localities.map(({ key, healthy }, index) => {
      const share = endpoints.get(key)!
      const wanted = callers.get(key) ?? 0
      if (index !== own) capacity += Math.max(0, share - wanted)
      else if (forceLocalMinSize !== undefined && healthy.length >= forceLocalMinSize) staying = WHOLE
      else if (share > 0) staying = share >= wanted ? WHOLE : Math.floor((share * WHOLE) / wanted)
      return capacity
    })
    this.#staying = staying
  }

  /**
   * @param set - The endpoints of the first priority.
   * @param local - The cluster that the mesh is part of.
   * @param options - What the cluster says.
   * @param random - Dice.
   * @returns undefined where requests go anywhere: one of the clusters is in one zone only or too small, or the mesh's own cluster has nobody in
   * the zone that this process is in, or is in panic.
   */
  static of(set: HostSet, local: LocalHosts, options: ZoneOptions, random: Random): ZoneRouting | undefined {
    const callers = local.set
    const { minClusterSize, forceLocalMinSize } = options.zoneAwareness
    if (callers === undefined || set.healthy.length < minClusterSize || places(set).length < 2) return undefined
    if (forceLocalMinSize === undefined && places(callers).length < 2) return undefined
    if (indexOf(callers, local.locality) < 0) return undefined
    if (!options.failOnPanic && panics(callers, options)) return undefined
    return new ZoneRouting(set, callers, indexOf(set, local.locality), options, random)
  }

  /**
   * Chooses where a request goes.
   *
   * @returns the index of a locality, {@link ANYWHERE} or {@link NOWHERE}. Nobody of the locality need be well.
   */
  choose(): number {
    const random = this.#random
    if (this.#routingPercent < 100 && random.below(100) >= this.#routingPercent) return ANYWHERE
    if (this.#fails) return NOWHERE
    if (this.#staying === WHOLE || random.below(WHOLE) < this.#staying) return this.#own
    const capacities = this.#capacities
    const capacity = capacities[capacities.length - 1]!
    // Nobody has anything left, by rounding.
    if (capacity === 0) return this.#places[random.below(this.#places.length)]!
    const drawn = random.below(capacity)
    let index = 0
    while (drawn >= capacities[index]!) index++
    return index
  }
}

/** Shares of all healthy endpoints by locality. */
function sharesOf({ localities }: HostSet, measure: (locality: LocalityHosts) => number): ReadonlyMap<string, number> {
  const measures = localities.map(measure)
  const sum = measures.reduce((total, each) => total + each, 0)
  return new Map(
    localities.map(({ key }, index) => [key, sum === 0 ? 0 : Math.floor((WHOLE * measures[index]!) / sum)]),
  )
}

function panics({ counted, healthy, degraded }: HostSet, { panicThreshold }: ZoneOptions): boolean {
  return inPanic({ counted: counted.length, available: healthy.length + degraded.length }, panicThreshold)
}

function countOf({ healthy }: LocalityHosts): number {
  return healthy.length
}

function weightOf({ healthy }: LocalityHosts): number {
  return healthy.reduce((sum, { weight }) => sum + weight, 0)
}

function places({ localities }: HostSet): number[] {
  return localities.flatMap(({ members }, index) => (members.length > 0 ? [index] : []))
}

function indexOf({ localities }: HostSet, own: string): number {
  return localities.findIndex(({ key, members }) => key === own && members.length > 0)
}
