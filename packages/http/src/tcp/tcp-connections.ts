import { type Endpoint, type LocalReply, localReplies, type RequestPriority } from '@inmesh/core'

/** A connection that is counted. */
export interface CountedConnection {
  /** Whether nobody waits for an answer on it. */
  readonly atRest: boolean
  /** The application's end. */
  readonly socket: { end(): void; destroy(error?: Error): void }
}

/** The connections of one mesh that are no requests of HTTP. */
export class TcpConnections<Connection extends CountedConnection> {
  /** Those that have not ended. */
  readonly all = new Set<Connection>()
  readonly #byEndpoint = new WeakMap<Endpoint, number>()
  #idle: (() => void) | undefined

  /**
   * Asks the limits of a cluster (Envoy, "Circuit breaking"). Other than a request, a connection is refused where none is left, also by an endpoint that
   * has none yet, as Envoy's TCP proxy does.
   *
   * @param endpoint - Where it would go.
   * @param priority - Whose limits it would count against.
   * @returns why it may not be made; undefined when it may.
   */
  refuses(endpoint: Endpoint, priority: RequestPriority): LocalReply | undefined {
    const { name, breakers } = endpoint.owner!
    const breaker = breakers[priority]
    const here = this.#byEndpoint.get(endpoint) ?? 0
    if (breaker.remaining.connections > 0 && breaker.mayConnect(here)) return undefined
    return localReplies.overflow(`cluster ${name}: ${breaker.connections} connections are open`)
  }

  /** Counts one in, to an endpoint. */
  made(endpoint: Endpoint, priority: RequestPriority): void {
    this.#byEndpoint.set(endpoint, (this.#byEndpoint.get(endpoint) ?? 0) + 1)
    endpoint.owner!.breakers[priority].connections++
  }

  /** Counts one out, of an endpoint. */
  lost(endpoint: Endpoint, priority: RequestPriority): void {
    this.#byEndpoint.set(endpoint, this.#byEndpoint.get(endpoint)! - 1)
    endpoint.owner!.breakers[priority].connections--
  }

  /** One has ended. */
  ended(connection: Connection): void {
    this.all.delete(connection)
    if (this.all.size === 0) this.#idle?.()
  }

  /** Resolves when there is none. */
  async whenNone(): Promise<void> {
    if (this.all.size === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
    })
  }
}
