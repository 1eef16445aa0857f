import type { IncomingMessage, ServerResponse } from 'node:http'
import { InFlightRequests } from './in-flight-requests.js'
import { Inbound } from './inbound.js'
import type { InboundGate } from './inbound-gate.js'
import type { MeshRequest } from './mesh-request.js'

/** What an {@link InboundAdapter} is made of. */
export interface InboundAdapterParts {
  /** The mesh's way in. */
  readonly inbound: Inbound
  /** Finds what applies to the requests of a port; undefined where nothing does. Default: nothing ever does. */
  readonly gateOf?: (port: number) => InboundGate | undefined
  /** Called after a request left while draining; its connection may have become idle. Default: nothing. */
  readonly left?: (() => void) | undefined
  /** Port of the application's server. Default: that of each request's connection. */
  readonly port?: number | undefined
}

/** The way in for a framework whose server belongs to the application. */
export class InboundAdapter {
  readonly #inbound: Inbound
  readonly #inFlight: InFlightRequests
  readonly #gateOf: (port: number) => InboundGate | undefined
  readonly #port: number | undefined

  /**
   * @param parts - Parts of it.
   */
  constructor({ inbound, gateOf = () => undefined, left, port }: InboundAdapterParts) {
    this.#inbound = inbound
    this.#inFlight = new InFlightRequests(left)
    this.#gateOf = gateOf
    this.#port = port
    if (port !== undefined) this.open(port)
  }

  /**
   * Asks for the listener of a server before its first request comes. Asking twice does nothing.
   *
   * @param port - The port that it listens on.
   */
  open(port: number): void {
    this.#gateOf(port)
  }

  /**
   * Takes a request in and sets `req.mesh`. A request that came through a server of the mesh has been taken in there and is left alone.
   *
   * @param request - The request.
   * @param response - Its response.
   */
  enter(request: IncomingMessage, response: ServerResponse): MeshRequest {
    return Inbound.find(request) ?? this.#inbound.begin(request, response, this.#inFlight)
  }

  /**
   * Runs code for a request; whatever it starts belongs to the request.
   *
   * @param request - What {@link InboundAdapter.enter} gave.
   * @param callback - The code, usually the framework's way on.
   */
  run<T>(request: MeshRequest, callback: () => T): T {
    return this.#inbound.run(request, callback)
  }

  /**
   * Takes a request in, applies the listener of the server to it and runs what handles it, unless the listener answers it. Of a request that came
   * through a server of the mesh all but the last has been done.
   *
   * @param request - The request.
   * @param response - Its response.
   * @param proceed - What handles the request; never called when the listener answers.
   * @param answers - Called before the listener answers. Default: nobody is.
   */
  admit(
    request: IncomingMessage,
    response: ServerResponse,
    proceed: (mesh: MeshRequest) => void,
    answers?: () => void,
  ): void {
    const taken = Inbound.find(request)
    const mesh = taken ?? this.#inbound.begin(request, response, this.#inFlight)
    const run = (): void => this.#inbound.run(mesh, () => proceed(mesh))
    const gate = taken === undefined ? this.#gateOf(this.#port ?? request.socket.localPort ?? 0) : undefined
    if (gate === undefined || gate.passes(request, mesh)) {
      run()
      return
    }
    gate.admit({ request, mesh, response: () => response, proceed: run, ...(answers && { answers }) })
  }

  /** Requests that were taken in here and whose responses are not over. */
  get inFlight(): number {
    return this.#inFlight.size
  }

  /** From now on every response tells its caller to use another connection for the next request. */
  drain(): void {
    this.#inFlight.drain()
  }

  /** Resolves as soon as no request is in flight; at once when none is. */
  whenEmpty(): Promise<void> {
    return this.#inFlight.whenEmpty()
  }
}
