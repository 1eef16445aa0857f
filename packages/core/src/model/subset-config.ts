import type { JsonValue } from './endpoint.js'

/** Metadata by name, within the namespace `envoy.lb`. */
export type SubsetMetadata = { readonly [name: string]: JsonValue }

/** Endpoints with equal values under a set of names are a subset. */
export interface SubsetSelector {
  /** The names, sorted. Never empty. */
  readonly keys: readonly string[]
  /** Each subset is the first endpoint that has its values, whatever its health. */
  readonly singleHost: boolean
  /**
   * Where requests go that ask for a subset of these names and find none: `inherit` what the cluster says, `none` they fail, `any` endpoint,
   * the `default` subset, or what they ask for by fewer `keys`.
   */
  readonly fallback: 'inherit' | 'none' | 'any' | 'default' | 'keys'
  /** For `keys`: the names that still count. */
  readonly fallbackKeys: readonly string[]
}

/** Division of a cluster's endpoints by their metadata (envoy.config.cluster.v3.Cluster.LbSubsetConfig). HTTP only. */
export interface SubsetConfig {
  /** By which names there are subsets. */
  readonly selectors: readonly SubsetSelector[]
  /** Where requests go that find no subset, or ask for none: nowhere, any endpoint, or the default subset. */
  readonly fallback: 'none' | 'any' | 'default'
  /** What endpoints of the default subset have; empty means all. */
  readonly defaultSubset: SubsetMetadata
  /** Names that a request asks for beyond those of a selector do not count. */
  readonly allowRedundantKeys: boolean
  /** Localities share the requests of a subset by their weights, where they do in the cluster. */
  readonly localityWeightAware: boolean
  /** A locality's weight shrinks with the share of its endpoints that are in the subset. */
  readonly scaleLocalityWeight: boolean
  /** Where the fallback has no endpoint that can be used, any endpoint serves. */
  readonly panicModeAny: boolean
  /** A list among an endpoint's metadata stands for each of its elements. */
  readonly listAsAny: boolean
  /** `fallback_list` among what a request asks for holds replacements that are tried in order. */
  readonly fallbackList: boolean
}
