import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RawHeaders } from '../client/legacy-handler.js'
import { AgentCall } from './agent-call.js'
import type { AgentConnection } from './agent-connection.js'
import type { AgentDispatcher } from './agent-dispatcher.js'
import { responseHead } from './response-head.js'

/**
 * A request for another protocol (WebSocket) or for a tunnel (CONNECT). Once it is granted, bytes go both ways as they are; a response that
 * refuses is passed on as any other.
 */
export class TunnelCall extends AgentCall {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  /** What the client sent before it was answered. */
  readonly #early: Buffer

  /**
   * @param dispatcher - Carries the request.
   * @param connection - The connection that it came over; no other request can follow.
   * @param request - Its head.
   * @param early - What came after the head.
   */
  constructor(dispatcher: AgentDispatcher, connection: AgentConnection, request: IncomingMessage, early: Buffer) {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    super(dispatcher, connection, request, response)
    this.#request = request
    this.#response = response
    this.#early = early
  }

  override begin(): void {
    const { method, headers } = this.#request
    this.send(null, false, method === 'CONNECT' ? null : headers.upgrade)
  }

  /** The request is refused, or somebody only informs of something. */
  override onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): boolean {
    if (status >= 200 && !this.over) {
      const { server } = this.connection
      this.#response.assignSocket(server as unknown as Socket)
      this.#response.on('finish', () => server.destroySoon())
    }
    return super.onHeaders(status, headers, resume, statusText)
  }

  onUpgrade(status: number, headers: RawHeaders, upstream: Duplex): void {
    if (this.over) {
      upstream.destroy()
      return
    }
    this.end()
    const { connection } = this
    const { server } = connection
    server.write(responseHead(status, headers), 'latin1')
    if (this.#early.length > 0) server.unshift(this.#early)
    upstream.on('error', (error) => connection.fail(error))
    upstream.on('close', () => server.destroySoon())
    server.on('error', (error) => upstream.destroy(error))
    server.on('close', () => upstream.destroy())
    upstream.pipe(server)
    server.pipe(upstream)
  }

  protected override get lasting(): boolean {
    return false
  }
}
