import type { JsonValue } from '../model/endpoint.js'
import type { SubsetMetadata } from '../model/subset-config.js'

/** A name and the value that it must have. */
export type SubsetCriterion = readonly [name: string, value: JsonValue]

/** What a route asks of endpoints, made ready for picks. */
export interface SubsetMatch {
  /** The same for equal criteria: what subsets are found by. */
  readonly key: string
  /** Sorted by name. */
  readonly criteria: readonly SubsetCriterion[]
}

/**
 * Joins what routes ask of endpoints.
 *
 * @param layers - The general first: a later layer replaces what an earlier one asks under the same name (Envoy,
 * `ClusterWeight.metadata_match`).
 * @returns undefined when nothing is asked.
 */
export function subsetMatch(...layers: readonly (SubsetMetadata | undefined)[]): SubsetMatch | undefined {
  const joined = new Map<string, JsonValue>()
  for (const layer of layers) for (const [name, value] of Object.entries(layer ?? {})) joined.set(name, value)
  if (joined.size === 0) return undefined
  const criteria = [...joined].sort(([left], [right]) => (left < right ? -1 : 1))
  return { key: subsetKey(criteria), criteria }
}

/**
 * @param criteria - Sorted by name.
 * @returns the same text for the same criteria, and for those only.
 */
export function subsetKey(criteria: readonly SubsetCriterion[]): string {
  return JSON.stringify(criteria, sortedFields)
}

function sortedFields(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}
