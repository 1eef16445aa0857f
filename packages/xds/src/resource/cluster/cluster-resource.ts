import type { ClusterConfig } from '@inmesh/core'
import type { EndpointResource } from '../endpoint/endpoint-resource.js'

/** The endpoints are a resource of their own. */
export interface EdsDiscovery {
  /** Tag of the union. */
  readonly kind: 'eds'
  /** Name of that resource. */
  readonly serviceName: string
}

/** The cluster itself lists its endpoints. */
export interface InlineDiscovery {
  /** Tag of the union. */
  readonly kind: 'inline'
  /** The endpoints. */
  readonly endpoints: EndpointResource
}

/** The kind of cluster is not supported. Both views refuse it for the same reason. */
export interface NoDiscovery {
  /** Tag of the union. */
  readonly kind: 'none'
  /** What is not supported, a sentence without the final stop. */
  readonly reason: string
}

/** Where a cluster's endpoints come from. */
export type ClusterDiscovery = EdsDiscovery | InlineDiscovery | NoDiscovery

/** What a cluster (CDS) means. */
export interface ClusterResource {
  /** The cluster without its endpoints. */
  readonly config: ClusterConfig
  /** Where the endpoints are. */
  readonly discovery: ClusterDiscovery
}
