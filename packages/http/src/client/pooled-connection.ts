import { Client, type Dispatcher } from 'undici'
import { type Attempt, SilentDispatcher, type UsedConnection } from './attempt.js'
import { isIdempotent } from './idempotent-methods.js'
import { isReplayable } from './request-body.js'

/** undici counts milliseconds in 32 bits. */
const FOREVER_MS = 2_147_483_647

/**
 * How long a connection without requests stays where neither cluster nor server say: less than the 5 seconds that Node's servers wait, which
 * many others do too. undici's own default, but not by chance. What a server announces goes before it, less two seconds.
 */
const DEFAULT_IDLE_MS = 4000

/** How a connection fails that the server closed. */
const CLOSED: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** The pool that a connection belongs to. */
export interface ConnectionOwner {
  /** It can take a request. */
  freed(connection: PooledConnection): void
  /**
   * It is closed, or never came about.
   *
   * @param error - Why it could not be made; undefined for one that was made.
   */
  lost(connection: PooledConnection, error: Error | undefined): void
  /**
   * Sends a request over a new connection.
   *
   * @param options - The request.
   * @param attempt - Told of everything.
   */
  resend(options: Dispatcher.DispatchOptions, attempt: Attempt): void
}

/** One connection to an endpoint, for one request at a time. */
export class PooledConnection implements UsedConnection {
  readonly #client: Client
  readonly #silent: SilentDispatcher
  readonly #owner: ConnectionOwner
  readonly #madeAtMs: number
  #served = 0
  /** Given to it last. */
  #request: Dispatcher.DispatchOptions | undefined = undefined
  #lost = false

  /**
   * @param origin - Origin of its requests, to undici.
   * @param options - As for undici's `Client`.
   * @param owner - Its pool.
   * @param nowMs - Milliseconds of the clock.
   */
  constructor(origin: string, options: Client.Options, owner: ConnectionOwner, nowMs: number) {
    this.#client = new Client(origin, options)
    this.#silent = new SilentDispatcher(this.#client)
    this.#owner = owner
    this.#madeAtMs = nowMs
    this.#client.on('drain', this.#freed)
    this.#client.on('disconnect', this.#disconnected)
    this.#client.on('connectionError', this.#failed)
  }

  /** Requests that it was given. */
  get served(): number {
    return this.#served
  }

  /** How old it is, in milliseconds. */
  ageMs(nowMs: number): number {
    return nowMs - this.#madeAtMs
  }

  /** Sends a request; the connection is made with the first. */
  send(options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    attempt.usedConnection = this.#served > 0 ? this : undefined
    this.#served++
    this.#request = options
    this.#silent.dispatch(options, attempt)
  }

  /**
   * A server closes connections that it finds idle, and may do so while a request is on its way: what may be carried out twice goes out again,
   * once, over a new connection (RFC 9110, 9.2.2; Envoy answers 503 with the flag UC).
   */
  resends(attempt: Attempt, error: Error): boolean {
    const request = this.#request!
    if (attempt.repeated || !CLOSED.has((error as NodeJS.ErrnoException).code)) return false
    if (!isIdempotent(request) || !isReplayable(request.body)) return false
    attempt.repeated = true
    this.#owner.resend(request, attempt)
    return true
  }

  /** Lets its request end, then closes. */
  async close(): Promise<void> {
    // One that is closed or destroyed already rejects, and there is nothing left to do.
    await this.#client.close().catch(ignore)
    this.#lose(undefined)
  }

  /** Closes at once; its request fails with the error. */
  async destroy(error: Error): Promise<void> {
    await this.#client.destroy(error).catch(ignore)
    this.#lose(undefined)
  }

  readonly #freed = (): void => {
    if (!this.#lost) this.#owner.freed(this)
  }

  readonly #disconnected = (): void => {
    // undici connects again for a request that was given to it just when the connection closed.
    if (this.#client.stats.size === 0) this.#lose(undefined)
  }

  readonly #failed = (_origin: URL, _targets: unknown, error: Error): void => this.#lose(error)

  #lose(error: Error | undefined): void {
    if (this.#lost) return
    this.#lost = true
    this.#owner.lost(this, error)
  }
}

/**
 * @param milliseconds - For which a connection without requests stays; 0 for ever.
 * @returns the same for undici.
 */
export function idleOptions(milliseconds: number | undefined): Client.Options {
  if (milliseconds === undefined) return { keepAliveTimeout: DEFAULT_IDLE_MS }
  const keepAliveTimeout = milliseconds === 0 ? FOREVER_MS : Math.min(milliseconds, FOREVER_MS)
  return { keepAliveTimeout, keepAliveMaxTimeout: keepAliveTimeout }
}

function ignore(): void {}
