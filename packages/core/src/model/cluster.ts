import type { MeshError } from '../errors/mesh-error.js'
import type { EndpointAssignment } from './endpoint.js'
import type { Refusals } from './view.js'

/** How an endpoint is chosen, told apart by `kind`. Later policies add their own member here. */
export type LoadBalancingPolicy =
  | { readonly kind: 'round-robin' }
  | { readonly kind: 'random' }
  /** Draws `choiceCount` endpoints (2 to 10) and takes the one with the fewest requests in flight. */
  | { readonly kind: 'least-request'; readonly choiceCount: number }

/** Limits of a cluster (envoy.config.cluster.v3.CircuitBreakers.Thresholds of priority DEFAULT). Counted over the whole mesh instance. */
export interface CircuitBreakerThresholds {
  /** Requests in flight. Default 1024 (gRFC A32 and Envoy). */
  readonly maxRequests: number
  /** Retries in flight, when there is no budget. Default 3 (Envoy). */
  readonly maxRetries: number
  /** Retries in flight as a share of the requests in flight; takes the place of `maxRetries`. */
  readonly retryBudget?: {
    /** 0 to 100. Default 20. */
    readonly percent: number
    /** Retries that are always allowed. Default 3. */
    readonly minConcurrency: number
  }
}

/** A cluster as configured, without its endpoints. */
export interface ClusterConfig {
  /** Resource name. */
  readonly name: string
  /** How an endpoint is chosen. */
  readonly loadBalancing: LoadBalancingPolicy
  /** Limits. */
  readonly thresholds: CircuitBreakerThresholds
  /** Limit for making a connection, in milliseconds. Default 5000 (Envoy). */
  readonly connectTimeoutMs: number
  /** Views whose calls to this cluster fail with the reason. */
  readonly refused: Refusals
}

/** A cluster with its endpoints. Errors of one cluster stay with it: its siblings go on (gRFC A74). */
export type ResolvedCluster =
  | { readonly kind: 'resolved'; readonly config: ClusterConfig; readonly endpoints: EndpointAssignment }
  | { readonly kind: 'failed'; readonly error: MeshError }
