import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { CircuitBreaker, Clock, Endpoint, EndpointOwner, RequestPriority } from '@inmesh/core'
import { buildConnector, type Client, type Dispatcher } from 'undici'
import type { Attempt } from './attempt.js'
import { type ConnectionOwner, idleOptions, PooledConnection } from './pooled-connection.js'

/** Envoy's Cluster.connect_timeout, for a cluster that lost its configuration while a request was on its way. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5000

/** The mesh keeps the limits of requests itself; undici would end a response after five minutes whatever the routes say. */
const NO_LIMITS = { headersTimeout: 0, bodyTimeout: 0 }

type Connector = buildConnector.connector

/** What a pool is made for. */
export interface EndpointPoolOptions {
  /** Where to connect. */
  readonly endpoint: Endpoint
  /** Its cluster, asked for the limits of each new connection. */
  readonly cluster: EndpointOwner
  /** Whose requests it carries: connections are counted by priority, and not shared. */
  readonly priority: RequestPriority
  /** Host and, where it is not 80, port, to which requests are addressed as a rule. */
  readonly authority: string
  /** Tells how old connections are. */
  readonly clock: Clock
  /** How to connect. Default TCP to the endpoint's address. */
  readonly connect?: Connector
}

/**
 * The connections to one endpoint for requests of one priority. A request takes the connection that was used last; where none is free
 * one more is made, and where the cluster's limits allow none, it waits (Envoy, "Connection pooling").
 *
 * To undici the origin is the authority that callers use, so that the right `host` header costs nothing; only the connector knows the
 * endpoint's address.
 */
export class EndpointPool implements ConnectionOwner {
  /** Authority that requests carry unless they name another in a `host` header. */
  readonly authority: string
  readonly #options: EndpointPoolOptions
  readonly #cluster: EndpointOwner
  readonly #breaker: CircuitBreaker
  readonly #origin: string
  readonly #connections = new Set<PooledConnection>()
  readonly #free: PooledConnection[] = []
  /** In the order in which they came; made when one first has to wait. */
  #waiting: Map<Attempt, Dispatcher.DispatchOptions> | undefined
  readonly #connect: Connector
  #connector: Connector | undefined
  #connectTimeoutMs = 0
  #closing = false

  /**
   * @param options - What the pool is made for.
   */
  constructor(options: EndpointPoolOptions) {
    this.#options = options
    this.#cluster = options.cluster
    this.authority = options.authority
    this.#breaker = options.cluster.breakers[options.priority]
    this.#origin = `http://${options.authority}`
    this.#connect = options.connect ?? this.#connectToEndpoint
  }

  /** Whether a request would have a connection at once. */
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
    if (connection !== undefined) {
      connection.send(options, attempt)
    } else if (this.#mayConnect) {
      this.#open().send(options, attempt)
    } else {
      this.#waiting ??= new Map()
      this.#waiting.set(attempt, options)
      attempt.waiting(() => this.#waiting?.delete(attempt))
    }
  }

  /** Takes no new request, lets those in flight end, and closes. */
  async close(): Promise<void> {
    this.#closing = true
    // Connections that requests wait for are closed when none waits any more.
    const closing = this.#waited ? this.#free.splice(0) : [...this.#connections]
    await Promise.all(closing.map((connection) => connection.close()))
  }

  /**
   * Closes at once.
   *
   * @param error - What requests in flight fail with.
   */
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

  readonly #connectToEndpoint: Connector = (options, callback) => {
    const { endpoint } = this.#options
    const timeoutMs = this.#cluster.config?.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
    if (this.#connector === undefined || timeoutMs !== this.#connectTimeoutMs) {
      this.#connector = buildConnector({ timeout: timeoutMs, autoSelectFamily: true, lookup: this.#lookup })
      this.#connectTimeoutMs = timeoutMs
    }
    const { host, hostname, additionalHosts } = endpoint.config
    const literal = host.startsWith('[') ? host.slice(1, -1) : host
    // Several addresses are tried as those of one name.
    const name = additionalHosts?.length ? hostname || 'endpoint' : literal
    const port = String(endpoint.port)
    this.#connector({ ...options, protocol: 'http:', hostname: name, host: name, port }, callback)
  }

  /** Not called for an IP address. */
  readonly #lookup: LookupFunction = (name, options, callback) => {
    const { host, additionalHosts } = this.#options.endpoint.config
    if (!additionalHosts?.length) {
      lookup(name, options, callback)
      return
    }
    const addresses = [host, ...additionalHosts].map((address) => ({ address, family: isIP(address) }))
    if (options.all === true) callback(null, addresses)
    else callback(null, host, isIP(host))
  }
}
