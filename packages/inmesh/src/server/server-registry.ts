import type { Clock } from '@inmesh/core'
import type { InboundAdapter, MeshServer, ServerObserver } from '@inmesh/http'
import type { Configuration } from '../configuration/configuration.js'

/** The servers of a mesh: those that listen are known to the control plane, and all are drained when the mesh closes. */
export class ServerRegistry implements ServerObserver {
  readonly #configuration: Pick<Configuration, 'register'>
  readonly #clock: Clock
  /** With each listening server, what withdraws it. */
  readonly #servers = new Map<MeshServer, () => void>()
  readonly #adapters = new Set<InboundAdapter>()

  /**
   * @param configuration - Where servers are registered.
   * @param clock - Time.
   */
  constructor(configuration: Pick<Configuration, 'register'>, clock: Clock) {
    this.#configuration = configuration
    this.#clock = clock
  }

  listening(server: MeshServer): void {
    const address = server.boundAddress
    // A server on a pipe cannot be reached from another machine.
    this.#servers.set(server, address === undefined ? () => {} : this.#configuration.register(address))
  }

  closing(server: MeshServer): void {
    this.#servers.get(server)?.()
  }

  closed(server: MeshServer): void {
    this.#servers.delete(server)
  }

  /**
   * Counts an adapter in.
   *
   * @param adapter - The way in of a server that belongs to the application.
   */
  attach(adapter: InboundAdapter): void {
    this.#adapters.add(adapter)
  }

  /**
   * Withdraws all servers, then drains them. Servers of the application keep listening; their requests in flight are waited for.
   *
   * @param timeoutMs - Milliseconds until connections of the mesh's own servers are cut.
   */
  async drain(timeoutMs: number): Promise<void> {
    // No server may still be announced while another one is being drained.
    for (const withdraw of this.#servers.values()) withdraw()
    await Promise.all([
      ...[...this.#servers.keys()].map((server) => server.drain({ timeoutMs })),
      ...[...this.#adapters].map((adapter) => this.#drainAdapter(adapter, timeoutMs)),
    ])
  }

  async #drainAdapter(adapter: InboundAdapter, timeoutMs: number): Promise<void> {
    adapter.drain()
    if (adapter.inFlight === 0) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(timeoutMs, resolve, true)
      void adapter.whenEmpty().then(() => {
        timer.cancel()
        resolve()
      })
    })
  }
}
