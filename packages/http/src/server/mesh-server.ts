import { EventEmitter } from 'node:events'
import { type IncomingMessage, Server, type ServerOptions, type ServerResponse } from 'node:http'
import type { ServerOptions as Http2Options } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock } from '@inmesh/core'
import { Exemptions } from './exemptions.js'
import { FirstBytes } from './first-bytes.js'
import { refuseHttp1Application } from './http1-application.js'
import { Http2Sessions } from './http2-sessions.js'
import { InFlightRequests } from './in-flight-requests.js'
import { Inbound } from './inbound.js'
import type { InboundGate } from './inbound-gate.js'
import type { MeshIncomingMessage } from './mesh-request.js'
import type { DrainOptions, ObservedServer, ServerObserver } from './observed-server.js'
import { tunnelAnswer } from './tunnel-answer.js'

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
  /**
   * Takes HTTP/2 with prior knowledge (h2c) beside HTTP/1.1 on the same port, with these options of node:http2. Default: HTTP/1.1 only.
   */
  readonly http2?: Http2Options | undefined
}

/**
 * A node:http server whose requests go through the mesh and which ends gracefully. It is an `http.Server` in every respect: requests
 * are taken in when `request` is emitted, so it does not matter who listens to it, nor when.
 */
export class MeshServer extends Server implements ObservedServer {
  /**
   * Milliseconds without a byte, or up to a quarter more, after which a connection of HTTP/2 is closed, once its streams have ended; 0 for never.
   * Default 75,000.
   */
  http2SessionTimeout = KEEP_ALIVE_TIMEOUT_MS
  readonly #inbound: Inbound
  readonly #clock: Clock
  readonly #observer: ServerObserver | undefined
  readonly #inFlight = new InFlightRequests(() => {
    if (this.#stopped) this.closeIdleConnections()
  })
  /** Every open connection, those included that node:http lets go of at an upgrade. */
  readonly #connections = new Set<Socket>()
  readonly #drainDelayMs: number
  /** Undefined where HTTP/1.1 is all that is spoken. */
  readonly #http2: Http2Sessions | undefined
  readonly #firstBytes: FirstBytes | undefined
  #closed: Promise<void> | undefined
  #stopped = false
  #gate: InboundGate | undefined
  #exemptions: Exemptions | undefined
  #ready = true
  #announced = false

  /**
   * @param options - Parts of it.
   * @param handler - Listener of `request`; more can be added with `on`.
   * @throws MeshError ERR_INMESH_OPTIONS for HTTP/2 with an application of Express, which serves HTTP/1.1 only.
   */
  constructor(options: MeshServerOptions, handler?: ServerHandler) {
    super({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS, ...options.http })
    if (options.http2 !== undefined) {
      refuseHttp1Application(handler)
      this.#http2 = new Http2Sessions(this, options.http2, options.clock, (session, socket) =>
        this.#gate?.carry(session, socket),
      )
      this.#firstBytes = new FirstBytes(options.clock, (socket, isHttp2) => this.#serve(socket, isHttp2))
    }
    this.#inbound = options.inbound
    this.#clock = options.clock
    this.#observer = options.observer
    this.#drainDelayMs = options.drainDelayMs ?? 0
    if (handler !== undefined)
      this.on('request', handler as (request: IncomingMessage, response: ServerResponse) => void)
    this.on('listening', () => {
      if (this.#ready) this.#announce()
      else this.#observer?.unready?.(this)
    })
  }

  /** Requests that were taken in and whose responses are not over, WebSockets and other upgraded connections included. */
  get inFlight(): number {
    return this.#inFlight.size
  }

  /**
   * Whether the application wants requests. Default true. A server that becomes ready after it listens is known to the control plane from then
   * on, and answers 503 until then; one that ceases to be ready is withdrawn and goes on with what comes all the same.
   */
  get ready(): boolean {
    return this.#ready
  }

  /** See above. */
  set ready(ready: boolean) {
    if (ready === this.#ready) return
    this.#ready = ready
    if (!this.listening || this.draining) return
    if (ready) this.#announce()
    else this.#observer?.closing(this)
  }

  /** Whether the server has been told to close. */
  get draining(): boolean {
    return this.#inFlight.draining
  }

  /** @internal */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'connection') return this.#accept(values[0] as Socket)
    if (event === 'upgrade' || event === 'connect') return this.#tunnel(event, values)
    if (!REQUEST_EVENTS.has(event)) return super.emit(event as string, ...values)
    const [request, response] = values as [IncomingMessage, ServerResponse]
    if (event === 'checkContinue' && this.listenerCount(event) === 0) return false
    // A listener of `checkContinue` goes on by emitting `request` for the same one.
    const taken = Inbound.find(request)
    const mesh = taken ?? this.#inbound.begin(request, response, this.#inFlight)
    // Tools that watch servers do it by their own `emit` in `http.Server`, and would make a second span.
    const handle = mesh.hasOwnSpan
      ? (): boolean => EventEmitter.prototype.emit.call(this, event, request, response)
      : (): boolean => super.emit(event as string, request, response)
    if (taken !== undefined || this.#exemptions?.has(request)) return this.#inbound.run(mesh, handle)
    if (!this.#announced && !this.#ready) return this.#refuse(response)
    const gate = this.#gate
    if (gate === undefined || gate.passes(request, mesh)) return this.#inbound.run(mesh, handle)
    gate.admit({ request, mesh, response: () => response, proceed: () => this.#inbound.run(mesh, handle) })
    return true
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
    this.#http2?.close()
    this.#firstBytes?.destroy()
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

  /**
   * Leaves requests to the application that its inbound listener would apply to: those of a health check, for example.
   *
   * @param path - Their path, without a query string.
   * @param method - Their method in upper case. Default: any.
   */
  exempt(path: string, method?: string): this {
    this.#exemptions ??= new Exemptions()
    this.#exemptions.add(path, method)
    return this
  }

  /**
   * Ends the connections that belong to a listener which is no longer in use (gRFC A36): those of HTTP/2 get GOAWAY, those of HTTP/1.1 hear of it
   * with their next response.
   *
   * @param graceMs - Milliseconds until those that are still open are cut.
   */
  retireConnections(graceMs: number): void {
    const isRetired = (connection: object): boolean => this.#gate?.isRetired(connection) === true
    this.#http2?.retire(isRetired)
    const cut = this.#clock.setTimer(graceMs, () => {
      for (const socket of this.#connections) if (isRetired(socket)) socket.destroy()
    })
    this.once('close', () => cut.cancel())
  }

  /** @internal */
  override closeIdleConnections(): void {
    super.closeIdleConnections()
    // The others end with their streams.
    if (this.#stopped) this.#http2?.close()
  }

  /** @internal */
  override closeAllConnections(): void {
    super.closeAllConnections()
    this.#http2?.destroy()
    this.#firstBytes?.destroy()
  }

  /** Address and port that the server is bound to; undefined when it does not listen or listens on a pipe. */
  get boundAddress(): AddressInfo | undefined {
    const address = this.address()
    return address !== null && typeof address === 'object' ? address : undefined
  }

  #announce(): void {
    this.#announced = true
    this.#gate = this.#observer?.listening(this) ?? this.#gate
  }

  #refuse(response: ServerResponse): boolean {
    response
      .writeHead(503, { 'content-type': 'text/plain' })
      .end('not ready: the application does not take requests yet')
    return true
  }

  /** WebSockets pass the same filters as other requests, before the application gets their connection. */
  #tunnel(event: string, values: unknown[]): boolean {
    const [request, socket] = values as [IncomingMessage, Socket]
    const taken = Inbound.find(request)
    const mesh = taken ?? this.#inbound.beginTunnel(request, socket, this.#inFlight)
    const proceed = (): boolean => {
      mesh.context.lasts()
      return this.#inbound.run(mesh, () => super.emit(event, ...values))
    }
    if (taken !== undefined || this.#exemptions?.has(request)) return proceed()
    if (!this.#announced && !this.#ready) return this.#refuse(tunnelAnswer(request, socket))
    const gate = this.#gate
    if (gate === undefined) return proceed()
    gate.admit({ request, mesh, response: () => tunnelAnswer(request, socket), proceed, isTunnel: true })
    return true
  }

  #beginClosing(): Promise<void> {
    if (this.#closed === undefined) {
      // Emitted too when the server never listened.
      this.#closed = new Promise((resolve) => {
        this.once('close', () => {
          this.#inFlight.end()
          this.#observer?.closed(this)
          resolve()
        })
      })
      this.#observer?.closing(this)
      this.#inFlight.drain()
    }
    return this.#closed
  }

  #accept(socket: Socket): boolean {
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    if (this.#gate?.takes(socket) === false) {
      socket.destroy()
      return true
    }
    if (this.#firstBytes === undefined) return super.emit('connection', socket)
    this.#firstBytes.watch(socket, this.headersTimeout)
    return true
  }

  #serve(socket: Socket, isHttp2: boolean): void {
    if (isHttp2) {
      this.#http2!.accept(socket, this.http2SessionTimeout)
      return
    }
    super.emit('connection', socket)
    // Once its parser is there.
    process.nextTick(() => socket.resume())
  }

  #stop(): void {
    if (!this.#stopped) this.close()
  }

  #cut(): void {
    this.#stop()
    for (const socket of this.#connections) socket.destroy()
  }
}
