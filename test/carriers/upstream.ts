import { EventEmitter, once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttp2Server, type Http2Server, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws'
import type { TestScope } from '../support/test-process.js'

/** What a server got, as it says itself in its answer. */
export interface Seen {
  readonly server: string
  readonly version: string
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: Readonly<Record<string, string | undefined>>
}

/** One request at a server. */
export interface Arrival {
  readonly url: URL
  readonly request: IncomingMessage
  /** What the answer is written to: the response, or the connection of an upgrade. */
  readonly out: ServerResponse | Duplex
  /** Resolves when request and response are over, or their connection is. */
  readonly left: Promise<unknown>
  /** Bytes that were written, of `flood`. */
  written: number
  /** Bytes that were read, of `sip`. */
  read: number
}

/** Does what the query of a request says: `do` names one of these. */
type Act = (upstream: Upstream, arrival: Arrival) => void | Promise<void>

const PIECE = Buffer.alloc(65_536, 'x')

/** What a request may ask of a server; without a word it is answered by what the server got of it. */
const acts: Readonly<Record<string, Act>> = {
  answer: async ({ name }, { request, out }) => {
    const body = 'writeHead' in out ? (await buffer(request)).toString() : ''
    const { httpVersion: version, method = '', url = '', headers, trailers } = request
    const seen: Seen = { server: name, version, method, url, headers, body, trailers }
    if ('writeHead' in out) {
      for (const header of ['x-set', 'x-add', 'x-remove']) out.setHeader(header, 'upstream')
      out.end(JSON.stringify(seen))
    } else {
      out.write(JSON.stringify(seen))
      out.once('data', () => out.end())
    }
  },
  hold: () => {},
  reset: (_upstream, { request }) => void request.socket.destroy(),
  echo: (_upstream, { request, out }) => {
    if ('writeHead' in out) {
      out.writeHead(200)
      out.flushHeaders()
      request.pipe(out as unknown as Duplex)
    } else {
      out.pipe(out)
    }
  },
  /** Sends so much as the query says, and never more than is taken. */
  flood: async (_upstream, arrival) => {
    const { url, out } = arrival
    if ('writeHead' in out) out.writeHead(200)
    for (let left = Number(url.searchParams.get('bytes')); left > 0 && !out.destroyed; left -= PIECE.length) {
      arrival.written += PIECE.length
      if (!out.write(PIECE)) await drained(out)
    }
    out.end()
  },
  /** Reads nothing until it is told to, then answers how much it read. */
  sip: async (upstream, arrival) => {
    const { request, out } = arrival
    const from = 'writeHead' in out ? request : (out as Duplex)
    from.pause()
    await once(upstream.events, 'read')
    from.on('data', (piece: Buffer) => {
      arrival.read += piece.length
      upstream.events.emit('reading')
    })
    from.resume()
    if (!('writeHead' in out)) return
    await once(from, 'end')
    out.end(String(arrival.read))
  },
  trailers: async (_upstream, { request, out }) => {
    if (!('writeHead' in out)) return
    request.resume()
    out.writeHead(200, { trailer: 'x-sum' })
    out.write('whole ')
    out.addTrailers({ 'x-sum': '42' })
    out.end('body')
  },
  early: (_upstream, { request, out }) => {
    if (!('writeHead' in out)) return
    request.resume()
    out.writeEarlyHints({ link: '</style.css>; rel=preload' })
    out.end('final')
  },
  /** Half an answer. */
  half: (_upstream, { request, out }) => {
    request.resume()
    if ('writeHead' in out) out.writeHead(200, { 'content-length': '100' })
    out.write('half')
  },
}

/** ws takes connections that are given to it, which its types do not know. */
class StreamWebSocket extends WebSocket {
  declare setSocket: (socket: Duplex, head: Buffer, options: Readonly<Record<string, unknown>>) => void

  constructor(stream: Duplex) {
    super(null as unknown as string, undefined, {})
    this.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false })
  }
}

/** A server that does what requests ask of it, in HTTP/1.1 or HTTP/2 without TLS. */
export class Upstream {
  readonly name: string
  /** Requests by the run that their query names. */
  readonly arrivals = new Map<string, Arrival[]>()
  /** `arrival`, `reading`, and `read`, for which `sip` waits. */
  readonly events = new EventEmitter()
  readonly #server: Server | Http2Server
  readonly #sessions = new Set<{ destroy(): void }>()
  readonly #sockets = new WebSocketServer({ noServer: true })

  private constructor(name: string, http2: boolean) {
    this.name = name
    this.events.setMaxListeners(0)
    const answer = (request: unknown, response: unknown) =>
      this.#arrived(request as IncomingMessage, response as ServerResponse)
    this.#server = http2
      ? createHttp2Server({ settings: { enableConnectProtocol: true } }, answer)
      : createServer(answer)
    this.#server.on('session', (session: { destroy(): void }) => this.#sessions.add(session))
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgraded(request, socket, head),
    )
    this.#server.on('connect', (request: IncomingMessage, out: Duplex | Http2ServerResponse) => {
      if ('stream' in out) this.#extended(request, out)
      else this.#connected(request, out)
    })
  }

  /**
   * @param scope - The test.
   * @param name - What it calls itself in its answers.
   * @param http2 - Whether it speaks HTTP/2.
   * @param host - Where it listens.
   */
  static async start(scope: TestScope, name: string, http2 = false, host = '127.0.0.1'): Promise<Upstream> {
    const upstream = new Upstream(name, http2)
    const server = upstream.#server.listen(0, host)
    await once(server, 'listening')
    scope.after(async () => {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      for (const session of upstream.#sessions) session.destroy()
      for (const { out } of [...upstream.arrivals.values()].flat()) out.destroy()
    })
    return upstream
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** How many requests of a run came. */
  count(run: string): number {
    return this.arrivals.get(run)?.length ?? 0
  }

  /** The first request of a run, once it is there. */
  async arrival(run: string): Promise<Arrival> {
    for (;;) {
      const first = this.arrivals.get(run)?.[0]
      if (first !== undefined) return first
      await once(this.events, 'arrival')
    }
  }

  #arrived(request: IncomingMessage, out: ServerResponse): void {
    const arrival = this.#note(request, out, once(out, 'close'))
    if (this.#fails(arrival)) {
      out.statusCode = 503
      out.end('not now')
      return
    }
    void this.#act(arrival)
  }

  #upgraded(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const arrival = this.#note(request, socket, leaving(socket))
    if (this.#fails(arrival)) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 7\r\n\r\nnot now')
    } else if (arrival.url.searchParams.get('do') === 'reset') {
      socket.destroy()
    } else if (arrival.url.searchParams.get('do') === 'hold') {
      // The end of a connection that nobody reads is not seen.
      socket.resume()
    } else if (request.headers.upgrade === 'websocket') {
      this.#sockets.once('headers', (headers) =>
        headers.push('x-set: upstream', 'x-add: upstream', 'x-remove: upstream'),
      )
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        const stream = createWebSocketStream(opened)
        stream.on('error', () => {})
        void this.#act(Object.assign(arrival, { out: stream }))
      })
    } else {
      const more = 'X-Set: upstream\r\nX-Add: upstream\r\nX-Remove: upstream'
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n${more}\r\n\r\n`)
      void this.#act(arrival)
    }
  }

  #connected(request: IncomingMessage, socket: Duplex): void {
    const arrival = this.#note(request, socket, leaving(socket))
    if (this.#fails(arrival)) socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 7\r\n\r\nnot now')
    else if (arrival.url.searchParams.get('do') === 'reset') socket.destroy()
    else if (arrival.url.searchParams.get('do') === 'hold') socket.resume()
    else {
      socket.write('HTTP/1.1 200 OK\r\nX-Set: upstream\r\nX-Add: upstream\r\nX-Remove: upstream\r\n\r\n')
      void this.#act(arrival)
    }
  }

  /** A WebSocket over HTTP/2 (RFC 8441). */
  #extended(request: IncomingMessage, response: Http2ServerResponse): void {
    if (request.headers[':protocol'] !== 'websocket') {
      response.writeHead(405).end()
      return
    }
    const { stream } = response
    stream.respond({ ':status': 200 })
    const opened = new StreamWebSocket(stream)
    const out = createWebSocketStream(opened)
    out.on('error', () => {})
    void this.#act(this.#note(request, out, leaving(stream)))
  }

  #note(request: IncomingMessage, out: ServerResponse | Duplex, left: Promise<unknown>): Arrival {
    left.catch(() => {})
    const url = new URL(request.url!, 'http://upstream')
    const arrival = { url, request, out, left, written: 0, read: 0 }
    const run = url.searchParams.get('run') ?? ''
    this.arrivals.set(run, [...(this.arrivals.get(run) ?? []), arrival])
    this.events.emit('arrival')
    return arrival
  }

  /** Whether it is one of the first requests of its run, which are to fail. */
  #fails({ url }: Arrival): boolean {
    return this.count(url.searchParams.get('run') ?? '') <= Number(url.searchParams.get('fail') ?? 0)
  }

  async #act(arrival: Arrival): Promise<void> {
    try {
      await acts[arrival.url.searchParams.get('do') ?? 'answer']!(this, arrival)
    } catch {
      // The caller went away.
    }
  }
}

/** The sockets of node's servers stay open by half until they are ended. */
function leaving(socket: Duplex): Promise<unknown> {
  socket.on('error', () => {})
  socket.once('end', () => socket.end())
  return once(socket, 'close')
}

/** Until more is taken, or nothing will be. */
function drained(out: ServerResponse | Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      out.off('drain', done)
      out.off('close', done)
      resolve()
    }
    out.on('drain', done)
    out.on('close', done)
  })
}
