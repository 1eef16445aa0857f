import type { IncomingMessage, ServerResponse } from 'node:http'
import { InFlightRequests } from './in-flight-requests.js'
import { Inbound } from './inbound.js'
import type { MeshRequest } from './mesh-request.js'

/** The way in for a framework whose server belongs to the application. */
export class InboundAdapter {
  readonly #inbound: Inbound
  readonly #inFlight: InFlightRequests

  /**
   * @param inbound - The mesh's way in.
   * @param left - Called after a request left while draining; its connection may have become idle. Default: nothing.
   */
  constructor(inbound: Inbound, left?: () => void) {
    this.#inbound = inbound
    this.#inFlight = new InFlightRequests(left)
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
