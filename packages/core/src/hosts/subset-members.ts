import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { Endpoint } from '../cluster/endpoint.js'
import { sameValue } from '../collections/same-value.js'
import { balancingMetadata, type JsonValue } from '../model/endpoint.js'
import type { SubsetConfig, SubsetMetadata, SubsetSelector } from '../model/subset-config.js'
import type { LocalityMembers } from './host-set.js'
import { type SubsetCriterion, subsetKey } from './subset-match.js'

/** The endpoints of each priority, by locality. */
export type Members = readonly (readonly LocalityMembers[])[]

/** One subset. */
export interface SubsetMembers {
  /** Only the first endpoint counts. */
  readonly singleHost: boolean
  /** Its endpoints. */
  readonly endpoints: Set<Endpoint>
}

/**
 * Divides endpoints into subsets.
 *
 * @param members - All endpoints.
 * @param config - By what they are divided.
 * @returns the subsets that have an endpoint, by the key of what a request asks for. Where two selectors have the same names the first
 * counts.
 */
export function divide(members: Members, config: SubsetConfig): ReadonlyMap<string, SubsetMembers> {
  const subsets = new Map<string, SubsetMembers>()
  for (const localities of members) {
    for (const locality of localities) {
      for (const { endpoint } of locality.members) {
        const metadata = balancingMetadata(endpoint.config)
        if (metadata === undefined) continue
        for (const selector of config.selectors) addTo(subsets, endpoint, metadata, selector, config.listAsAny)
      }
    }
  }
  return subsets
}

/**
 * Keeps the endpoints of a subset.
 *
 * @param members - All endpoints.
 * @param wanted - Which of them are in the subset.
 * @param scaleWeights - Whether a locality's weight shrinks with its endpoints.
 */
export function filterMembers(
  members: Members,
  wanted: (host: WeightedEndpoint) => boolean,
  scaleWeights: boolean,
): Members {
  return members.map((localities) =>
    localities.map((locality): LocalityMembers => {
      const kept = locality.members.filter(wanted)
      if (!scaleWeights || locality.members.length === 0) return { ...locality, members: kept }
      const weight = Math.round((locality.weight * kept.length) / locality.members.length)
      return { ...locality, weight, members: kept }
    }),
  )
}

/** Whether an endpoint has all of some metadata. */
export function hasMetadata(endpoint: Endpoint, wanted: SubsetMetadata, listAsAny: boolean): boolean {
  const metadata = balancingMetadata(endpoint.config)
  return Object.entries(wanted).every(([name, value]) => {
    const found = metadata?.[name]
    if (found === undefined) return false
    return valuesOf(found, listAsAny).some((candidate) => sameValue(candidate, value))
  })
}

function addTo(
  subsets: Map<string, SubsetMembers>,
  endpoint: Endpoint,
  metadata: SubsetMetadata,
  { keys, singleHost }: SubsetSelector,
  listAsAny: boolean,
): void {
  for (const criteria of combinations(metadata, keys, listAsAny)) {
    const key = subsetKey(criteria)
    const subset = subsets.get(key) ?? { singleHost, endpoints: new Set() }
    subsets.set(key, subset)
    if (!subset.singleHost || subset.endpoints.size === 0) subset.endpoints.add(endpoint)
  }
}

/** What an endpoint answers to under some names: one combination of values, or several where lists stand for their elements. */
function combinations(
  metadata: SubsetMetadata,
  keys: readonly string[],
  listAsAny: boolean,
): readonly (readonly SubsetCriterion[])[] {
  let found: (readonly SubsetCriterion[])[] = [[]]
  for (const key of keys) {
    const value = metadata[key]
    if (value === undefined) return []
    const values = valuesOf(value, listAsAny)
    found = found.flatMap((criteria) =>
      values.map((candidate): readonly SubsetCriterion[] => [...criteria, [key, candidate]]),
    )
  }
  return found
}

function valuesOf(value: JsonValue, listAsAny: boolean): readonly JsonValue[] {
  return listAsAny && Array.isArray(value) ? (value as readonly JsonValue[]) : [value]
}
