import type { CircuitBreaker, EndpointOwner, Timer } from '@inmesh/core'
import type { buildConnector, Dispatcher } from 'undici'
import type { Attempt } from '../attempt.js'
import { connectTimeoutMs } from '../endpoint-connector.js'
import { connectorOf } from '../upstream-connector.js'
import type { UpstreamPool, UpstreamPoolOptions } from '../upstream-pool.js'
import { HeaderNames } from './header-names.js'
import { Http2Connection, type Http2ConnectionOptions, type Http2ConnectionOwner } from './http2-connection.js'

/**
 * Closes a connection that had no request for so long, where the cluster does not say. Firewalls and load balancers forget a connection after
 * 350 seconds and more, and then swallow what is sent over it.
 */
const IDLE_TIMEOUT_MS = 300_000

/**
 * A server that sends one connection after the other away and acts on nothing is given time, from the fourth on, and twice as much after each,
 * up to a limit. One that still does so is broken, and its requests are not sent again.
 */
const HASTY = 3
const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 50
const MOST_BARREN = 60

/** What TLS is told that is spoken (RFC 9113, 3.1). */
const HTTP2: readonly string[] = ['h2']

/**
 * The connections to one endpoint for requests of one priority, in HTTP/2: one, and more where it may not take more requests at a time
 * (Envoy, "Connection pooling"). Where the cluster's limits allow none, requests wait.
 */
export class Http2Pool implements UpstreamPool, Http2ConnectionOwner {
  readonly httpVersion = '2'
  readonly authority: string
  readonly #options: UpstreamPoolOptions
  readonly #cluster: EndpointOwner
  readonly #breaker: CircuitBreaker
  readonly #connect: buildConnector.connector
  readonly #names = new HeaderNames()
  /** Those that take requests, or will. */
  readonly #connections: Http2Connection[] = []
  /** Those that only end the requests that they have. */
  readonly #draining = new Set<Http2Connection>()
  /** In the order in which they came. */
  readonly #waiting = new Map<Attempt, Dispatcher.DispatchOptions>()
  /** What the last connection took at a time. */
  #usualLimit = Number.POSITIVE_INFINITY
  /** Connections in a row that the server sent away without acting on a request. */
  #barren = 0
  /** Runs while the next connection is put off. */
  #pause: Timer | undefined = undefined
  #closing = false
  #destroyed = false

  /**
   * @param options - What the pool is made for.
   */
  constructor(options: UpstreamPoolOptions) {
    this.#options = options
    this.#cluster = options.cluster
    this.authority = options.authority
    this.#breaker = options.cluster.breakers[options.priority]
    this.#connect = options.connect ?? connectorOf(options, HTTP2)
  }

  get ready(): boolean {
    return this.#withRoom() !== undefined
  }

  dispatch(options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    const connection = this.#withRoom()
    if (connection !== undefined) {
      this.#send(connection, options, attempt)
    } else {
      this.#waiting.set(attempt, options)
      attempt.waiting(() => this.#waiting.delete(attempt))
      this.#connectForWaiting()
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    // Connections that requests wait for are closed when none waits any more.
    const closing = this.#waiting.size > 0 ? [] : [...this.#connections]
    await Promise.all([...closing, ...this.#draining].map((connection) => connection.close()))
  }

  async destroy(error: Error): Promise<void> {
    this.#closing = true
    this.#destroyed = true
    this.#pause?.cancel()
    this.#failWaiting(error)
    await Promise.all([...this.#connections, ...this.#draining].map((connection) => connection.destroy(error)))
  }

  roomFor(connection: Http2Connection): void {
    this.#usualLimit = connection.limit
    if (connection.useful) this.#barren = 0
    if (this.#aged(connection)) connection.retire()
    while (this.#waiting.size > 0 && connection.hasRoom) this.#send(connection, ...this.#nextWaiting())
    if (this.#waiting.size > 0) this.#connectForWaiting()
    else if (this.#closing) connection.retire()
  }

  retired(connection: Http2Connection): void {
    this.#remove(connection)
    this.#draining.add(connection)
    this.#barren = connection.useful ? 0 : this.#barren + 1
    // Where there were requests there will be more: they need not wait.
    const used = connection.active > 0 && this.#connections.length === 0 && this.#barren <= HASTY
    if (this.#waiting.size > 0) this.#connectForWaiting()
    else if (used && !this.#closing) this.#open()
  }

  lost(connection: Http2Connection, error: Error | undefined): void {
    this.#remove(connection)
    this.#draining.delete(connection)
    this.#breaker.connections--
    if (this.#waiting.size === 0) return
    if (error !== undefined && this.#connections.length === 0) this.#failWaiting(error)
    else this.#connectForWaiting()
  }

  resend(options: Dispatcher.DispatchOptions, attempt: Attempt): boolean {
    if (this.#destroyed || this.#barren > MOST_BARREN) return false
    this.dispatch(options, attempt)
    return true
  }

  #withRoom(): Http2Connection | undefined {
    for (const connection of this.#connections) if (connection.hasRoom) return connection
    return undefined
  }

  #send(connection: Http2Connection, options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    connection.send(options, attempt)
    const most = this.#cluster.config?.connections?.maxRequests
    if (most !== undefined && connection.served >= most) connection.retire()
  }

  /** Makes a connection when those that are being made have no room for all that wait. */
  #connectForWaiting(paused = false): void {
    let room = 0
    for (const connection of this.#connections) {
      if (connection.connecting) room += this.#streamsExpected
      // It told that it takes none for now; another connection would hear the same.
      else if (connection.limit === 0) return
    }
    if (room >= this.#waiting.size || !this.#breaker.mayConnect(this.#connections.length)) return
    if (this.#barren <= HASTY || paused) this.#open()
    else this.#putOff()
  }

  #putOff(): void {
    if (this.#pause !== undefined) return
    const delayMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#barren - HASTY - 1), LONGEST_PAUSE_MS)
    const resume = (): void => {
      this.#pause = undefined
      if (this.#waiting.size > 0) this.#connectForWaiting(true)
    }
    this.#pause = this.#options.clock.setTimer(delayMs, resume, true)
  }

  get #streamsExpected(): number {
    return Math.max(1, Math.min(this.#usualLimit, this.#http2.maxConcurrentStreams ?? Number.POSITIVE_INFINITY))
  }

  get #http2(): Http2ConnectionOptions['http2'] {
    return this.#cluster.config?.protocol?.http2 ?? {}
  }

  #open(): void {
    const { clock, random, security } = this.#options
    const connection = new Http2Connection(
      {
        connect: this.#connect,
        connectTimeoutMs: connectTimeoutMs(this.#cluster),
        idleTimeoutMs: this.#cluster.config?.connections?.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
        http2: this.#http2,
        origin: { authority: this.authority, scheme: security === undefined ? 'http' : 'https', names: this.#names },
        clock,
        random,
      },
      this,
    )
    this.#connections.push(connection)
    this.#breaker.connections++
    connection.connect()
  }

  #aged(connection: Http2Connection): boolean {
    const maxAgeMs = this.#cluster.config?.connections?.maxAgeMs
    return maxAgeMs !== undefined && connection.ageMs >= maxAgeMs
  }

  #remove(connection: Http2Connection): void {
    const index = this.#connections.indexOf(connection)
    if (index >= 0) this.#connections.splice(index, 1)
  }

  /** Takes the first out; only where one waits. */
  #nextWaiting(): [Dispatcher.DispatchOptions, Attempt] {
    const [attempt, options] = this.#waiting.entries().next().value!
    this.#waiting.delete(attempt)
    return [options, attempt]
  }

  #failWaiting(error: Error): void {
    const attempts = [...this.#waiting.keys()]
    this.#waiting.clear()
    for (const attempt of attempts) attempt.onError(error)
  }
}
