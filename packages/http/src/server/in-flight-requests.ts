import type { ServerResponse } from 'node:http'
import type { MeshRequest } from './mesh-request.js'

/**
 * The requests that one server is working on. A request counts until its response emits `close`, not `finish`: a response that was cut
 * off never finishes.
 */
export class InFlightRequests {
  readonly #requests = new Map<ServerResponse, MeshRequest>()
  readonly #waiting: (() => void)[] = []
  readonly #left: () => void
  #draining = false
  /** One listener for all responses, which finds its response in `this`: no closure per request. */
  readonly #onClose: (this: ServerResponse) => void

  /**
   * @param left - Called after a request left while draining; its connection may have become idle. Default: nothing.
   */
  constructor(left: () => void = () => {}) {
    this.#left = left
    const leave = (response: ServerResponse): void => this.#leave(response)
    this.#onClose = function () {
      leave(this)
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#requests.size
  }

  /** Whether {@link InFlightRequests.drain} was called. */
  get draining(): boolean {
    return this.#draining
  }

  /**
   * A request begins.
   *
   * @param response - Its response.
   * @param request - What the mesh knows of it.
   */
  enter(response: ServerResponse, request: MeshRequest): void {
    this.#requests.set(response, request)
    response.on('close', this.#onClose)
    if (this.#draining) announceClose(response)
  }

  /** From now on every response tells its caller to use another connection for the next request (RFC 9112, 9.6). */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (const response of this.#requests.keys()) announceClose(response)
  }

  /** No connection is left: what has not been told of its end yet is over. Node tells responses of it after their server. */
  end(): void {
    for (const response of this.#requests.keys()) this.#leave(response)
  }

  /** Resolves as soon as no request is in flight; at once when none is. */
  async whenEmpty(): Promise<void> {
    if (this.#requests.size === 0) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(response: ServerResponse): void {
    const request = this.#requests.get(response)
    if (request === undefined) return
    this.#requests.delete(response)
    // A response of HTTP/2 that was cut off counts as finished, though nobody ended it.
    request.ended(response.writableEnded && response.writableFinished)
    if (this.#draining) this.#left()
    if (this.#requests.size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/**
 * Tells the caller to use another connection for the next request.
 *
 * @param response - The response that tells it.
 */
export function announceClose(response: ServerResponse): void {
  // HTTP/2 forbids the header (RFC 9113, 8.2.2) and has GOAWAY for the purpose.
  if (!response.headersSent && response.req.httpVersionMajor === 1) response.setHeader('connection', 'close')
}
