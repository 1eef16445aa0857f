import { type ClientHttp2Session, connect as connectSession, constants } from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock, Http2Options, Random, Timer } from '@inmesh/core'
import { type buildConnector, type Dispatcher, errors } from 'undici'
import type { Attempt } from '../attempt.js'
import { type CheckedConnection, ConnectionCheck } from './connection-check.js'
import { type ExchangeConnection, Http2Exchange } from './http2-exchange.js'
import type { RequestOrigin } from './request-head.js'

/**
 * What a server may send unread, of one response and of all. The 64 KiB of the protocol leave a fast network idle for most of the time; Envoy's
 * 256 MiB would fill the heap of the process that does not read.
 */
const STREAM_WINDOW_BYTES = 1024 * 1024
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024

/** Stream ids are odd and of 31 bits; a connection is replaced before they run out. */
const MOST_STREAMS = 0x3fff_fff0

/** The pool that a connection belongs to. */
export interface Http2ConnectionOwner {
  /** There is room for requests, or more of it. */
  roomFor(connection: Http2Connection): void
  /** It takes no further request; those that it has go on. */
  retired(connection: Http2Connection): void
  /**
   * It is closed, or never came about.
   *
   * @param error - Why it could not be made; undefined for one that was made.
   */
  lost(connection: Http2Connection, error: Error | undefined): void
  /** See `ExchangeConnection.resend`. */
  resend(options: Dispatcher.DispatchOptions, attempt: Attempt): boolean
}

/** What a connection is made with. */
export interface Http2ConnectionOptions {
  /** How to connect. */
  readonly connect: buildConnector.connector
  /** How long that may take, the exchange of settings included, in milliseconds. */
  readonly connectTimeoutMs: number
  /** Closes it after so many milliseconds without a request; 0 for never. */
  readonly idleTimeoutMs: number
  /** How HTTP/2 is spoken. */
  readonly http2: Http2Options
  /** What its requests have in common. */
  readonly origin: RequestOrigin
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
}

/**
 * `connecting` until the server's settings arrived, `open` while it takes requests, `draining` while it only ends those that it has.
 */
type State = 'connecting' | 'open' | 'draining' | 'closed'

/** One connection to an endpoint, for many requests at a time. */
export class Http2Connection implements ExchangeConnection, CheckedConnection {
  readonly origin: RequestOrigin
  lastStream = Number.POSITIVE_INFINITY
  /** Requests that it was given. */
  served = 0
  /** Requests that it has. */
  active = 0
  /** Requests that were answered. */
  answers = 0
  readonly #owner: Http2ConnectionOwner
  readonly #options: Http2ConnectionOptions
  readonly #madeAtMs: number
  readonly #whenClosed: (() => void)[] = []
  #state: State = 'connecting'
  #socket: Socket | undefined = undefined
  #session: ClientHttp2Session | undefined = undefined
  #check: ConnectionCheck | undefined = undefined
  /** Streams at a time. */
  #limit = 0
  /** Something may be wrong with it: it is asked, and takes no request meanwhile. */
  #doubted = false
  #error: Error | undefined = undefined
  #idleSinceMs: number
  #idleTimer: Timer | undefined = undefined
  #connectTimer: Timer | undefined = undefined

  /**
   * @param options - What it is made with.
   * @param owner - Its pool.
   */
  constructor(options: Http2ConnectionOptions, owner: Http2ConnectionOwner) {
    this.#options = options
    this.#owner = owner
    this.origin = options.origin
    this.#madeAtMs = options.clock.now()
    this.#idleSinceMs = this.#madeAtMs
  }

  /** Begins to connect. */
  connect(): void {
    const { clock, connect, connectTimeoutMs } = this.#options
    this.#connectTimer = clock.setTimer(
      connectTimeoutMs,
      () => this.dead(new errors.ConnectTimeoutError(`no HTTP/2 connection within ${connectTimeoutMs} ms`)),
      true,
    )
    connect({ hostname: '', protocol: 'http:', port: '' }, (...[error, socket]) => {
      if (error !== null) this.#end(error)
      else this.#connected(socket)
    })
  }

  get session(): ClientHttp2Session {
    return this.#session!
  }

  get bytesRead(): number {
    return this.#socket!.bytesRead
  }

  get proven(): boolean {
    return this.answers > 0
  }

  /** Whether the server acted on a request, as far as it told. */
  get useful(): boolean {
    return this.answers > 0 || (this.lastStream > 0 && this.lastStream !== Number.POSITIVE_INFINITY)
  }

  get ending(): boolean {
    return this.#state !== 'open' || this.#session!.closed
  }

  get lost(): boolean {
    return this.#state === 'closed' || this.#session!.destroyed
  }

  /** Whether it is being made. */
  get connecting(): boolean {
    return this.#state === 'connecting'
  }

  /** Whether it takes a request now. */
  get hasRoom(): boolean {
    if (this.#state !== 'open' || this.active >= this.#limit || this.#doubted) return false
    return !this.#session!.closed && !this.#session!.destroyed
  }

  /** Streams at a time that both sides allow; meaningless while it is connecting. */
  get limit(): number {
    return this.#limit
  }

  /** How old it is, in milliseconds. */
  get ageMs(): number {
    return this.#options.clock.now() - this.#madeAtMs
  }

  /** Sends a request; only where there is room. */
  send(options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    if (this.active === 0) this.#wake()
    this.active++
    this.served++
    if (!new Http2Exchange(this, options, attempt).begin()) this.freed()
    else if (this.served >= MOST_STREAMS) this.retire()
  }

  answered(): void {
    this.answers++
  }

  freed(): void {
    this.active--
    if (this.#state === 'closed') return
    if (this.active > 0) {
      this.#owner.roomFor(this)
    } else if (this.#state === 'draining') {
      this.#session!.close()
    } else {
      this.#rest()
      this.#owner.roomFor(this)
    }
  }

  silent(): void {
    if (this.#state !== 'open' || this.#doubted) return
    this.#doubted = true
    this.#check!.ask()
  }

  resend(options: Dispatcher.DispatchOptions, attempt: Attempt): boolean {
    return this.#owner.resend(options, attempt)
  }

  alive(): void {
    if (!this.#doubted) return
    this.#doubted = false
    this.#owner.roomFor(this)
  }

  dead(error: Error): void {
    this.#error = error
    this.#drain()
    if (this.#session === undefined) this.#end(error)
    // The peer did nothing wrong, whatever the reason.
    else this.#session.destroy(error, constants.NGHTTP2_NO_ERROR)
  }

  /** Takes no further request, and closes when those that it has are over. */
  retire(): void {
    if (this.#state !== 'open') return
    this.#drain()
    // A session that is closed sends nothing more, not even the request that was just given to it.
    if (this.active === 0) this.#session!.close()
  }

  /** As {@link Http2Connection.retire}; one that is being made is given up. */
  async close(): Promise<void> {
    if (this.#state === 'connecting') this.dead(new errors.ClientClosedError())
    else this.retire()
    await this.#closed()
  }

  /** Closes at once; its requests fail with the error. */
  async destroy(error: Error): Promise<void> {
    this.dead(error)
    await this.#closed()
  }

  #connected(socket: Socket): void {
    if (this.#state === 'closed') {
      socket.destroy()
      return
    }
    const { http2 } = this.#options
    this.#socket = socket
    // A peer that closed its side takes no further request, though the connection may live on for a moment.
    socket.on('end', () => this.#drain())
    // The session has said all that it had to say. A server that leaves its side open must not hold up whoever waits for the end.
    socket.on('finish', () => socket.destroy())
    const session = connectSession('http://upstream', {
      createConnection: () => socket,
      // By default Node refuses streams when a connection holds ten megabytes; windows and limits of requests are the mesh's measure.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
      settings: {
        enablePush: false,
        initialWindowSize: http2.streamWindowBytes ?? STREAM_WINDOW_BYTES,
        ...(http2.headerTableBytes !== undefined && { headerTableSize: http2.headerTableBytes }),
      },
    })
    this.#session = session
    session.on('connect', () => session.setLocalWindowSize(http2.connectionWindowBytes ?? CONNECTION_WINDOW_BYTES))
    session.on('remoteSettings', ({ maxConcurrentStreams }) => this.#settled(maxConcurrentStreams))
    session.on('goaway', (code, lastStream) => this.#goneAway(code, lastStream))
    session.on('error', (error: Error) => {
      this.#error ??= error
      this.#drain()
    })
    session.on('close', () => this.#end(this.#error))
  }

  /** RFC 9113 lets a client write before it knows the settings; but only they prove that HTTP/2 is spoken, and how many streams may be. */
  #settled(maxConcurrentStreams = Number.POSITIVE_INFINITY): void {
    const { http2, connectTimeoutMs } = this.#options
    this.#limit = Math.min(maxConcurrentStreams, http2.maxConcurrentStreams ?? Number.POSITIVE_INFINITY)
    if (this.#state === 'connecting') {
      this.#state = 'open'
      this.#connectTimer?.cancel()
      this.#check = new ConnectionCheck(this, this.#options, http2.keepalive, connectTimeoutMs)
      this.#rest()
    }
    if (this.#state === 'open') this.#owner.roomFor(this)
  }

  #goneAway(code: number, lastStream: number): void {
    this.lastStream = lastStream
    this.#error ??= new errors.SocketError(`the server closed the connection (GOAWAY ${code})`)
    this.#drain()
  }

  #drain(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#owner.retired(this)
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'closed') return
    const never = this.#state === 'connecting'
    this.#state = 'closed'
    this.#connectTimer?.cancel()
    this.#idleTimer?.cancel()
    this.#check?.stop()
    const reason = error ?? new errors.SocketError('the server closed the connection before it sent its settings')
    this.#owner.lost(this, never ? reason : undefined)
    for (const closed of this.#whenClosed) closed()
  }

  async #closed(): Promise<void> {
    if (this.#state === 'closed') return
    await new Promise<void>((resolve) => this.#whenClosed.push(resolve))
  }

  /** There is a request: it keeps the process alive. */
  #wake(): void {
    this.#socket!.ref()
    const { idleIntervalMs } = this.#check!
    if (idleIntervalMs === Number.POSITIVE_INFINITY) return
    if (this.#options.clock.now() - this.#idleSinceMs >= idleIntervalMs) this.#check!.ask()
  }

  /** There is no request: it does not keep the process alive, and closes after a while. */
  #rest(): void {
    const { clock, idleTimeoutMs } = this.#options
    this.#socket!.unref()
    this.#idleSinceMs = clock.now()
    // One timer, set anew only when it fires: requests come and go more often.
    if (idleTimeoutMs > 0 && this.#idleTimer === undefined) this.#watchIdle(idleTimeoutMs)
  }

  #watchIdle(delayMs: number): void {
    this.#idleTimer = this.#options.clock.setTimer(delayMs, () => {
      this.#idleTimer = undefined
      if (this.active > 0) return
      const leftMs = this.#idleSinceMs + this.#options.idleTimeoutMs - this.#options.clock.now()
      if (leftMs > 0) this.#watchIdle(leftMs)
      else this.retire()
    })
  }
}
