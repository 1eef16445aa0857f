import type { CircuitBreakerThresholds } from '../model/cluster.js'

/** Envoy's limits where nothing is configured (CircuitBreakers.Thresholds); gRFC A32 has the same for requests. */
const DEFAULT_LIMIT = 1024

/** Of a cluster that says nothing. */
const DEFAULT_THRESHOLDS: CircuitBreakerThresholds = Object.freeze({
  maxRequests: DEFAULT_LIMIT,
  maxRetries: 3,
  retryBudget: { percent: 20, minConcurrency: 3 },
})

/** What is left of each limit; `Infinity` never occurs, as every limit has a value. */
export interface RemainingCapacity {
  /** Connections. */
  readonly connections: number
  /** Requests that may wait for a connection. */
  readonly pending: number
  /** Requests. */
  readonly requests: number
  /** Retries. */
  readonly retries: number
}

/**
 * What is in use of a cluster, for requests of one priority, and what may be (Envoy, "Circuit breaking"). The sums are those of the whole
 * mesh, over all carriers and endpoints. Lowering a limit ends nothing that is under way.
 */
export class CircuitBreaker {
  /** Connections that carriers have or are making. */
  connections = 0
  /** Requests that have an endpoint and wait for a connection. */
  pending = 0
  /** Requests that have a connection. */
  requests = 0
  /** Retries decided on and not ended. */
  retries = 0
  /** Retries that the budget or limit did not leave room for, since the cluster exists. */
  retryOverflows = 0
  #thresholds: CircuitBreakerThresholds

  /**
   * @param thresholds - The limits. Default those of a cluster that says nothing.
   */
  constructor(thresholds = DEFAULT_THRESHOLDS) {
    this.#thresholds = thresholds
  }

  /** Takes over other limits. */
  configure(thresholds = DEFAULT_THRESHOLDS): void {
    this.#thresholds = thresholds
  }

  /** Counts an attempt in, which has a connection or waits for one. */
  started(connected: boolean): void {
    if (connected) this.requests++
    else this.pending++
  }

  /** An attempt that waited has a connection. */
  connected(): void {
    this.pending--
    this.requests++
  }

  /** Counts an attempt out. */
  ended(connected: boolean): void {
    if (connected) this.requests--
    else this.pending--
  }

  /**
   * Whether one more connection may be made. An endpoint that has none gets one in any case, or requests that wait for it would never be
   * served (Envoy, "Circuit breaking").
   *
   * @param ofEndpoint - Connections that the endpoint has, for this priority.
   */
  mayConnect(ofEndpoint: number): boolean {
    if (ofEndpoint === 0) return true
    const { maxConnections = DEFAULT_LIMIT, maxConnectionsPerEndpoint } = this.#thresholds
    if (maxConnectionsPerEndpoint !== undefined && ofEndpoint >= maxConnectionsPerEndpoint) return false
    return this.connections < maxConnections
  }

  /** Whether one more request may wait for a connection. */
  get mayWait(): boolean {
    return this.pending < (this.#thresholds.maxPendingRequests ?? DEFAULT_LIMIT)
  }

  /** Whether one more request may use a connection. */
  get mayRequest(): boolean {
    return this.requests < this.#thresholds.maxRequests
  }

  /** Whether one more retry may be made, by the budget where there is one. */
  get mayRetry(): boolean {
    return this.retries < this.#maxRetries
  }

  /** What is left of each limit. */
  get remaining(): RemainingCapacity {
    const { maxConnections = DEFAULT_LIMIT, maxPendingRequests = DEFAULT_LIMIT, maxRequests } = this.#thresholds
    return {
      connections: Math.max(0, maxConnections - this.connections),
      pending: Math.max(0, maxPendingRequests - this.pending),
      requests: Math.max(0, maxRequests - this.requests),
      retries: Math.max(0, this.#maxRetries - this.retries),
    }
  }

  get #maxRetries(): number {
    const { retryBudget, maxRetries } = this.#thresholds
    if (retryBudget === undefined) return maxRetries
    const share = Math.floor(((this.requests + this.pending) * retryBudget.percent) / 100)
    return Math.max(retryBudget.minConcurrency, share)
  }
}
