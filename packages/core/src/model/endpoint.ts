/** A place that endpoints share (envoy.config.core.v3.Locality). Empty strings where unknown. */
export interface Locality {
  /** For example `eu-west-1`. */
  readonly region: string
  /** For example `eu-west-1b`. */
  readonly zone: string
  /** For example a rack. */
  readonly subZone: string
}

/** What the control plane says of an endpoint's health. Only `healthy` (which includes "unknown") takes new requests. */
export type EndpointHealth = 'healthy' | 'degraded' | 'draining' | 'unhealthy'

/** A JSON value, as filter metadata holds it. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** How one endpoint is checked, where it is not as its siblings (envoy.config.endpoint.v3.Endpoint.HealthCheckConfig). */
export interface EndpointHealthCheck {
  /** TCP port. Default that of the check, or the endpoint's own. */
  readonly port?: number
  /** What a `host` header says. Default what the check says. */
  readonly hostname?: string
  /** It is not checked, and counts as well. Default false. */
  readonly disabled?: boolean
}

/** One endpoint as configured. */
export interface EndpointConfig {
  /** `host:port`, an IPv6 host in brackets: what the endpoint's state is kept by. */
  readonly key: string
  /** IP literal, or host name where the cluster allows it. */
  readonly host: string
  /** TCP port. */
  readonly port: number
  /**
   * Further IP literals of the same port, tried when connecting to `host` fails or takes its time (gRFC A61; Envoy, "Happy Eyeballs").
   * Default none.
   */
  readonly additionalHosts?: readonly string[]
  /** Host name for health checks and the authority; empty when not given. */
  readonly hostname: string
  /** Authority of gRPC calls that are to have that of their endpoint (gRFC A81). Default the `hostname`. */
  readonly authority?: string
  /** Share of the requests relative to its siblings. At least 1. */
  readonly weight: number
  /** As told by the control plane. */
  readonly health: EndpointHealth
  /** How it is checked, where it differs. */
  readonly healthCheck?: EndpointHealthCheck
  /** Metadata by filter name, `envoy.transport_socket_match` for example. */
  readonly metadata: { readonly [namespace: string]: JsonValue }
}

/** The endpoints of one locality at one priority. */
export interface LocalityEndpoints {
  /** Where they are. */
  readonly locality: Locality
  /** 0 is the highest; without gaps within an assignment. */
  readonly priority: number
  /** Share of the requests relative to localities of the same priority; 0 when the control plane gave none. */
  readonly weight: number
  /** The endpoints; may be empty. */
  readonly endpoints: readonly EndpointConfig[]
}

/** A share of the requests that is dropped to relieve the cluster. */
export interface DropOverload {
  /** Name for load reports. */
  readonly category: string
  /** Parts of a million. */
  readonly perMillion: number
}

/** All endpoints of a cluster (envoy.config.endpoint.v3.ClusterLoadAssignment). */
export interface EndpointAssignment {
  /** Localities in the order given. Empty means that the cluster has no endpoints. */
  readonly localities: readonly LocalityEndpoints[]
  /** Dice thrown for each request before an endpoint is picked, each on its own. */
  readonly drops: readonly DropOverload[]
  /**
   * In percent: a priority or a locality keeps its whole share until it has lost more of its endpoints than this makes up for. gRPC does not
   * read it. Default 140.
   */
  readonly overprovisioningFactor?: number
  /** The health of a priority is counted in weights of endpoints instead of endpoints. gRPC does not read it. Default false. */
  readonly weightedPriorityHealth?: boolean
}

/**
 * The metadata by which load balancing tells endpoints apart: what stands under `envoy.lb` (Envoy, "Endpoint metadata").
 *
 * @param endpoint - The endpoint as configured.
 * @returns undefined when there is none.
 */
export function balancingMetadata(endpoint: EndpointConfig): { readonly [name: string]: JsonValue } | undefined {
  const metadata = endpoint.metadata['envoy.lb']
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return undefined
  return metadata as { readonly [name: string]: JsonValue }
}

/**
 * A name for a locality, to tell it from others.
 *
 * @param locality - The locality.
 */
export function localityKey({ region, zone, subZone }: Locality): string {
  return `${region}\n${zone}\n${subZone}`
}
