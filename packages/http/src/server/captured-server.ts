import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock } from '@inmesh/core'
import type { Exemptions } from './exemptions.js'
import { InFlightRequests } from './in-flight-requests.js'
import { Inbound } from './inbound.js'
import type { InboundGate } from './inbound-gate.js'
import { DEFAULT_DRAIN_TIMEOUT_MS } from './mesh-server.js'
import type { DrainOptions, ObservedServer, ServerObserver } from './observed-server.js'
import { tunnelAnswer } from './tunnel-answer.js'

/** What a {@link CapturedServer} is made of. */
export interface CapturedServerOptions {
  /** The way in. */
  readonly inbound: Inbound
  /** Time. */
  readonly clock: Clock
  /** Told about the life of the server. */
  readonly observer: ServerObserver
  /** Milliseconds between the announcement that the server will close and the end of its listening, in a drain. */
  readonly drainDelayMs: number
  /** Requests that the listeners of the servers do not apply to; undefined where they apply to all. */
  readonly exemptions: Exemptions | undefined
}

/** Carries an event on to those who listen to it. */
export type Proceed = () => boolean

/**
 * Carries a request on to the application.
 *
 * @param spanned - Whether the request has a span of the mesh's, so that nobody else is to make one.
 */
export type ProceedWith = (spanned: boolean) => boolean

/** A server of node's own that was made by somebody who knows no mesh, and whose requests go through one. */
export class CapturedServer implements ObservedServer {
  /** Nobody can say otherwise. */
  readonly ready = true
  readonly #server: Server
  readonly #options: CapturedServerOptions
  readonly #inFlight = new InFlightRequests(() => {
    if (this.#stopped) this.#server.closeIdleConnections()
  })
  readonly #connections = new Set<Socket>()
  #gate: InboundGate | undefined
  #announced = false
  #stopped = false

  /**
   * @param server - The server, which does not listen yet.
   * @param options - Parts of the mesh.
   */
  constructor(server: Server, options: CapturedServerOptions) {
    this.#server = server
    this.#options = options
  }

  get boundAddress(): AddressInfo | undefined {
    const address = this.#server.address()
    return address !== null && typeof address === 'object' ? address : undefined
  }

  /** The server accepts connections. */
  listening(): void {
    this.#announced = true
    this.#stopped = false
    this.#gate = this.#options.observer.listening(this) ?? this.#gate
  }

  /** The server stops accepting connections, by the application's will or by that of the mesh. */
  closing(): void {
    if (!this.#announced) return
    this.#announced = false
    this.#stopped = true
    this.#options.observer.closing(this)
    this.#inFlight.drain()
  }

  /** The last connection of the server has ended. */
  closed(): void {
    this.#inFlight.end()
    this.#options.observer.closed(this)
  }

  /**
   * A connection comes.
   *
   * @param socket - It.
   * @param proceed - Hands it to the server.
   */
  connection(socket: Socket, proceed: Proceed): boolean {
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    if (this.#gate?.takes(socket) !== false) return proceed()
    socket.destroy()
    return true
  }

  /**
   * A request comes.
   *
   * @param request - It.
   * @param response - Its response.
   * @param carryOn - Hands it to the application.
   */
  request(request: IncomingMessage, response: ServerResponse, carryOn: ProceedWith): boolean {
    const { inbound, exemptions } = this.#options
    // The same request comes again as another event, or from a server that another server's request was handed to.
    const taken = Inbound.find(request)
    if (taken !== undefined) return inbound.run(taken, () => carryOn(taken.hasOwnSpan))
    const mesh = inbound.begin(request, response, this.#inFlight)
    const proceed = (): boolean => carryOn(mesh.hasOwnSpan)
    const gate = this.#gate
    if (gate === undefined || exemptions?.has(request) || gate.passes(request, mesh)) return inbound.run(mesh, proceed)
    gate.admit({ request, mesh, response: () => response, proceed: () => inbound.run(mesh, proceed) })
    return true
  }

  /**
   * A request comes that becomes a connection of another protocol.
   *
   * @param request - It.
   * @param socket - Its connection.
   * @param proceed - Hands both to the application.
   */
  tunnel(request: IncomingMessage, socket: Socket, proceed: Proceed): boolean {
    const { inbound, exemptions } = this.#options
    const taken = Inbound.find(request)
    const mesh = taken ?? inbound.beginTunnel(request, socket, this.#inFlight)
    const open = (): boolean => {
      mesh.context.lasts()
      return inbound.run(mesh, proceed)
    }
    const gate = this.#gate
    if (taken !== undefined || gate === undefined || exemptions?.has(request)) return open()
    gate.admit({ request, mesh, response: () => tunnelAnswer(request, socket), proceed: open, isTunnel: true })
    return true
  }

  retireConnections(graceMs: number): void {
    const cut = this.#options.clock.setTimer(graceMs, () => {
      for (const socket of this.#connections) if (this.#gate?.isRetired(socket)) socket.destroy()
    })
    this.#server.once('close', () => cut.cancel())
  }

  /**
   * Closes the server as one of the mesh would be: announced, after the delay, and with its requests in flight. One that the application has
   * closed meanwhile is only waited for.
   *
   * @param options - The limits.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    const { clock, drainDelayMs } = this.#options
    const { timeoutMs = DEFAULT_DRAIN_TIMEOUT_MS, delayMs = drainDelayMs } = options
    if (!this.#server.listening && this.#connections.size === 0) return
    const closed = new Promise<void>((resolve) => this.#server.once('close', resolve))
    const wasListening = this.#server.listening
    this.#inFlight.drain()
    // Never within the signal's own turn: an application that closes its server itself is to find it open.
    const stop = clock.setTimer(wasListening ? delayMs : 0, () => this.#stop(), true)
    const cut = clock.setTimer(timeoutMs, () => this.#cut(), true)
    await closed
    stop.cancel()
    cut.cancel()
  }

  #stop(): void {
    if (this.#server.listening) this.#server.close()
    this.#stopped = true
    this.#server.closeIdleConnections()
    // Node takes a connection for busy until its first request is over.
    for (const socket of this.#connections) if (socket.bytesRead === 0) socket.destroy()
  }

  #cut(): void {
    this.#stop()
    for (const socket of this.#connections) socket.destroy()
  }
}
