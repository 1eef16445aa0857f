import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { MeshRequest } from './mesh-request.js'

/**
 * The requests that one server is working on. A request counts until its response emits `close`, not `finish`: a response that was cut
 * off never finishes. One that becomes a connection of another protocol counts as long as the connection.
 */
export class InFlightRequests {
  /** By what the mesh knows of each: a key of one's own is found faster than an object that a framework has made over. */
  readonly #requests = new Map<MeshRequest, ServerResponse | Duplex>()
  readonly #waiting: (() => void)[] = []
  readonly #left: () => void
  #draining = false

  /**
   * @param left - Called after a request left while draining; its connection may have become idle. Default: nothing.
   */
  constructor(left: () => void = () => {}) {
    this.#left = left
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
    this.#requests.set(request, response)
    const leave = (): void => this.#leave(request)
    response.on('close', leave)
    // A response that waits for those before it on its connection is told nothing when the connection is cut (nodejs/node, _http_server.js).
    const { req } = response
    if (req.httpVersionMajor === 1 && response.socket === null) req.socket.once('close', leave)
    if (this.#draining) announceClose(response)
  }

  /**
   * A request becomes a connection of another protocol.
   *
   * @param connection - The connection.
   * @param request - What the mesh knows of the request.
   */
  enterTunnel(connection: Duplex, request: MeshRequest): void {
    this.#requests.set(request, connection)
    connection.on('close', () => this.#leave(request))
  }

  /** From now on every response tells its caller to use another connection for the next request (RFC 9112, 9.6). */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (const until of this.#requests.values()) if ('req' in until) announceClose(until)
  }

  /** No connection is left: what has not been told of its end yet is over. Node tells responses of it after their server. */
  end(): void {
    for (const request of this.#requests.keys()) this.#leave(request)
  }

  /** Resolves as soon as no request is in flight; at once when none is. */
  async whenEmpty(): Promise<void> {
    if (this.#requests.size === 0) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(request: MeshRequest): void {
    const until = this.#requests.get(request)
    if (until === undefined) return
    this.#requests.delete(request)
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
