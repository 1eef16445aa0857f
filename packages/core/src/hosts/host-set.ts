import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { EndpointAssignment, Locality } from '../model/endpoint.js'

/** The endpoints of one locality at one priority, whatever their health. */
export interface LocalityMembers {
  /** Tells localities apart. */
  readonly key: string
  /** Where it is. */
  readonly locality: Locality
  /** Its share; 0 when the control plane gave none. */
  readonly weight: number
  /** The endpoints, in the order of the assignment. */
  readonly members: readonly WeightedEndpoint[]
}

/** The endpoints of one locality at one priority, by health. */
export interface LocalityHosts extends LocalityMembers {
  /** Endpoints that are in service. */
  readonly healthy: readonly WeightedEndpoint[]
  /** Endpoints that serve when there are too few others. */
  readonly degraded: readonly WeightedEndpoint[]
}

/**
 * The endpoints of one priority, by health. Draining endpoints are neither healthy nor degraded, as unhealthy ones: they count among all,
 * and so are picked in panic and only then (Envoy, "Load balancing: health").
 */
export interface HostSet {
  /** All endpoints. */
  readonly all: readonly WeightedEndpoint[]
  /** Endpoints that are in service. */
  readonly healthy: readonly WeightedEndpoint[]
  /** Endpoints that serve when there are too few others. */
  readonly degraded: readonly WeightedEndpoint[]
  /** The same by locality. */
  readonly localities: readonly LocalityHosts[]
}

/** A name for a locality, to tell it from others. */
export function localityKey({ region, zone, subZone }: Locality): string {
  return `${region}\n${zone}\n${subZone}`
}

/**
 * Sorts the endpoints of an assignment by priority and locality. A locality that is listed twice at one priority is one (Envoy).
 *
 * @param assignment - As the control plane sent it.
 * @param endpoints - The running endpoints by key.
 * @returns the localities of each priority, without gaps.
 */
export function membersByPriority(
  assignment: EndpointAssignment,
  endpoints: ReadonlyMap<string, Endpoint>,
): LocalityMembers[][] {
  const priorities: Map<string, LocalityMembers & { members: WeightedEndpoint[] }>[] = []
  for (const { locality, priority, weight, endpoints: configs } of assignment.localities) {
    while (priorities.length <= priority) priorities.push(new Map())
    const localities = priorities[priority]!
    const key = localityKey(locality)
    const members = localities.get(key)?.members ?? []
    for (const config of configs) {
      const endpoint = endpoints.get(config.key)
      if (endpoint !== undefined) members.push({ endpoint, weight: config.weight })
    }
    localities.set(key, { key, locality, weight, members })
  }
  return priorities.map((localities) => [...localities.values()])
}

/**
 * Sorts the endpoints of one priority by their health as it is now.
 *
 * @param localities - Its localities.
 */
export function hostSet(localities: readonly LocalityMembers[]): HostSet {
  const sorted = localities.map((locality): LocalityHosts => ({ ...locality, ...byHealth(locality.members) }))
  if (sorted.length === 1) return { ...sorted[0]!, all: sorted[0]!.members, localities: sorted }
  return {
    all: sorted.flatMap(({ members }) => members),
    healthy: sorted.flatMap(({ healthy }) => healthy),
    degraded: sorted.flatMap(({ degraded }) => degraded),
    localities: sorted,
  }
}

function byHealth(members: readonly WeightedEndpoint[]): Pick<LocalityHosts, 'healthy' | 'degraded'> {
  // The common case costs no list.
  if (members.every(({ endpoint }) => endpoint.health === 'healthy')) return { healthy: members, degraded: [] }
  return {
    healthy: members.filter(({ endpoint }) => endpoint.health === 'healthy'),
    degraded: members.filter(({ endpoint }) => endpoint.health === 'degraded'),
  }
}
