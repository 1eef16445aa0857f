import { type ClientRequest, Agent as HttpAgent } from 'node:http'
import { Agent } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Clock } from '@inmesh/core'
import type { AgentDispatcher } from './agent-dispatcher.js'
import { AgentGateway } from './agent-gateway.js'
import { type MeshClientRequestOptions, type MeshHttpsAgentOptions, memoryAgentOptions } from './agent-options.js'

/**
 * As {@link MeshHttpAgent}, for `https:`. The dispatcher makes the connection and verifies who answers; nothing of a request is ever sent in
 * plaintext. What a request or the agent itself is told about TLS (`cert`, `rejectUnauthorized: false`, `servername`, ...) is not ignored but refused with
 * ERR_INMESH_OPTIONS; only the agent itself takes `ca`, which its dispatcher verifies by.
 */
export class MeshHttpsAgent extends Agent {
  readonly #gateway: AgentGateway

  /**
   * @param dispatcher - Carries the requests; by the authorities of `ca` where that is given.
   * @param clock - Time.
   * @param options - Limits, and options of the mesh for every request.
   * @throws MeshError ERR_INMESH_OPTIONS.
   */
  constructor(dispatcher: AgentDispatcher, clock: Clock, options: MeshHttpsAgentOptions = {}) {
    super(memoryAgentOptions(options, true))
    this.#gateway = new AgentGateway('https', dispatcher, clock, options)
  }

  /** @internal */
  addRequest(request: ClientRequest, options: MeshClientRequestOptions): void {
    this.#gateway.admit(request, options)
    // Part of what node's client asks of an agent, and of no declaration.
    const { addRequest } = Agent.prototype as unknown as MeshHttpsAgent
    addRequest.call(this, request, options)
  }

  /** @internal */
  override createConnection(options: MeshClientRequestOptions): Duplex {
    return this.#gateway.connect(options)
  }

  /**
   * Connections differ by nothing of TLS here.
   *
   * @internal
   */
  override getName(options?: MeshClientRequestOptions): string {
    return HttpAgent.prototype.getName.call(this, options)
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
