import type { EndpointConfig, JsonValue } from '@inmesh/core'
import type { Metadata } from '@inmesh/xds-proto'

/** Most endpoints of a plain control plane have none. */
export const NO_METADATA: EndpointConfig['metadata'] = Object.freeze({})

/**
 * Translates an endpoint's metadata. The generated codec has turned each Struct into plain JSON values.
 *
 * @param metadata - The metadata.
 */
export function translateMetadata(metadata: Metadata | undefined): EndpointConfig['metadata'] {
  if (metadata === undefined || metadata.filterMetadata.size === 0) return NO_METADATA
  const namespaces: { [namespace: string]: JsonValue } = {}
  for (const [namespace, value] of metadata.filterMetadata) {
    // Assigning to this name would set the prototype; nobody's filter is called that.
    if (namespace !== '__proto__') namespaces[namespace] = (value ?? {}) as JsonValue
  }
  return namespaces
}
