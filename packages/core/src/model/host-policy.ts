import type { EndpointHealth } from './endpoint.js'
import type { SubsetConfig } from './subset-config.js'

/** New endpoints get a growing share (envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig). */
export interface SlowStart {
  /** How long an endpoint warms up, in milliseconds, more than 0. */
  readonly windowMs: number
  /** Shape of the growth, more than 0: 1 is a straight line (default), more is faster at first. */
  readonly aggression: number
  /** The share it begins with, in percent of its weight, 0 to 100. Default 10. */
  readonly minWeightPercent: number
}

/**
 * How localities of one priority share its requests: `together` looks at endpoints only, `weighted` gives each locality its weight first, scaled down as it loses endpoints (Envoy, "Locality weighted load balancing").
 */
export type LocalityBalancing = 'together' | 'weighted'

/**
 * How requests are kept in the caller's own zone, where the mesh knows the cluster that it is part of (Envoy, "Zone aware routing").
 */
export interface ZoneAwareness {
  /** Share of the requests that it is done for, in whole percent. Default 100. */
  readonly routingPercent: number
  /** Fewest healthy endpoints of the first priority that it is done for. Default 6. */
  readonly minClusterSize: number
  /**
   * With so many healthy endpoints in the own zone or more, all requests stay there, whatever share of the callers is there. Absent: as many
   * stay as the zone's share of the endpoints is good for.
   */
  readonly forceLocalMinSize?: number
  /** Whether shares are those of numbers of healthy endpoints (default) or of their weights. */
  readonly basis: 'count' | 'weight'
}

/** What holds where a cluster does not say: a mesh that knows its own cluster is aware of zones. */
export const DEFAULT_ZONE_AWARENESS: ZoneAwareness = Object.freeze({
  routingPercent: 100,
  minClusterSize: 6,
  basis: 'count',
})

/** Which endpoints of a cluster a request may go to, before the policy chooses among them. */
export interface HostPolicy {
  /**
   * A priority with a smaller share of available endpoints, in percent, sends to all of them: health is then not believed (Envoy, "Panic
   * threshold"). 0 turns it off. gRPC does not read it. Default 50.
   */
  readonly panicThreshold: number
  /** In panic requests fail instead (`fail_traffic_on_panic`). gRPC does not read it. */
  readonly failOnPanic: boolean
  /** How localities share requests, for HTTP. */
  readonly localities: LocalityBalancing
  /** How requests are kept in the own zone, unless localities have weights. gRPC does not read it. Default {@link DEFAULT_ZONE_AWARENESS}. */
  readonly zoneAwareness?: ZoneAwareness
  /** Whether localities share requests by their weights for gRPC: they do unless the policy is typed and not within wrr_locality (gRFC A52). */
  readonly grpcLocalityWeights: boolean
  /** Absent: a new endpoint takes its whole share at once. gRPC does not read it. */
  readonly slowStart?: SlowStart
  /**
   * Of which health an endpoint may be that a session is pinned to (`override_host_status`); by naming `draining` here sessions outlive the
   * time in which an endpoint takes new requests. Default healthy, for HTTP degraded too.
   */
  readonly overrideStatuses?: readonly EndpointHealth[]
  /**
   * Headers that name the endpoint to use, lower case: `host:port`, several with commas for the attempts in turn. Absent: none (Envoy, "Override
   * host"). gRPC does not read it.
   */
  readonly overrideHeaders?: readonly string[]
  /** Absent: the endpoints are not divided by their metadata. gRPC does not read it. */
  readonly subsets?: SubsetConfig
}

/** What holds where a cluster does not say. */
export const DEFAULT_HOST_POLICY: HostPolicy = Object.freeze({
  panicThreshold: 50,
  failOnPanic: false,
  localities: 'together',
  grpcLocalityWeights: true,
})
