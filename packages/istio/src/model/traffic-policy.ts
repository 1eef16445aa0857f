/** What decides the endpoint under consistent hashing. */
export type HashKey =
  | { readonly kind: 'header'; readonly name: string }
  | {
      readonly kind: 'cookie'
      readonly name: string
      readonly path: string
      /** Life of a cookie that is made here, in milliseconds; absent when none is made. */
      readonly ttlMs?: number
      readonly attributes: readonly { readonly name: string; readonly value: string }[]
    }
  | { readonly kind: 'query-parameter'; readonly name: string }
  | { readonly kind: 'source-address' }

/** How an endpoint is chosen. */
export type BalancingMethod =
  | { readonly kind: 'round-robin' }
  | { readonly kind: 'least-request' }
  | { readonly kind: 'random' }
  | {
      readonly kind: 'consistent-hash'
      readonly key: HashKey
      readonly algorithm:
        | { readonly kind: 'ring-hash'; readonly minimumRingSize: number }
        | { readonly kind: 'maglev'; readonly tableSize?: number }
    }

/** How endpoints that are new are brought up to their share. */
export interface Warmup {
  /** How long it takes, in milliseconds. */
  readonly durationMs: number
  /** Share at the beginning, 0 to 100. Default 10. */
  readonly minimumPercent: number
  /** Shape of the growth: 1 is linear. */
  readonly aggression: number
}

/** Settings of `loadBalancer`. */
export interface LoadBalancerSettings {
  /** Default least request. */
  readonly method?: BalancingMethod
  /** Slow start. */
  readonly warmup?: Warmup
  /** Locality failover: on where the cluster has outlier detection, unless turned off. */
  readonly localityFailover: boolean
  /** Regions that stand in for each other, in place of any other region. */
  readonly failover: readonly { readonly from: string; readonly to: string }[]
}

/** Settings of `connectionPool`. Absent limits are none (Istio: 2^32-1). */
export interface ConnectionPoolSettings {
  /** Connections to all endpoints. */
  readonly maxConnections?: number
  /** Limit for making a connection, in milliseconds. */
  readonly connectTimeoutMs?: number
  /** Requests that wait for a connection. */
  readonly maxPendingRequests?: number
  /** Requests in flight. */
  readonly maxRequests?: number
  /** Retries in flight. */
  readonly maxRetries?: number
  /** Requests before a connection is closed; 0 for no limit. */
  readonly maxRequestsPerConnection?: number
  /** How long a connection without requests is kept, in milliseconds. */
  readonly idleTimeoutMs?: number
  /** Streams at a time on one HTTP/2 connection. */
  readonly maxConcurrentStreams?: number
  /** Whether HTTP/1.1 calls go out as HTTP/2. */
  readonly upgradeToHttp2?: boolean
}

/** Settings of `outlierDetection`. */
export interface OutlierDetectionSettings {
  /** 5xx in a row; 0 turns it off. */
  readonly consecutive5xxErrors?: number
  /** 502, 503, 504 in a row; 0 turns it off. */
  readonly consecutiveGatewayErrors?: number
  /** Failures to connect in a row, counted apart where `splitExternalLocalOriginErrors`. */
  readonly consecutiveLocalOriginFailures?: number
  /** Whether failures to connect are counted apart from bad answers. */
  readonly splitExternalLocalOriginErrors: boolean
  /** Time between sweeps, in milliseconds. */
  readonly intervalMs?: number
  /** How long the first ejection lasts, in milliseconds. */
  readonly baseEjectionTimeMs?: number
  /** 0 to 100. */
  readonly maxEjectionPercent?: number
  /** 0 to 100; below it every endpoint is used again. Default 0. */
  readonly minHealthPercent?: number
}

/** Retries in flight as a share of the requests in flight. */
export interface RetryBudget {
  /** 0 to 100. */
  readonly percent?: number
  /** Retries that are always allowed. */
  readonly minRetryConcurrency?: number
}

/** What a DestinationRule says of calls to a service, a port or a subset. */
export interface TrafficPolicy {
  /** `loadBalancer`. */
  readonly loadBalancer?: LoadBalancerSettings
  /** `connectionPool`. */
  readonly connectionPool?: ConnectionPoolSettings
  /** `outlierDetection`. */
  readonly outlierDetection?: OutlierDetectionSettings
  /** `retryBudget`. */
  readonly retryBudget?: RetryBudget
}

/** A policy with what it says of single ports. */
export interface PortedTrafficPolicy extends TrafficPolicy {
  /** Policies by port; each stands alone and inherits nothing from the one around it. */
  readonly ports: ReadonlyMap<number, TrafficPolicy>
}
