import type { Cluster, Endpoint } from '@inmesh/core'
import { buildConnector, Pool } from 'undici'

/** Envoy's Cluster.connect_timeout, for a cluster that lost its configuration while a request was on its way. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5000

/** The mesh keeps the limits of requests itself; undici would end a response after five minutes whatever the routes say. */
const NO_LIMITS = { headersTimeout: 0, bodyTimeout: 0 }

type Connector = buildConnector.connector

/**
 * The connections to one endpoint. To undici the pool's origin is the authority that callers use, so that the right `host` header costs
 * nothing; only the connector knows the endpoint's address.
 */
export class EndpointPool {
  /** Authority that requests carry unless they name another in a `host` header. */
  readonly authority: string
  /** The connections. */
  readonly pool: Pool
  readonly #host: string
  readonly #port: string
  readonly #cluster: Cluster
  #connector: Connector | undefined
  #connectTimeoutMs = 0

  /**
   * @param endpoint - Where to connect.
   * @param cluster - Its cluster, asked for the limit of each new connection.
   * @param authority - Host and, where it is not 80, port.
   */
  constructor(endpoint: Endpoint, cluster: Cluster, authority: string) {
    const { host, port } = endpoint
    this.authority = authority
    this.#host = host.startsWith('[') ? host.slice(1, -1) : host
    this.#port = String(port)
    this.#cluster = cluster
    this.pool = new Pool(`http://${authority}`, { connect: this.#connect, pipelining: 1, ...NO_LIMITS })
  }

  /** Takes no new request, lets those in flight end, and closes. */
  async close(): Promise<void> {
    // A pool that is closed or destroyed already rejects, and there is nothing left to do.
    await this.pool.close().catch(ignore)
  }

  /**
   * Closes at once.
   *
   * @param error - What requests in flight fail with.
   */
  async destroy(error: Error): Promise<void> {
    await this.pool.destroy(error).catch(ignore)
  }

  readonly #connect: Connector = (options, callback) => {
    const timeoutMs = this.#cluster.config?.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
    if (this.#connector === undefined || timeoutMs !== this.#connectTimeoutMs) {
      this.#connector = buildConnector({ timeout: timeoutMs })
      this.#connectTimeoutMs = timeoutMs
    }
    this.#connector(
      { ...options, protocol: 'http:', hostname: this.#host, host: this.#host, port: this.#port },
      callback,
    )
  }
}

function ignore(): void {}
