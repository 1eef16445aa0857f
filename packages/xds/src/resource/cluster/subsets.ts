import type { SubsetConfig, SubsetMetadata, SubsetSelector } from '@inmesh/core'
import {
  type Cluster_LbSubsetConfig,
  Cluster_LbSubsetConfig_LbSubsetFallbackPolicy as Fallback,
  Cluster_LbSubsetConfig_LbSubsetMetadataFallbackPolicy as MetadataFallback,
  Cluster_LbSubsetConfig_LbSubsetSelector_LbSubsetSelectorFallbackPolicy as SelectorFallback,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import type { ViewReasons } from '../field/view-reasons.js'

/** The two forms of the message differ in one field. */
export type Subsets = Cluster_LbSubsetConfig & { readonly allowRedundantKeys?: boolean }

const FALLBACKS: ReadonlyMap<number, SubsetConfig['fallback']> = new Map([
  [Fallback.NO_FALLBACK, 'none'],
  [Fallback.ANY_ENDPOINT, 'any'],
  [Fallback.DEFAULT_SUBSET, 'default'],
])

const SELECTOR_FALLBACKS: ReadonlyMap<number, SubsetSelector['fallback']> = new Map([
  [SelectorFallback.NOT_DEFINED, 'inherit'],
  [SelectorFallback.NO_FALLBACK, 'none'],
  [SelectorFallback.ANY_ENDPOINT, 'any'],
  [SelectorFallback.DEFAULT_SUBSET, 'default'],
  [SelectorFallback.KEYS_SUBSET, 'keys'],
])

/**
 * Translates how a cluster's endpoints are divided by their metadata. gRPC reads none of it, so what is malformed costs HTTP calls only.
 *
 * @param scope - Where the message stands.
 * @param message - The message, in its legacy or its typed form.
 * @param refusals - Refusals of the cluster.
 * @returns undefined when nothing is divided: there is no selector.
 */
export function translateSubsets(scope: FieldScope, message: Subsets, refusals: ViewReasons): SubsetConfig | undefined {
  const fallback = FALLBACKS.get(message.fallbackPolicy)
  if (fallback === undefined) refusals.add(scope.at('fallback_policy'), 'there is no such policy', ['http'])
  const selectors = message.subsetSelectors.flatMap((selector, index) =>
    translateSelector(scope.at('subset_selectors', index), selector, refusals),
  )
  if (selectors.length === 0) return undefined
  return {
    selectors,
    fallback: fallback ?? 'none',
    defaultSubset: (message.defaultSubset ?? {}) as SubsetMetadata,
    allowRedundantKeys: message.allowRedundantKeys ?? false,
    localityWeightAware: message.localityWeightAware,
    scaleLocalityWeight: message.scaleLocalityWeight,
    panicModeAny: message.panicModeAny,
    listAsAny: message.listAsAny,
    fallbackList: message.metadataFallbackPolicy === MetadataFallback.FALLBACK_LIST,
  }
}

function translateSelector(
  scope: FieldScope,
  selector: Subsets['subsetSelectors'][number],
  refusals: ViewReasons,
): readonly SubsetSelector[] {
  const fallback = SELECTOR_FALLBACKS.get(selector.fallbackPolicy)
  if (fallback === undefined) refusals.add(scope.at('fallback_policy'), 'there is no such policy', ['http'])
  const keys = [...new Set(selector.keys)].sort()
  const fallbackKeys = [...new Set(selector.fallbackKeysSubset)].sort()
  const fewer = fallbackKeys.length > 0 && fallbackKeys.length < keys.length
  if (fallback === 'keys' && !(fewer && fallbackKeys.every((key) => keys.includes(key)))) {
    refusals.add(scope.at('fallback_keys_subset'), 'must be some of the keys, and not all of them', ['http'])
    return []
  }
  // Envoy finds no endpoint by a selector without names, and no fault with it.
  if (keys.length === 0) return []
  return [{ keys, singleHost: selector.singleHostPerSubset, fallback: fallback ?? 'inherit', fallbackKeys }]
}
