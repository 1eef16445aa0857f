import type { MeshError } from '../errors/mesh-error.js'
import type { EndpointAssignment } from './endpoint.js'
import type { HealthCheckConfig } from './health-check.js'
import type { HostPolicy } from './host-policy.js'
import type { LoadBalancingPolicy } from './load-balancing.js'
import type { OutlierDetectionConfig } from './outlier-detection.js'
import type { UpstreamProtocol } from './upstream-protocol.js'
import type { UpstreamTls } from './upstream-tls.js'
import type { Refusals } from './view.js'

/** Retries in flight as a share of the requests in flight. */
export interface RetryBudget {
  /** 0 to 100. Envoy's default is 20. */
  readonly percent: number
  /** Retries that are always allowed. Envoy's default is 3. */
  readonly minConcurrency: number
}

/**
 * Limits of a cluster for requests of one priority (envoy.config.cluster.v3.CircuitBreakers.Thresholds). Counted over the whole mesh
 * instance. Connections and waiting requests are limited where the carrier makes connections for requests (HTTP).
 */
export interface CircuitBreakerThresholds {
  /** Connections to all endpoints together. Default 1024 (Envoy). */
  readonly maxConnections?: number
  /** Connections to one endpoint (`per_host_thresholds`). Default no limit. */
  readonly maxConnectionsPerEndpoint?: number
  /** Requests that wait for a connection. Default 1024 (Envoy). */
  readonly maxPendingRequests?: number
  /** Requests that have a connection. 1024 where nothing is configured (gRFC A32 and Envoy). */
  readonly maxRequests: number
  /** Retries in flight, when there is no budget. 3 where nothing is configured (Envoy). */
  readonly maxRetries: number
  /** Takes the place of `maxRetries`. */
  readonly retryBudget?: RetryBudget
}

/** How the load of a cluster is to be reported to the control plane that balances over its callers (Envoy's load reporting service). */
export interface LoadReport {
  /** Name that the cluster's endpoints have (`service_name` of EDS), beside that of the cluster. */
  readonly serviceName: string
  /**
   * Names of what endpoints tell of their own load with their answers that is reported too, such as `cpu_utilization` or `named_metrics.*`
   * (`lrs_report_endpoint_metrics`, gRFC A85).
   */
  readonly metrics: readonly string[]
}

/** How long the connections of an HTTP carrier live, and the streams on them (envoy.config.core.v3.HttpProtocolOptions). */
export interface ConnectionOptions {
  /**
   * Closes a connection that had no request for so many milliseconds; 0 means never. Default 4 seconds for HTTP/1.1, less than what servers
   * keep as a rule, and 5 minutes for HTTP/2, whose servers say goodbye.
   */
  readonly idleTimeoutMs?: number
  /** Closes a connection after so many requests. Default no limit. */
  readonly maxRequests?: number
  /** Closes a connection that is so many milliseconds old, when it has no request. Default no limit. */
  readonly maxAgeMs?: number
  /** Ends an attempt that lasts so many milliseconds, its response included. Default no limit. */
  readonly maxStreamDurationMs?: number
}

/** A cluster as configured, without its endpoints. */
export interface ClusterConfig {
  /** Resource name. */
  readonly name: string
  /** How an endpoint is chosen. */
  readonly loadBalancing: LoadBalancingPolicy
  /** Which endpoints it is chosen from. Default `DEFAULT_HOST_POLICY`. */
  readonly hosts?: HostPolicy
  /** Limits for requests of priority DEFAULT, and for all gRPC calls. */
  readonly thresholds: CircuitBreakerThresholds
  /** Limits for requests of priority HIGH. Default: those of a cluster that says nothing. */
  readonly highPriorityThresholds?: CircuitBreakerThresholds
  /** How long connections live. */
  readonly connections?: ConnectionOptions
  /** Which HTTP is spoken to its endpoints. Default HTTP/1.1. gRPC calls always use HTTP/2. */
  readonly protocol?: UpstreamProtocol
  /** How connections to its endpoints are secured; absent for plaintext, over which `https:` calls have TLS of their own. */
  readonly tls?: UpstreamTls
  /** Which endpoints are taken out of service for failing; absent means none. */
  readonly outlierDetection?: OutlierDetectionConfig
  /** How endpoints are checked; absent means not at all. */
  readonly healthCheck?: HealthCheckConfig
  /** Limit for making a connection, in milliseconds. Default 5000 (Envoy). */
  readonly connectTimeoutMs: number
  /** How its load is reported. Default: it is not. */
  readonly loadReport?: LoadReport
  /** Views whose calls to this cluster fail with the reason. */
  readonly refused: Refusals
}

/** A cluster that can be used. */
export interface UsableCluster {
  /** Tag of the union. */
  readonly kind: 'resolved'
  /** The cluster. */
  readonly config: ClusterConfig
  /** Its endpoints; the list may be empty. */
  readonly endpoints: EndpointAssignment
}

/** A cluster that cannot be used. */
export interface FailedCluster {
  /** Tag of the union. */
  readonly kind: 'failed'
  /** Why. */
  readonly error: MeshError
}

/**
 * A cluster that stands for others. For HTTP their priorities are one list, those of the first cluster, then those of the second, and so on,
 * which shares the requests as the priorities of a single cluster do (Envoy, "Aggregate cluster"); for gRPC each cluster is a priority of its
 * own, all or nothing (gRFC A37, A75). Policy, limits, drops and health are each leaf's own (gRFC A75); what is in flight, and what was found
 * out about its endpoints, a leaf shares with whoever else uses it by name.
 */
export interface AggregateCluster {
  /** Tag of the union. */
  readonly kind: 'aggregate'
  /** Of the aggregate itself only name, refusals, the limits of retries and, for HTTP, the threshold of panic count. */
  readonly config: ClusterConfig
  /** The clusters, first to be tried first; at least one, each once. */
  readonly leaves: readonly UsableCluster[]
}

/**
 * A cluster without endpoints of its own: a request goes to the `host:port` that it was meant for (Envoy, "Original destination"; Istio's
 * PassthroughCluster). Limits and ejections are the cluster's, as for any other.
 */
export interface OriginalDestinationCluster {
  /** Tag of the union. */
  readonly kind: 'original-destination'
  /** The cluster. */
  readonly config: ClusterConfig
  /** A destination that no request went to for this time is forgotten, in milliseconds. Default 5000 (Envoy). */
  readonly cleanupMs: number
}

/** A cluster with its endpoints. Errors of one cluster stay with it: its siblings go on (gRFC A74). */
export type ResolvedCluster = UsableCluster | AggregateCluster | OriginalDestinationCluster | FailedCluster
