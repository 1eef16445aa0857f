import type { ClusterConfig } from '@inmesh/core'
import type { EndpointResource } from '../endpoint/endpoint-resource.js'

/** Where a cluster's endpoints come from. */
export type ClusterDiscovery =
  /** A resource of its own (EDS). */
  | { readonly kind: 'eds'; readonly serviceName: string }
  /** The cluster itself. */
  | { readonly kind: 'inline'; readonly endpoints: EndpointResource }
  /** Nowhere: the kind of cluster is not supported. Both views refuse it for the same reason. */
  | { readonly kind: 'none'; readonly reason: string }

/** What a cluster (CDS) means. */
export interface ClusterResource {
  /** The cluster without its endpoints. */
  readonly config: ClusterConfig
  /** Where the endpoints are. */
  readonly discovery: ClusterDiscovery
}
