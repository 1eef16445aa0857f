import { createServer, type Http2Server, type ServerHttp2Session, type ServerOptions } from 'node:http2'
import type { Server, Socket } from 'node:net'

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

  /**
   * Takes no more requests, and says so (GOAWAY). Those that were taken end, and then their connections. One that crosses the announcement is
   * refused in a way that lets its caller send it elsewhere (RFC 9113, 8.7): node:http2 cannot announce first and refuse later.
   */
  close(): void {
    for (const session of this.#sessions) session.close()
  }

  /** Cuts all connections. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy()
  }
}
