import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerOptions } from 'node:http2'
import type { Server, Socket } from 'node:net'

/** The highest identifier that a stream can have: named in a GOAWAY, it refuses none (RFC 9113, 6.8). */
const LAST_STREAM_ID = 2 ** 31 - 1

/** A server of node:http2, with what its types leave out. */
interface Http2ServerWithTimeout extends Http2Server {
  /** Milliseconds without a frame after which `timeout` is emitted; 0 for never. */
  timeout: number
}

/**
 * The HTTP/2 connections of a server that takes HTTP/1.1 too. Their requests are those of the server, in the form of node's compatibility API, so
 * that one handler serves both.
 */
export class Http2Sessions {
  readonly #server: Http2ServerWithTimeout
  readonly #sessions = new Set<ServerHttp2Session>()
  #draining = false

  /**
   * @param front - Emits `request` for requests, `checkContinue` where somebody listens for it, and `session`.
   * @param options - Options of node:http2.
   */
  constructor(front: Server, options: ServerOptions) {
    this.#server = createServer(options) as Http2ServerWithTimeout
    this.#server.on('request', (request, response) => front.emit('request', request, response))
    this.#server.on('checkContinue', (request, response) => {
      if (front.emit('checkContinue', request, response)) return
      response.writeContinue()
      front.emit('request', request, response)
    })
    this.#server.on('session', (session) => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      if (this.#draining) dismissLater(session)
      front.emit('session', session)
    })
    // Without a frame for as long as a connection of HTTP/1.1 may idle. Streams that are open end.
    this.#server.on('timeout', (session?: ServerHttp2Session) => session?.close())
  }

  /**
   * Takes over a connection whose first bytes are those of HTTP/2, unread.
   *
   * @param socket - The connection.
   * @param idleTimeoutMs - Milliseconds without a frame after which it is closed; 0 for never.
   */
  accept(socket: Socket, idleTimeoutMs: number): void {
    this.#server.timeout = idleTimeoutMs
    this.#server.emit('connection', socket)
  }

  /** From now on callers are asked to use other connections for further requests, which are taken all the same. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (const session of this.#sessions) dismiss(session)
  }

  /** Takes no more requests. Those that were taken end, and then their connections. */
  close(): void {
    this.#draining = true
    for (const session of this.#sessions) session.close()
  }

  /** Cuts all connections. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy()
  }
}

/** A caller that has one stream on its way must not lose it to a GOAWAY that crosses it: none is refused yet. */
function dismiss(session: ServerHttp2Session): void {
  if (!session.destroyed && !session.closed) session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM_ID)
}

/** A caller that connects while the server drains could never send a request if it were sent away at once. */
function dismissLater(session: ServerHttp2Session): void {
  session.once('stream', () => dismiss(session))
}
