import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { MeshRequest } from './mesh-request.js'

/**
 * The requests that one server is working on. A request counts until its response emits `close`, not `finish`: a response that was cut
 * off never finishes. One that becomes a connection of another protocol counts as long as the connection.
 */
export class InFlightRequests {
  readonly #requests = new Map<ServerResponse | Duplex, MeshRequest>()
  readonly #waiting: (() => void)[] = []
  readonly #left: () => void
  #draining = false
  /** One listener for all, which finds its response or connection in `this`: no closure per request. */
  readonly #onClose: (this: ServerResponse | Duplex) => void

  /**
   * @param left - Called after a request left while draining; its connection may have become idle. Default: nothing.
   */
  constructor(left: () => void = () => {}) {
    this.#left = left
    const leave = (until: ServerResponse | Duplex): void => this.#leave(until)
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
    // A response that waits for those before it on its connection is told nothing when the connection is cut (nodejs/node, _http_server.js).
    const { req } = response
    if (req.httpVersionMajor === 1 && response.socket === null) req.socket.once('close', () => this.#leave(response))
    if (this.#draining) announceClose(response)
  }

  /**
   * A request becomes a connection of another protocol.
   *
   * @param connection - The connection.
   * @param request - What the mesh knows of the request.
   */
  enterTunnel(connection: Duplex, request: MeshRequest): void {
    this.#requests.set(connection, request)
    connection.on('close', this.#onClose)
  }

  /** From now on every response tells its caller to use another connection for the next request (RFC 9112, 9.6). */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (const until of this.#requests.keys()) if ('req' in until) announceClose(until)
  }

  /** No connection is left: what has not been told of its end yet is over. Node tells responses of it after their server. */
  end(): void {
    for (const until of this.#requests.keys()) this.#leave(until)
  }

  /** Resolves as soon as no request is in flight; at once when none is. */
  async whenEmpty(): Promise<void> {
    if (this.#requests.size === 0) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(until: ServerResponse | Duplex): void {
    const request = this.#requests.get(until)
    if (request === undefined) return
    this.#requests.delete(until)
    // A response of HTTP/2 that was cut off counts as finished, though nobody ended it. What a connection of another protocol still owed cannot be told.
    request.ended(!('req' in until) || (until.writableEnded && until.writableFinished))
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
