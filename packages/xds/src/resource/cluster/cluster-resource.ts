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

/** Which addresses of a name are used (Envoy, Cluster.DnsLookupFamily). `auto` is IPv6 before IPv4. */
export type DnsLookupFamily = 'auto' | 'ipv4-only' | 'ipv6-only' | 'ipv4-preferred' | 'all'

/** How long is waited after lookups that failed (Envoy, Cluster.dns_failure_refresh_rate). Doubles with each failure in a row. */
export interface DnsFailureRefresh {
  /** The first wait in milliseconds. */
  readonly baseMs: number
  /** The longest wait in milliseconds; at least `baseMs`. Default 10 times that, where only the first is given. */
  readonly maxMs: number
}

/** How names are looked up, all times in milliseconds. */
export interface DnsSettings {
  /** Which addresses are used. Default `auto`. */
  readonly family: DnsLookupFamily
  /** How often a name is looked up. Default 5000. */
  readonly refreshMs: number
  /** Added to each wait at random, up to this. Default 0. */
  readonly jitterMs: number
  /** Whether the answer's time to live takes the place of `refreshMs`. */
  readonly respectTtl: boolean
  /** How long is waited after failures. Default `refreshMs` each time. */
  readonly failureRefresh: DnsFailureRefresh
}

/** The endpoints are what DNS says of names. */
export interface DnsDiscovery {
  /** Tag of the union. */
  readonly kind: 'dns'
  /**
   * Whether all addresses of the one name are one endpoint, which goes on when they change (LOGICAL_DNS); else each is an endpoint of its
   * own (STRICT_DNS).
   */
  readonly logical: boolean
  /** The endpoints, with names or IP literals for hosts. */
  readonly endpoints: EndpointResource
  /** How names are looked up. */
  readonly settings: DnsSettings
}

/** The cluster stands for others, tried in order. */
export interface AggregateDiscovery {
  /** Tag of the union. */
  readonly kind: 'aggregate'
  /** Their names; at least one. */
  readonly clusters: readonly string[]
}

/** A request goes where it would have gone without the mesh. */
export interface OriginalDestinationDiscovery {
  /** Tag of the union. */
  readonly kind: 'original-destination'
  /** A destination that was not used for this time is forgotten, in milliseconds. */
  readonly cleanupMs: number
}

/** The kind of cluster is not supported. Both views refuse it for the same reason. */
export interface NoDiscovery {
  /** Tag of the union. */
  readonly kind: 'none'
  /** What is not supported, a sentence without the final stop. */
  readonly reason: string
}

/** Where a cluster's endpoints come from. */
export type ClusterDiscovery =
  | EdsDiscovery
  | InlineDiscovery
  | DnsDiscovery
  | AggregateDiscovery
  | OriginalDestinationDiscovery
  | NoDiscovery

/** What a cluster (CDS) means. */
export interface ClusterResource {
  /** The cluster without its endpoints. */
  readonly config: ClusterConfig
  /** Where the endpoints are. */
  readonly discovery: ClusterDiscovery
}
