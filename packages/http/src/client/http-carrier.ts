import type { Carrier, Cluster, Endpoint } from '@inmesh/core'
import { EndpointPool } from './endpoint-pool.js'

/**
 * Carries HTTP over undici: one pool of connections for each endpoint, made when a request first goes there. Plaintext HTTP/1.1 in this
 * version.
 */
export class HttpCarrier implements Carrier {
  readonly view = 'http'
  readonly connects = 'on-demand'
  readonly #pools = new Set<EndpointPool>()
  #closed = false

  /** Whether no pool can be made any more. */
  get closed(): boolean {
    return this.#closed
  }

  /** Never called: connections are made when requests need them. */
  connect(): void {}

  removed(endpoint: Endpoint): void {
    this.release(endpoint)
  }

  release(endpoint: Endpoint): void {
    const pool = endpoint.connections.http as EndpointPool | undefined
    if (pool === undefined) return
    endpoint.connections.http = undefined
    void pool.close().then(() => this.#pools.delete(pool))
  }

  /**
   * Makes the pool of an endpoint that has none.
   *
   * @param endpoint - Where it connects to.
   * @param cluster - The endpoint's cluster.
   * @param authority - What requests over it are addressed to as a rule.
   */
  open(endpoint: Endpoint, cluster: Cluster, authority: string): EndpointPool {
    const pool = new EndpointPool(endpoint, cluster, authority)
    endpoint.connections.http = pool
    this.#pools.add(pool)
    return pool
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
}
