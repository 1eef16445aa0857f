import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { HostSet } from './host-set.js'

/** What decides how priorities share the requests. */
export interface PriorityOptions {
  /** How many percent of its endpoints a priority may lose before its requests overflow is this, less 100. Default 140. */
  readonly overprovisioningFactor: number
  /** Whether health is counted in weights instead of endpoints. */
  readonly weightedHealth: boolean
  /** In percent; 0 for no panic. */
  readonly panicThreshold: number
}

/** How priorities share the requests. Each list has an entry per priority; the shares of both together are 100. */
export interface PriorityLoads {
  /** Percent of the requests for healthy endpoints. */
  readonly healthy: readonly number[]
  /** Percent of the requests for degraded endpoints. */
  readonly degraded: readonly number[]
  /** Whether all endpoints are used instead, whatever their health. */
  readonly panic: readonly boolean[]
}

interface Availability {
  readonly healthy: readonly number[]
  readonly degraded: readonly number[]
  /** Of both together, at most 100. */
  readonly total: number
}

/**
 * Divides the requests among priorities as Envoy does: each takes as much as its health allows, the first before the next, healthy
 * endpoints before degraded ones; below the panic threshold health is not believed (Envoy, "Priority levels", "Degraded endpoints" and
 * "Panic threshold"). All figures are whole percents, rounded down as there.
 *
 * @param sets - The priorities, highest first.
 * @param options - What the cluster says.
 */
export function priorityLoads(sets: readonly HostSet[], options: PriorityOptions): PriorityLoads {
  const availability = availabilityOf(sets, options)
  const panic = sets.map((set) => availability.total < 100 && inPanic(set, options.panicThreshold))
  if (sets.length > 0 && panic.every(Boolean)) return { ...totalPanic(sets), panic }
  // Nothing is available and there is no panic: the first priority takes the requests, and finds nobody for them.
  return { ...(distribute(availability) ?? onlyFirst(sets.length)), panic }
}

/**
 * Divides the requests of a retry, which avoids priorities that earlier attempts of the call went to. Where nothing is available
 * without them, they are not avoided (Envoy, `previous_priorities`).
 *
 * @param sets - The priorities, highest first.
 * @param options - What the cluster says.
 * @param loads - How first attempts are divided.
 * @param avoided - The priorities to avoid.
 */
export function retryLoads(
  sets: readonly HostSet[],
  options: PriorityOptions,
  loads: PriorityLoads,
  avoided: readonly number[],
): PriorityLoads {
  const { healthy, degraded } = availabilityOf(sets, options)
  const without = (share: number, priority: number): number => (avoided.includes(priority) ? 0 : share)
  const rest = distribute(availability(healthy.map(without), degraded.map(without)))
  return rest === undefined ? loads : { ...rest, panic: loads.panic }
}

function availabilityOf(sets: readonly HostSet[], options: PriorityOptions): Availability {
  const share = (set: HostSet, part: readonly WeightedEndpoint[]): number => {
    const whole = options.weightedHealth ? weightOf(set.all) : set.all.length
    if (whole === 0) return 0
    const count = options.weightedHealth ? weightOf(part) : part.length
    return Math.min(100, Math.floor((options.overprovisioningFactor * count) / whole))
  }
  return availability(
    sets.map((set) => share(set, set.healthy)),
    sets.map((set) => share(set, set.degraded)),
  )
}

function availability(healthy: readonly number[], degraded: readonly number[]): Availability {
  const total = healthy.reduce(add, 0) + degraded.reduce(add, 0)
  return { healthy, degraded, total: Math.min(100, total) }
}

/** Undefined when nothing is available. */
function distribute({ healthy, degraded, total }: Availability): Omit<PriorityLoads, 'panic'> | undefined {
  if (total === 0) return undefined
  let rest = 100
  const take = (available: number): number => {
    const load = Math.min(rest, Math.floor((available * 100) / total))
    rest -= load
    return load
  }
  const loads = { healthy: healthy.map(take), degraded: degraded.map(take) }
  // What rounding left over goes to the first that has anything.
  const firstHealthy = healthy.findIndex(positive)
  if (firstHealthy >= 0) loads.healthy[firstHealthy]! += rest
  else loads.degraded[degraded.findIndex(positive)]! += rest
  return loads
}

function inPanic(set: HostSet, threshold: number): boolean {
  const count = set.all.length
  const available = count === 0 ? 0 : (100 * (set.healthy.length + set.degraded.length)) / count
  return available < threshold
}

/** Every priority is in panic: each takes its share of the endpoints. */
function totalPanic(sets: readonly HostSet[]): Omit<PriorityLoads, 'panic'> {
  const count = sets.reduce((sum, { all }) => sum + all.length, 0)
  if (count === 0) return onlyFirst(sets.length)
  const healthy = sets.map(({ all }) => Math.floor((100 * all.length) / count))
  healthy[sets.findIndex(({ all }) => all.length > 0)]! += 100 - healthy.reduce(add, 0)
  return { healthy, degraded: sets.map(() => 0) }
}

function onlyFirst(count: number): Omit<PriorityLoads, 'panic'> {
  const healthy = Array.from({ length: count }, (_, priority) => (priority === 0 ? 100 : 0))
  return { healthy, degraded: healthy.map(() => 0) }
}

function weightOf(hosts: readonly WeightedEndpoint[]): number {
  return hosts.reduce((sum, { weight }) => sum + weight, 0)
}

function add(left: number, right: number): number {
  return left + right
}

function positive(share: number): boolean {
  return share > 0
}
