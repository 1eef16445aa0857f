import { type IncomingMessage, Server, type ServerOptions, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock } from '@inmesh/core'
import { InFlightRequests } from './in-flight-requests.js'
import { Inbound } from './inbound.js'
import type { MeshIncomingMessage } from './mesh-request.js'

/**
 * How long a connection may idle. The side that closes an idle connection wins or loses a race against a request that is already on its
 * way, and only the caller can tell that nothing was lost; so callers must give up first. Node's 5 s is shorter than what callers keep
 * (load balancers of the clouds 60 s); undici and our own client take the value from the `keep-alive` header and stay below it.
 */
const KEEP_ALIVE_TIMEOUT_MS = 75_000

/** How long a drain waits unless told otherwise; fits into the 30 s that Kubernetes gives. */
export const DEFAULT_DRAIN_TIMEOUT_MS = 25_000

/** The events by which node:http hands over a request; which of them depends on its `expect` header and on the listeners. */
const REQUEST_EVENTS: ReadonlySet<string | symbol> = new Set(['request', 'checkContinue', 'checkExpectation'])

/** Handler of a server: an Express application or a plain function. */
export type ServerHandler = (request: MeshIncomingMessage, response: ServerResponse) => unknown

/** Told about the life of a server. */
export interface ServerObserver {
  /** It accepts connections. */
  listening(server: MeshServer): void
  /** It is about to stop accepting connections; called once. */
  closing(server: MeshServer): void
  /** Its last connection has ended. */
  closed(server: MeshServer): void
}

/** What a {@link MeshServer} is made of. */
export interface MeshServerOptions {
  /** The way in. */
  readonly inbound: Inbound
  /** Time. */
  readonly clock: Clock
  /** Told about the life of the server. */
  readonly observer?: ServerObserver
  /** Milliseconds between the announcement that the server will close and the end of its listening, in a drain. Default 0. */
  readonly drainDelayMs?: number
  /** Options of node:http. `keepAliveTimeout` is 75,000 ms unless given. */
  readonly http?: ServerOptions
}

/** How a server is drained. */
export interface DrainOptions {
  /** Milliseconds until connections that are still open are cut, the delay included. Default 25,000. */
  readonly timeoutMs?: number
  /**
   * Milliseconds for which connections and requests are still taken while every response asks its caller to go elsewhere. Closing at once
   * breaks connections that the system has accepted and requests that are on their way to idle ones. Default: that of the server.
   */
  readonly delayMs?: number
}

/**
 * A node:http server whose requests go through the mesh and which ends gracefully. It is an `http.Server` in every respect: requests
 * are taken in when `request` is emitted, so it does not matter who listens to it, nor when.
 */
export class MeshServer extends Server {
  readonly #inbound: Inbound
  readonly #clock: Clock
  readonly #observer: ServerObserver | undefined
  readonly #inFlight = new InFlightRequests(() => {
    if (this.#stopped) this.closeIdleConnections()
  })
  /** Every open connection, those included that node:http lets go of at an upgrade. */
  readonly #connections = new Set<Socket>()
  readonly #drainDelayMs: number
  #closed: Promise<void> | undefined
  #stopped = false

  /**
   * @param options - Parts of it.
   * @param handler - Listener of `request`; more can be added with `on`.
   */
  constructor(options: MeshServerOptions, handler?: ServerHandler) {
    super({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS, ...options.http })
    this.#inbound = options.inbound
    this.#clock = options.clock
    this.#observer = options.observer
    this.#drainDelayMs = options.drainDelayMs ?? 0
    if (handler !== undefined)
      this.on('request', handler as (request: IncomingMessage, response: ServerResponse) => void)
    this.on('connection', (socket: Socket) => {
      this.#connections.add(socket)
      socket.once('close', () => this.#connections.delete(socket))
    })
    this.on('listening', () => this.#observer?.listening(this))
  }

  /** Requests that were taken in and whose responses are not over. */
  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Whether the server has been told to close. */
  get draining(): boolean {
    return this.#inFlight.draining
  }

  /** @internal */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (!REQUEST_EVENTS.has(event)) return super.emit(event as string, ...values)
    const [request, response] = values as [IncomingMessage, ServerResponse]
    // A listener of `checkContinue` goes on by emitting `request` for the same one.
    const mesh = Inbound.find(request) ?? this.#inbound.begin(request, response, this.#inFlight)
    return this.#inbound.run(mesh, () => super.emit(event as string, request, response))
  }

  /**
   * Stops accepting connections, as in node:http. Idle connections are closed, requests in flight end, and their responses carry
   * `connection: close`. Nothing is cut; {@link MeshServer.drain} sets a limit.
   *
   * @param callback - Called once every connection has ended, with an error when the server was not listening.
   */
  override close(callback?: (error?: Error) => void): this {
    void this.#beginClosing()
    this.#stopped = true
    super.close(callback)
    // node:http takes a connection for busy until its first request is over: one that a client opened ahead of need would hold the
    // server open for as long as the client likes.
    for (const socket of this.#connections) if (socket.bytesRead === 0) socket.destroy()
    return this
  }

  /**
   * Closes the server gracefully and waits for it. Its observer is told and every response asks its caller to use another connection;
   * after the delay the server stops accepting connections and closes idle ones; requests in flight end. May be called again, also with
   * other limits: the shortest count.
   *
   * @param options - The limits.
   * @returns a promise that resolves once every connection has ended, by itself or cut at the limit. It never rejects.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    const { timeoutMs = DEFAULT_DRAIN_TIMEOUT_MS, delayMs = this.#drainDelayMs } = options
    const closed = this.#beginClosing()
    const timers = [this.#clock.setTimer(timeoutMs, () => this.#cut(), true)]
    if (delayMs > 0 && this.listening) timers.push(this.#clock.setTimer(delayMs, () => this.#stop(), true))
    else this.#stop()
    await closed
    for (const timer of timers) timer.cancel()
  }

  /** Address and port that the server is bound to; undefined when it does not listen or listens on a pipe. */
  get boundAddress(): AddressInfo | undefined {
    const address = this.address()
    return address !== null && typeof address === 'object' ? address : undefined
  }

  #beginClosing(): Promise<void> {
    if (this.#closed === undefined) {
      // Emitted too when the server never listened.
      this.#closed = new Promise((resolve) => {
        this.once('close', () => {
          this.#observer?.closed(this)
          resolve()
        })
      })
      this.#observer?.closing(this)
      this.#inFlight.drain()
    }
    return this.#closed
  }

  #stop(): void {
    if (!this.#stopped) this.close()
  }

  #cut(): void {
    this.#stop()
    for (const socket of this.#connections) socket.destroy()
  }
}
