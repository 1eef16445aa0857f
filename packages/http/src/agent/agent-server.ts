import { EventEmitter } from 'node:events'
import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, MeshError } from '@inmesh/core'
import { AgentCall } from './agent-call.js'
import { AgentConnection } from './agent-connection.js'
import type { AgentDispatcher } from './agent-dispatcher.js'
import type { AgentOrigin } from './agent-origin.js'
import type { MemorySocket } from './memory-socket.js'
import { TunnelCall } from './tunnel-call.js'

/** Bytes of a body that are kept for undici before node's client is asked to wait. */
const BUFFER_BYTES = 65_536

/**
 * What node's HTTP client speaks to: it understands the client's bytes and hands each request to a dispatcher. It never listens, and whatever
 * limits a server of node's has are left to those that the request goes to.
 */
export class AgentServer extends Server {
  readonly #dispatcher: AgentDispatcher
  readonly #clock: Clock

  /**
   * @param dispatcher - Carries the requests.
   * @param clock - Time.
   */
  constructor(dispatcher: AgentDispatcher, clock: Clock) {
    super({
      highWaterMark: BUFFER_BYTES,
      keepAliveTimeout: 0,
      maxHeaderSize: Number.MAX_SAFE_INTEGER,
      requireHostHeader: false,
    })
    this.#dispatcher = dispatcher
    this.#clock = clock
    this.maxHeadersCount = 0
    this.on('request', this.#carry)
    this.on('checkContinue', this.#carry)
    this.on('checkExpectation', refuseExpectation)
    this.on('upgrade', this.#open)
    this.on('connect', this.#open)
    this.on('clientError', (error: Error, server: Duplex) => ownerOf(server).fail(error))
  }

  /**
   * Opens a connection in memory.
   *
   * @param origin - Where its requests go.
   * @returns the client's end.
   */
  connect(origin: AgentOrigin): MemorySocket {
    const { client, server } = new AgentConnection(origin, this.#clock)
    this.emit('connection', server)
    return client
  }

  /**
   * Tools that watch servers do it by their own `emit` in `http.Server`, and would take what goes out for what comes in.
   *
   * @internal
   */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    return EventEmitter.prototype.emit.call(this, event, ...values)
  }

  readonly #carry = (request: IncomingMessage, response: ServerResponse): void => {
    new AgentCall(this.#dispatcher, ownerOf(request.socket), request, response).begin()
  }

  readonly #open = (request: IncomingMessage, server: Duplex, early: Buffer): void => {
    new TunnelCall(this.#dispatcher, ownerOf(server), request, early).begin()
  }
}

function refuseExpectation(request: IncomingMessage): void {
  const { expect } = request.headers
  ownerOf(request.socket).fail(new MeshError('ERR_INMESH_UNSUPPORTED', `expect: ${expect} cannot be carried`))
}

function ownerOf(server: Duplex): AgentConnection {
  return (server as MemorySocket<AgentConnection>).owner
}
