import type { TLSSocket } from 'node:tls'
import type { buildConnector, Dispatcher } from 'undici'
import type { Attempt } from './attempt.js'
import { EndpointPool } from './endpoint-pool.js'
import { Http2Pool } from './http2/http2-pool.js'
import { connectorOf } from './upstream-connector.js'
import type { UpstreamPool, UpstreamPoolOptions } from './upstream-pool.js'

/** HTTP/2 before HTTP/1.1, as in Envoy (`auto_config`). */
const EITHER: readonly string[] = ['h2', 'http/1.1']

/**
 * The connections to one endpoint that speaks what TLS agrees on. The first connection finds out, and is the first of the pool that goes on with it. An
 * endpoint that later agrees on something else is asked anew.
 */
export class NegotiatedPool implements UpstreamPool {
  readonly authority: string
  readonly #options: UpstreamPoolOptions
  readonly #connect: buildConnector.connector
  /** In the order in which they came. */
  readonly #waiting = new Map<Attempt, Dispatcher.DispatchOptions>()
  #pool: UpstreamPool | undefined
  readonly #former = new Set<UpstreamPool>()
  #connecting = false
  #ended: Error | undefined
  #closing = false

  /**
   * @param options - What the pool is made for.
   */
  constructor(options: UpstreamPoolOptions) {
    this.#options = options
    this.authority = options.authority
    this.#connect = connectorOf(options, EITHER)
  }

  get httpVersion(): string {
    return this.#pool?.httpVersion ?? '1.1'
  }

  get ready(): boolean {
    return this.#pool?.ready === true
  }

  dispatch(options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    if (this.#pool !== undefined) {
      this.#pool.dispatch(options, attempt)
      return
    }
    this.#waiting.set(attempt, options)
    attempt.waiting(() => this.#waiting.delete(attempt))
    this.#ask()
  }

  async close(): Promise<void> {
    this.#closing = true
    await Promise.all(this.#pools().map((pool) => pool.close()))
  }

  async destroy(error: Error): Promise<void> {
    this.#closing = true
    this.#ended = error
    this.#failWaiting(error)
    await Promise.all(this.#pools().map((pool) => pool.destroy(error)))
  }

  #pools(): readonly UpstreamPool[] {
    return this.#pool === undefined ? [...this.#former] : [this.#pool, ...this.#former]
  }

  #ask(): void {
    if (this.#connecting) return
    this.#connecting = true
    this.#connect({ hostname: '', protocol: 'https:', port: '' }, (...[error, socket]) => {
      this.#connecting = false
      if (error !== null) {
        this.#failWaiting(error)
      } else if (this.#ended !== undefined || this.#waiting.size === 0) {
        socket.destroy()
      } else {
        this.#goOn(socket as TLSSocket)
      }
    })
  }

  #goOn(first: TLSSocket): void {
    const protocol = first.alpnProtocol || 'http/1.1'
    let given: TLSSocket | undefined = first
    const connect: buildConnector.connector = (options, callback) => {
      const socket = given
      given = undefined
      if (socket !== undefined && !socket.destroyed) {
        // undici asks from within its own loop, which a connection that is there at once would not start again.
        queueMicrotask(() => callback(null, socket))
        return
      }
      this.#connect(options, (...[error, next]) => {
        if (error !== null) {
          callback(error, null)
        } else if (((next as TLSSocket).alpnProtocol || 'http/1.1') === protocol) {
          callback(null, next)
        } else {
          next.destroy()
          this.#forget(pool)
          callback(new Error(`the server no longer speaks ${protocol}`), null)
        }
      })
    }
    const options = { ...this.#options, connect }
    const pool = protocol === 'h2' ? new Http2Pool(options) : new EndpointPool(options)
    this.#pool = pool
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [attempt, request] of waiting) pool.dispatch(request, attempt)
    if (this.#closing) void pool.close()
  }

  /** The next request asks again. */
  #forget(pool: UpstreamPool): void {
    if (this.#pool !== pool) return
    this.#pool = undefined
    this.#former.add(pool)
    void pool.close().then(() => this.#former.delete(pool))
  }

  #failWaiting(error: Error): void {
    const attempts = [...this.#waiting.keys()]
    this.#waiting.clear()
    for (const attempt of attempts) attempt.onError(error)
  }
}
