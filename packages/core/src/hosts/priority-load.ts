import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { HostSet } from './host-set.js'

/** How the health of a priority is measured. */
export interface HealthMeasure {
  /** How many percent of its endpoints a priority may lose before its requests overflow is this, less 100. Default 140. */
  readonly overprovisioningFactor: number
  /** Whether health is counted in weights instead of endpoints. */
  readonly weightedHealth: boolean
}

/** How well a priority is. */
export interface PriorityHealth {
  /** How many endpoints it has, whatever their health. */
  readonly size: number
  /** How many of them count where health is a share of endpoints. */
  readonly counted: number
  /** How many of them are healthy or degraded. */
  readonly available: number
  /** What its healthy endpoints can take, in percent of the requests, 100 at most. */
  readonly healthy: number
  /** What its degraded endpoints can take, in percent of the requests, 100 at most. */
  readonly degraded: number
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
 * @param priorities - The priorities, highest first.
 * @param panicThreshold - In percent; 0 for no panic.
 */
export function priorityLoads(priorities: readonly PriorityHealth[], panicThreshold: number): PriorityLoads {
  const available = availability(priorities.map(healthyOf), priorities.map(degradedOf))
  const panic = priorities.map((priority) => available.total < 100 && inPanic(priority, panicThreshold))
  if (priorities.length > 0 && panic.every(Boolean)) return { ...totalPanic(priorities), panic }
  // Nothing is available and there is no panic: the first priority takes the requests, and finds nobody for them.
  return { ...(distribute(available) ?? onlyFirst(priorities.length)), panic }
}

/**
 * Divides the requests of a retry, which avoids priorities that earlier attempts of the call went to. Where nothing is available
 * without them, they are not avoided (Envoy, `previous_priorities`).
 *
 * @param priorities - The priorities, highest first.
 * @param loads - How first attempts are divided.
 * @param avoided - Whether a priority is to be avoided.
 */
export function retryLoads(
  priorities: readonly PriorityHealth[],
  loads: PriorityLoads,
  avoided: (priority: number) => boolean,
): PriorityLoads {
  const without = (share: number, priority: number): number => (avoided(priority) ? 0 : share)
  const left = availability(priorities.map(healthyOf).map(without), priorities.map(degradedOf).map(without))
  const rest = distribute(left)
  return rest === undefined ? loads : { ...rest, panic: loads.panic }
}

/**
 * Chooses a priority by its load.
 *
 * @param loads - How the requests are divided.
 * @param draw - 0 to 99.
 * @returns the priority, counted on behind the last one where its degraded endpoints are meant; -1 when there is none.
 */
export function drawPriority({ healthy, degraded }: PriorityLoads, draw: number): number {
  let rest = draw
  for (let priority = 0; priority < healthy.length; priority++) {
    rest -= healthy[priority]!
    if (rest < 0) return priority
  }
  for (let priority = 0; priority < degraded.length; priority++) {
    rest -= degraded[priority]!
    if (rest < 0) return healthy.length + priority
  }
  return -1
}

/**
 * Measures the health of a priority.
 *
 * @param set - Its endpoints.
 * @param measure - How they are counted.
 */
export function priorityHealth(set: HostSet, measure: HealthMeasure): PriorityHealth {
  const { all, counted, healthy, degraded } = set
  return {
    size: all.length,
    counted: counted.length,
    available: healthy.length + degraded.length,
    healthy: shareOf(counted, healthy, measure),
    degraded: shareOf(counted, degraded, measure),
  }
}

function shareOf(
  counted: readonly WeightedEndpoint[],
  part: readonly WeightedEndpoint[],
  { overprovisioningFactor, weightedHealth }: HealthMeasure,
): number {
  const whole = weightedHealth ? weightOf(counted) : counted.length
  if (whole === 0) return 0
  const count = weightedHealth ? weightOf(part) : part.length
  return Math.min(100, Math.floor((overprovisioningFactor * count) / whole))
}

function healthyOf({ healthy }: PriorityHealth): number {
  return healthy
}

function degradedOf({ degraded }: PriorityHealth): number {
  return degraded
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

/**
 * Whether so few endpoints are available that health is not believed.
 *
 * @param health - How many of them count, and how many are healthy or degraded.
 * @param threshold - In percent; 0 for no panic.
 */
export function inPanic(health: Pick<PriorityHealth, 'counted' | 'available'>, threshold: number): boolean {
  const { counted, available } = health
  return (counted === 0 ? 0 : (100 * available) / counted) < threshold
}

/** Every priority is in panic: each takes its share of the endpoints. */
function totalPanic(priorities: readonly PriorityHealth[]): Omit<PriorityLoads, 'panic'> {
  const count = priorities.reduce((sum, { size }) => sum + size, 0)
  if (count === 0) return onlyFirst(priorities.length)
  const healthy = priorities.map(({ size }) => Math.floor((100 * size) / count))
  healthy[priorities.findIndex(({ size }) => size > 0)]! += 100 - healthy.reduce(add, 0)
  return { healthy, degraded: priorities.map(() => 0) }
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
