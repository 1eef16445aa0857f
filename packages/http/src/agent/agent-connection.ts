import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Clock } from '@inmesh/core'
import type { MeshCallOptions } from '../client/call-options.js'
import { AgentCaller } from './agent-caller.js'
import type { AgentOrigin } from './agent-origin.js'
import { MemorySocket } from './memory-socket.js'

const CALLER = Symbol('inmesh.caller')

/** Node keeps the response here until the request is collected. */
type SentRequest = ClientRequest & { readonly res?: IncomingMessage; [CALLER]?: AgentCaller }

/** A call that ends when its connection does. */
export interface Cancellable {
  /**
   * Nobody waits for it any more.
   *
   * @param reason - What the caller said; undefined when it said nothing.
   */
  cancel(reason: Error | undefined): void
}

/** A connection in memory, for one request after another of node's HTTP client. */
export class AgentConnection {
  readonly origin: AgentOrigin
  /** The end that node's client has. */
  readonly client: MemorySocket<AgentConnection>
  /** The end that the agent's server has. */
  readonly server: MemorySocket<AgentConnection>
  /** Whose request is on it; undefined until the first. */
  caller: AgentCaller | undefined = undefined
  /** The call of that request while it lasts. */
  call: Cancellable | undefined = undefined
  #failure: Error | undefined = undefined

  /**
   * @param origin - Where its requests go.
   * @param clock - Time.
   */
  constructor(origin: AgentOrigin, clock: Clock) {
    this.origin = origin
    ;[this.client, this.server] = MemorySocket.pair<AgentConnection>(clock, this)
    this.client.on('close', () => this.#closed())
  }

  /**
   * Notes the running code as the one that makes a request, for the connection that the request will get.
   *
   * @param request - The request.
   * @param mesh - Options of the mesh for it.
   */
  static announce(request: ClientRequest, mesh: MeshCallOptions | undefined): void {
    const sent: SentRequest = request
    sent[CALLER] = new AgentCaller(request, mesh)
    request.on('socket', attach)
  }

  /**
   * @param request - Any request of node's client.
   * @returns who made it; undefined for one that was not made with an agent of a mesh.
   */
  static callerOf(request: ClientRequest): AgentCaller | undefined {
    return (request as SentRequest)[CALLER]
  }

  /**
   * @param socket - What node's client has for a connection.
   * @returns whose request is on it, or was the last; undefined for a connection of somebody else's.
   */
  static callerAt(socket: unknown): AgentCaller | undefined {
    return socket instanceof MemorySocket ? (socket.owner as AgentConnection).caller : undefined
  }

  /**
   * Ends the connection because its call failed. The request hears the error, and its response too where it has begun.
   *
   * @param error - Why.
   */
  fail(error: Error): void {
    this.#failure = error
    this.client.destroy(error)
  }

  #closed(): void {
    this.call?.cancel(this.client.errored ?? undefined)
    if (this.#failure === undefined) return
    // Node's client listens for this event too, later, and would tell the response of an error of its own.
    const request: SentRequest | undefined = this.caller?.request
    request?.res?.destroy(this.#failure)
  }
}

function attach(this: ClientRequest, socket: unknown): void {
  if (socket instanceof MemorySocket) (socket.owner as AgentConnection).caller = (this as SentRequest)[CALLER]
}
