import { EventEmitter, once } from 'node:events'
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { UpstreamProtocol } from '@inmesh/core'

/** HTTP/2 with everything left to the carrier. */
export const HTTP2: UpstreamProtocol = { kind: 'http2', http2: {} }

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

/** A real server that speaks HTTP/2 without TLS on a free loopback port. */
export class TestHttp2Upstream {
  readonly port: number
  readonly server: Http2Server
  /** Connections, in the order in which they were made. */
  readonly sessions: ServerHttp2Session[] = []
  /** Requests whose head arrived. */
  readonly streams: ServerHttp2Stream[] = []
  /** Their heads. */
  readonly heads: IncomingHttpHeaders[] = []
  readonly #events = new EventEmitter()

  private constructor(server: Http2Server) {
    this.server = server
    this.port = (server.address() as AddressInfo).port
  }

  /** Starts one that ends with the test. By default it answers 200 with its own port as body. */
  static async start(
    context: TestContext,
    listener?: StreamListener,
    options: ServerOptions = {},
  ): Promise<TestHttp2Upstream> {
    const server = createServer(options)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const upstream = new TestHttp2Upstream(server)
    context.after(() => upstream.stop())
    server.on('session', (session) => {
      session.on('error', () => {})
      upstream.sessions.push(session)
      upstream.#events.emit('session')
    })
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      upstream.streams.push(stream)
      upstream.heads.push(headers)
      if (listener === undefined) stream.resume().respond({ ':status': 200 })
      if (listener === undefined) stream.end(String(upstream.port))
      else listener(stream, headers)
      upstream.#events.emit('stream')
    })
    return upstream
  }

  /** Sessions that are open. */
  get open(): ServerHttp2Session[] {
    return this.sessions.filter(({ destroyed }) => !destroyed)
  }

  /** Waits until a number of requests have arrived in all. */
  async received(count: number): Promise<void> {
    while (this.streams.length < count) await once(this.#events, 'stream')
  }

  /** Waits until a number of connections were made in all. */
  async connected(count: number): Promise<void> {
    while (this.sessions.length < count) await once(this.#events, 'session')
  }

  /** Ends everything at once. */
  stop(): void {
    this.server.close()
    for (const session of this.sessions) session.destroy()
  }
}

/** Sends a connection away: what arrived ends, and what comes is not acted on. */
export function sendAway(session: ServerHttp2Session): void {
  session.goaway(constants.NGHTTP2_NO_ERROR)
  // Node 20 crashes where a request arrives on a session that was closed but whose GOAWAY is not out yet: it answers it by a RST_STREAM, in the
  // middle of reading.
  setImmediate(() => session.close())
}

/** Waits until a connection is gone. */
export async function gone(session: ServerHttp2Session): Promise<void> {
  // An error is a way of going.
  if (!session.destroyed) await new Promise((resolve) => session.once('close', resolve))
}
