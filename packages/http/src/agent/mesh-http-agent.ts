import { Agent, type ClientRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '@inmesh/core'
import type { Dispatcher } from 'undici'
import { AgentGateway } from './agent-gateway.js'
import { type MeshAgentOptions, type MeshClientRequestOptions, memoryAgentOptions } from './agent-options.js'

/**
 * An agent of node:http whose requests go where a dispatcher sends them. To be handed to whatever takes an `http.Agent`: axios, got, ws,
 * `http.request`.
 *
 * Its connections stay in memory, so `maxSockets` and `maxTotalSockets` limit how many requests are under way, and an idle one costs nothing
 * but memory. A failed request emits the error of the dispatcher itself as its `error`; a request with an option that cannot be carried out
 * (`lookup`, `localAddress`, `socketPath`) emits ERR_INMESH_OPTIONS, one with trailers or an expectation other than `100-continue`
 * ERR_INMESH_UNSUPPORTED.
 */
export class MeshHttpAgent extends Agent {
  readonly #gateway: AgentGateway

  /**
   * @param dispatcher - Carries the requests.
   * @param clock - Time.
   * @param options - Limits, and options of the mesh for every request.
   * @throws MeshError ERR_INMESH_OPTIONS.
   */
  constructor(dispatcher: Dispatcher, clock: Clock, options: MeshAgentOptions = {}) {
    super(memoryAgentOptions(options, false))
    this.#gateway = new AgentGateway('http', dispatcher, clock, options)
  }

  /** @internal */
  addRequest(request: ClientRequest, options: MeshClientRequestOptions): void {
    this.#gateway.admit(request, options)
    // Part of what node's client asks of an agent, and of no declaration.
    const { addRequest } = Agent.prototype as unknown as MeshHttpAgent
    addRequest.call(this, request, options)
  }

  /** @internal */
  override createConnection(options: MeshClientRequestOptions): Duplex {
    return this.#gateway.connect(options)
  }

  /** @internal */
  override keepSocketAlive(socket: Duplex): boolean {
    this.#gateway.rest(socket)
    return true
  }

  /** @internal */
  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    super.reuseSocket(socket, request)
    this.#gateway.wake(socket)
  }
}
