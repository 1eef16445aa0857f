import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerOptions } from 'node:http2'
import type { Server, Socket } from 'node:net'
import type { Clock } from '@inmesh/core'
import { IdleWatch } from './idle-watch.js'

/**
 * Told of a session of HTTP/2.
 *
 * @param session - The session.
 * @param socket - Its connection.
 */
export type SessionOpened = (session: ServerHttp2Session, socket: Socket) => void

/**
 * The HTTP/2 connections of a server that takes HTTP/1.1 too. Their requests are those of the server, in the form of node's compatibility API, so
 * that one handler serves both.
 */
export class Http2Sessions {
  readonly #server: Http2Server
  readonly #clock: Clock
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Those that were told. */
  readonly #leaving = new WeakSet<ServerHttp2Session>()
  readonly #opened: SessionOpened

  /**
   * @param front - Emits `request` for requests, `checkContinue` where somebody listens for it, and `session`.
   * @param options - Options of node:http2.
   * @param clock - Time.
   * @param opened - Told of each session, before its first request.
   */
  constructor(front: Server, options: ServerOptions, clock: Clock, opened: SessionOpened) {
    this.#clock = clock
    this.#opened = opened
    this.#server = createServer(options)
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
  }

  /**
   * Takes over a connection whose first bytes are those of HTTP/2, unread.
   *
   * @param socket - The connection.
   * @param idleTimeoutMs - Milliseconds without a frame after which it is closed; 0 for never.
   */
  accept(socket: Socket, idleTimeoutMs: number): void {
    // The session shows its requests another socket than this.
    this.#server.once('session', (session) => {
      this.#opened(session, socket)
      // Streams that are open end first.
      if (idleTimeoutMs > 0) new IdleWatch(this.#clock, socket, idleTimeoutMs, () => this.#end(session))
    })
    this.#server.emit('connection', socket)
  }

  /**
   * Takes no more requests on some connections, and says so.
   *
   * @param whether - Whether a session is one of them.
   */
  retire(whether: (session: object) => boolean): void {
    for (const session of this.#sessions) if (whether(session)) this.#end(session)
  }

  /**
   * Takes no more requests, and says so (GOAWAY). Those that were taken end, and then their connections. One that crosses the announcement is not
   * looked at, and its caller knows from the announcement that it may send it elsewhere (RFC 9113, 6.8): node:http2 cannot announce first and
   * refuse later.
   */
  close(): void {
    for (const session of this.#sessions) this.#end(session)
  }

  /** Cuts all connections. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy()
  }

  /**
   * Node 20 resets a stream that opens between `close()` and the GOAWAY that it sends later from within the parser, which reads freed memory then.
   * Once GOAWAY is out the parser leaves new streams alone by itself.
   */
  #end(session: ServerHttp2Session): void {
    if (session.closed || this.#leaving.has(session)) return
    this.#leaving.add(session)
    session.goaway(constants.NGHTTP2_NO_ERROR)
    setImmediate(() => session.close())
  }
}
