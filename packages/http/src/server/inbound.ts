import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, type ContextStore, type Random, RequestContext, TracePropagation, type Tracer } from '@inmesh/core'
import { ContextEvents } from './context-events.js'
import type { InFlightRequests } from './in-flight-requests.js'
import { inboundContext } from './inbound-context.js'
import { MeshRequest } from './mesh-request.js'
import { RequestTrace } from './request-trace.js'
import type { TrustedNetworks } from './trusted-networks.js'

/** What an {@link Inbound} is made of. */
export interface InboundOptions {
  /** Time; deadlines are made on its scale. */
  readonly clock: Clock
  /** Source of trace ids. */
  readonly random: Random
  /** Where outbound calls will look for the context. */
  readonly contexts: ContextStore
  /** Whose word counts. Undefined switches the mesh off for requests: headers are neither read nor removed and no context is kept. */
  readonly trusted: TrustedNetworks | undefined
  /** Reads the traces of requests. Default: one of the default formats. */
  readonly propagation?: TracePropagation
  /** Makes spans of requests. Default: there are none. */
  readonly tracer?: Tracer | undefined
}

interface TakenIn extends IncomingMessage {
  mesh: MeshRequest
}

/**
 * The way in, free of any framework: takes a request in, makes its context and runs its handler there. Servers and adapters share it,
 * so that a request is treated alike wherever it enters.
 */
export class Inbound {
  readonly #clock: Clock
  readonly #random: Random
  readonly #contexts: ContextStore
  readonly #events: ContextEvents
  readonly #trusted: TrustedNetworks | undefined
  readonly #propagation: TracePropagation
  readonly #tracer: Tracer | undefined

  /**
   * @param options - Parts of it.
   */
  constructor(options: InboundOptions) {
    this.#clock = options.clock
    this.#random = options.random
    this.#contexts = options.contexts
    this.#events = new ContextEvents(options.contexts)
    this.#trusted = options.trusted
    this.#propagation = options.propagation ?? new TracePropagation()
    this.#tracer = options.tracer
  }

  /**
   * What a mesh knows of a request, when one has taken it in already: a server made by `mesh.listen()` may run an application that uses
   * an adapter too, and the request must not be counted and bound twice.
   *
   * @param request - Any request.
   */
  static find(request: IncomingMessage): MeshRequest | undefined {
    const { mesh } = request as Partial<TakenIn>
    return mesh instanceof MeshRequest ? mesh : undefined
  }

  /**
   * Takes a request in: strips what its peer may not say, makes its context, counts it until its response closes and sets `req.mesh`.
   *
   * @param request - The request, not yet taken in.
   * @param response - Its response.
   * @param inFlight - Where the request is counted.
   */
  begin(request: IncomingMessage, response: ServerResponse, inFlight: InFlightRequests): MeshRequest {
    const mesh = this.#take(request)
    if (this.#tracer?.active) RequestTrace.begin(this.#tracer, mesh, request, response)
    mesh.context.endsWith(response)
    inFlight.enter(response, mesh)
    if (this.#trusted !== undefined) {
      this.#events.bind(request, mesh.context)
      this.#events.bind(response, mesh.context)
    }
    return mesh
  }

  /**
   * The same for a request that becomes a connection of another protocol, which has no response and counts until the connection closes.
   *
   * @param request - The request, not yet taken in.
   * @param connection - The connection.
   * @param inFlight - Where the request is counted.
   */
  beginTunnel(request: IncomingMessage, connection: Duplex, inFlight: InFlightRequests): MeshRequest {
    const mesh = this.#take(request)
    inFlight.enterTunnel(connection, mesh)
    if (this.#trusted !== undefined) this.#events.bind(connection, mesh.context)
    return mesh
  }

  /**
   * Runs code for a request; whatever it starts belongs to the request.
   *
   * @param request - What {@link Inbound.begin} gave.
   * @param callback - The code, usually the handler.
   */
  run<T>(request: MeshRequest, callback: () => T): T {
    return this.#trusted === undefined ? callback() : this.#contexts.run(request.context, callback)
  }

  #take(request: IncomingMessage): MeshRequest {
    const context =
      this.#trusted === undefined
        ? new RequestContext(Number.POSITIVE_INFINITY)
        : inboundContext(request, this.#trusted, this.#clock, this.#propagation)
    const mesh = new MeshRequest(context, this.#clock, this.#random)
    ;(request as TakenIn).mesh = mesh
    return mesh
  }
}
