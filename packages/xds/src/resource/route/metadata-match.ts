import type { SubsetMetadata } from '@inmesh/core'
import type { Metadata } from '@inmesh/xds-proto'

/** Envoy matches subsets by this namespace and leaves the others to filters. */
const NAMESPACE = 'envoy.lb'

/**
 * Translates what a route asks of endpoints' metadata.
 *
 * @param metadata - The metadata to match.
 * @returns nothing to add where it asks nothing.
 */
export function translateMetadataMatch(metadata: Metadata | undefined): { readonly metadataMatch?: SubsetMetadata } {
  const metadataMatch = metadata?.filterMetadata.get(NAMESPACE) as SubsetMetadata | undefined
  return metadataMatch === undefined ? {} : { metadataMatch }
}
