import type { ClientRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '@inmesh/core'
import { AgentConnection } from './agent-connection.js'
import type { AgentDispatcher } from './agent-dispatcher.js'
import { type MeshAgentOptions, type MeshClientRequestOptions, refuseOptions } from './agent-options.js'
import { AgentOrigin, type AgentScheme } from './agent-origin.js'
import { AgentServer } from './agent-server.js'
import type { MemorySocket } from './memory-socket.js'

/** For which a connection that no request uses is kept, in milliseconds. One to a host that is called again costs little to make. */
const KEPT_MS = 15_000

/** What the agents for both schemes do alike. */
export class AgentGateway {
  readonly #scheme: AgentScheme
  readonly #options: MeshAgentOptions
  readonly #server: AgentServer

  /**
   * @param scheme - Scheme of the agent.
   * @param dispatcher - Carries the requests.
   * @param clock - Time.
   * @param options - Options of the agent, checked.
   */
  constructor(scheme: AgentScheme, dispatcher: AgentDispatcher, clock: Clock, options: MeshAgentOptions) {
    this.#scheme = scheme
    this.#options = options
    this.#server = new AgentServer(dispatcher, clock)
  }

  /**
   * Takes note of a request that the running code makes, before it has a connection. One that cannot be carried out fails.
   *
   * @param request - The request.
   * @param options - As given to make it.
   */
  admit(request: ClientRequest, options: MeshClientRequestOptions): void {
    const refusal = refuseOptions(options, this.#scheme === 'https')
    if (refusal !== undefined) request.destroy(refusal)
    const { mesh } = this.#options
    AgentConnection.announce(request, options.mesh === undefined ? mesh : { ...mesh, ...options.mesh })
  }

  /**
   * Opens a connection.
   *
   * @param options - Of the request that needs it.
   * @returns the client's end.
   */
  connect(options: MeshClientRequestOptions): MemorySocket {
    const client = this.#server.connect(new AgentOrigin(this.#scheme, options))
    if (options.timeout !== undefined) client.setTimeout(options.timeout)
    return client
  }

  /**
   * A connection is free.
   *
   * @param client - Its client's end, which the agent closes when it times out while it is free.
   */
  rest(client: Duplex): void {
    const { timeout = 0 } = this.#options
    ;(client as MemorySocket).setTimeout(timeout > 0 ? Math.min(timeout, KEPT_MS) : KEPT_MS)
  }

  /**
   * A free connection gets a request.
   *
   * @param client - Its client's end.
   */
  wake(client: Duplex): void {
    ;(client as MemorySocket).setTimeout(this.#options.timeout ?? 0)
  }
}
