import type { Carrier, Clock, Endpoint, RequestPriority } from '@inmesh/core'
import { EndpointPool } from './endpoint-pool.js'

/** The pools of one endpoint. */
export type EndpointPools = { [priority in RequestPriority]?: EndpointPool }

/**
 * Carries HTTP over undici: one pool of connections for each endpoint and priority, made when a request first goes there. Plaintext
 * HTTP/1.1 in this version.
 */
export class HttpCarrier implements Carrier {
  readonly view = 'http'
  readonly connects = 'on-demand'
  readonly #pools = new Set<EndpointPool>()
  #closed = false

  /** Never called: connections are made when requests need them. */
  connect(): void {}

  removed(endpoint: Endpoint): void {
    this.release(endpoint)
  }

  release(endpoint: Endpoint): void {
    const pools = endpoint.httpConnections as EndpointPools | undefined
    endpoint.httpConnections = undefined
    for (const pool of Object.values(pools ?? {})) void pool.close().then(() => this.#pools.delete(pool))
  }

  /**
   * The pool for requests of a priority to an endpoint, made where there is none.
   *
   * @param endpoint - Where it connects to; one that a pick gave.
   * @param priority - Whose limits its connections count against.
   * @param authority - What requests over it are addressed to as a rule.
   * @param clock - Tells how old connections are.
   * @returns undefined when the carrier is closed.
   * @internal
   */
  pool(endpoint: Endpoint, priority: RequestPriority, authority: string, clock: Clock): EndpointPool | undefined {
    const pools = endpoint.httpConnections as EndpointPools | undefined
    return pools?.[priority] ?? this.#open({ endpoint, cluster: endpoint.owner!, priority, authority, clock })
  }

  /** Closes every connection as soon as its request has ended; no pool can be made afterwards. */
  async close(): Promise<void> {
    this.#closed = true
    const pools = [...this.#pools]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.close()))
  }

  /**
   * Closes every connection at once.
   *
   * @param error - What requests in flight fail with.
   */
  async destroy(error: Error): Promise<void> {
    this.#closed = true
    const pools = [...this.#pools]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy(error)))
  }

  #open(options: ConstructorParameters<typeof EndpointPool>[0]): EndpointPool | undefined {
    if (this.#closed) return undefined
    const pool = new EndpointPool(options)
    const { endpoint, priority } = options
    const pools = (endpoint.httpConnections ?? {}) as EndpointPools
    pools[priority] = pool
    endpoint.httpConnections = pools
    this.#pools.add(pool)
    return pool
  }
}
