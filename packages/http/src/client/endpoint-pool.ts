import type { CircuitBreaker, EndpointOwner } from '@inmesh/core'
import type { buildConnector, Client, Dispatcher } from 'undici'
import type { Attempt } from './attempt.js'
import { type ConnectionOwner, idleOptions, PooledConnection } from './pooled-connection.js'
import { connectorOf } from './upstream-connector.js'
import type { UpstreamPool, UpstreamPoolOptions } from './upstream-pool.js'

/** The mesh keeps the limits of requests itself; undici would end a response after five minutes whatever the routes say. */
const NO_LIMITS = { headersTimeout: 0, bodyTimeout: 0 }

/** What TLS is told that is spoken (RFC 7301). */
const HTTP1: readonly string[] = ['http/1.1']

/**
 * The connections to one endpoint for requests of one priority, in HTTP/1.1. A request takes the connection that was used last; where none is free
 * one more is made, and where the cluster's limits allow none, it waits (Envoy, "Connection pooling").
 *
 * To undici the origin is the authority that callers use, so that the right `host` header costs nothing; only the connector knows the
 * endpoint's address.
 */
export class EndpointPool implements UpstreamPool, ConnectionOwner {
  readonly httpVersion = '1.1'
  readonly authority: string
  readonly #options: UpstreamPoolOptions
  readonly #cluster: EndpointOwner
  readonly #breaker: CircuitBreaker
  readonly #origin: string
  readonly #connections = new Set<PooledConnection>()
  readonly #free: PooledConnection[] = []
  /** In the order in which they came; made when one first has to wait. */
  #waiting: Map<Attempt, Dispatcher.DispatchOptions> | undefined
  readonly #connect: buildConnector.connector
  #closing = false

  /**
   * @param options - What the pool is made for.
   */
  constructor(options: UpstreamPoolOptions) {
    this.#options = options
    this.#cluster = options.cluster
    this.#breaker = options.cluster.breakers[options.priority]
    // To undici it is `http:` in any case: of the host that a request names it would make another name to verify.
    this.#origin = `http://${options.authority}`
    // What undici writes as `host`, which leaves port 80 out.
    this.authority = options.authority.endsWith(':80') ? options.authority.slice(0, -3) : options.authority
    this.#connect = options.connect ?? connectorOf(options, HTTP1)
  }

  get ready(): boolean {
    return this.#free.length > 0
  }

  /**
   * Sends a request, now or when there is a connection for it.
   *
   * @param options - The request.
   * @param attempt - Told of everything.
   */
  dispatch(options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    const connection = this.#free.pop()
    if (connection !== undefined) connection.send(options, attempt)
    else this.resend(options, attempt)
  }

  resend(options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    if (this.#mayConnect) {
      this.#open().send(options, attempt)
    } else {
      this.#waiting ??= new Map()
      this.#waiting.set(attempt, options)
      attempt.waiting(() => this.#waiting?.delete(attempt))
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    // Connections that requests wait for are closed when none waits any more.
    const closing = this.#waited ? this.#free.splice(0) : [...this.#connections]
    await Promise.all(closing.map((connection) => connection.close()))
  }

  async destroy(error: Error): Promise<void> {
    this.#closing = true
    this.#failWaiting(error)
    await Promise.all([...this.#connections].map((connection) => connection.destroy(error)))
  }

  freed(connection: PooledConnection): void {
    if (this.#worn(connection)) {
      void connection.close()
      return
    }
    if (this.#waited) {
      const [attempt, request] = this.#nextWaiting()
      connection.send(request, attempt)
    } else if (this.#closing) {
      void connection.close()
    } else {
      this.#free.push(connection)
    }
  }

  lost(connection: PooledConnection, error: Error | undefined): void {
    if (!this.#connections.delete(connection)) return
    this.#breaker.connections--
    const index = this.#free.indexOf(connection)
    if (index >= 0) this.#free.splice(index, 1)
    if (!this.#waited) return
    if (error !== undefined && this.#connections.size === 0) {
      this.#failWaiting(error)
    } else if (this.#mayConnect) {
      const [attempt, request] = this.#nextWaiting()
      this.#open().send(request, attempt)
    }
  }

  /** Whether a request waits for a connection. */
  get #waited(): boolean {
    return this.#waiting !== undefined && this.#waiting.size > 0
  }

  get #mayConnect(): boolean {
    return this.#breaker.mayConnect(this.#connections.size)
  }

  #open(): PooledConnection {
    const { clock } = this.#options
    const options: Client.Options = {
      connect: this.#connect,
      pipelining: 1,
      ...NO_LIMITS,
      ...idleOptions(this.#cluster.config?.connections?.idleTimeoutMs),
    }
    const connection = new PooledConnection(this.#origin, options, this, clock.now())
    this.#connections.add(connection)
    this.#breaker.connections++
    return connection
  }

  /** Whether the connection did what it may do. */
  #worn(connection: PooledConnection): boolean {
    const limits = this.#cluster.config?.connections
    if (limits === undefined) return false
    if (limits.maxRequests !== undefined && connection.served >= limits.maxRequests) return true
    return limits.maxAgeMs !== undefined && connection.ageMs(this.#options.clock.now()) >= limits.maxAgeMs
  }

  /** Takes the first out; only where one waits. */
  #nextWaiting(): [Attempt, Dispatcher.DispatchOptions] {
    const waiting = this.#waiting!
    const next = waiting.entries().next().value!
    waiting.delete(next[0])
    return next
  }

  #failWaiting(error: Error): void {
    const attempts = [...(this.#waiting?.keys() ?? [])]
    this.#waiting?.clear()
    for (const attempt of attempts) attempt.onError(error)
  }
}
