import type { ClusterChoice, WeightedCluster } from '@inmesh/core'
import type { WeightedCluster_ClusterWeight, WeightedCluster as WeightedClusters } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import { checkHeaderText } from '../field/header-text.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateFilterOverrides } from '../filter/filter-overrides.js'
import { translateHeaderLevel } from './header-operations.js'
import { translateMetadataMatch } from './metadata-match.js'

const MAX_TOTAL_WEIGHT = 0xffff_ffff

const FIELDS = new FieldTreatments<WeightedClusters>({
  clusters: CARRIED,
  // gRFC A28 still has it; Envoy and every client have stopped to compare it with the sum.
  totalWeight: MOOT,
  runtimeKeyPrefix: leftOut('there is no runtime to look weights up in; the weights given apply'),
  randomValueSpecifier: CARRIED,
})

const ENTRY_FIELDS = new FieldTreatments<WeightedCluster_ClusterWeight>({
  name: CARRIED,
  clusterHeader: CARRIED,
  weight: CARRIED,
  typedPerFilterConfig: CARRIED,
  metadataMatch: CARRIED,
  requestHeadersToAdd: CARRIED,
  requestHeadersToRemove: CARRIED,
  responseHeadersToAdd: CARRIED,
  responseHeadersToRemove: CARRIED,
  hostRewriteSpecifier: CARRIED,
})

/**
 * Translates a split by weight. Entries of weight 0 are left out.
 *
 * @param scope - Where the split stands.
 * @param split - The split.
 * @param refusals - Refusals of the route: it is one unit, an entry that cannot be used refuses it whole.
 * @returns undefined when the split is malformed, which is reported.
 */
export function translateWeightedClusters(
  scope: FieldScope,
  split: WeightedClusters,
  refusals: ViewReasons,
): readonly WeightedCluster[] | undefined {
  FIELDS.apply(scope, split, refusals)
  const clusters: WeightedCluster[] = []
  let total = 0
  for (const [index, entry] of split.clusters.entries()) {
    const place = scope.at('clusters', index)
    ENTRY_FIELDS.apply(place, entry, refusals)
    const filterOverrides = translateFilterOverrides(place, entry.typedPerFilterConfig, refusals)
    const headers = translateHeaderLevel(place, entry, refusals)
    const hostRewrite = entry.hostRewriteSpecifier?.value ?? ''
    checkHeaderText(place.at('host_rewrite_literal'), hostRewrite)
    const cluster = translateCluster(place, entry, refusals)
    const weight = entry.weight ?? 0
    total += weight
    if (weight > 0 && cluster !== undefined) {
      clusters.push({
        ...cluster,
        weight,
        ...headers,
        ...(hostRewrite !== '' && { hostRewrite }),
        filterOverrides,
        ...translateMetadataMatch(entry.metadataMatch),
      })
    }
  }
  if (total > 0 && total <= MAX_TOTAL_WEIGHT) return clusters
  scope
    .at('clusters')
    .malformed(total === 0 ? 'the weights are 0 in sum' : 'the weights are more than 4294967295 in sum')
  return undefined
}

/** gRPC reads the name only, and wants it (gRFC A28). */
function translateCluster(
  scope: FieldScope,
  { name, clusterHeader }: WeightedCluster_ClusterWeight,
  refusals: ViewReasons,
): Pick<WeightedCluster, 'name' | 'clusterHeader'> | undefined {
  if (clusterHeader === '') {
    if (name !== '') return { name }
    scope.at('name').malformed('the name is missing')
    return undefined
  }
  const place = scope.at('cluster_header')
  if (name !== '') {
    refusals.add(place, 'only one of name and cluster_header may be given', ['http'])
    return { name }
  }
  refusals.add(place, 'gRPC does not choose clusters by a header', ['grpc'])
  return { name: '', clusterHeader: clusterHeader.toLowerCase() }
}

/**
 * What chooses among the entries in place of chance. gRPC does not read it.
 *
 * @param scope - Where the split stands.
 * @param split - The split.
 */
export function translateClusterChoice(scope: FieldScope, split: WeightedClusters): ClusterChoice | undefined {
  const specifier = split.randomValueSpecifier
  if (specifier?.$case === 'useHashPolicy') return specifier.value ? { kind: 'hash' } : undefined
  if (specifier?.$case !== 'headerName') return undefined
  if (specifier.value !== '') return { kind: 'header', name: specifier.value.toLowerCase() }
  scope.at('header_name').malformed('the name is missing')
  return undefined
}
