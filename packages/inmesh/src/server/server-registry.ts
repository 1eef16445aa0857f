import type { AddressInfo } from 'node:net'
import type { Clock } from '@inmesh/core'
import type { InboundAdapter, InboundGate, ObservedServer, ServerObserver } from '@inmesh/http'
import type { Configuration } from '../configuration/configuration.js'
import type { ServerGate, ServerGates } from './server-gates.js'

/** How long connections of a listener that was replaced may go on (gRFC A36; Envoy's `--drain-time-s`). */
const RETIREMENT_MS = 600_000

/** Where the server of an application listens, as far as the mesh can know: its address is the application's affair. */
const EVERY_ADDRESS = '0.0.0.0'

/** A server that takes requests. */
interface Serving {
  /** What applies to its requests. */
  readonly gate: ServerGate | undefined
  /** Withdraws it from the control plane. */
  readonly withdraw: () => void
}

/** A server that nobody is told of. */
const NOT_SERVING: Serving = { gate: undefined, withdraw: () => {} }

/** The servers of a mesh: those that listen are known to the control plane, and all are drained when the mesh closes. */
export class ServerRegistry implements ServerObserver {
  readonly #configuration: Pick<Configuration, 'register'>
  readonly #gates: ServerGates
  readonly #clock: Clock
  readonly #servers = new Map<ObservedServer, Serving>()
  /** Servers of the application by port. */
  readonly #foreign = new Map<number, Serving>()
  readonly #adapters = new Set<InboundAdapter>()

  /**
   * @param configuration - Where servers are registered.
   * @param gates - Makes what applies to their requests.
   * @param clock - Time.
   */
  constructor(configuration: Pick<Configuration, 'register'>, gates: ServerGates, clock: Clock) {
    this.#configuration = configuration
    this.#gates = gates
    this.#clock = clock
  }

  listening(server: ObservedServer): InboundGate | undefined {
    const address = server.boundAddress
    // A server on a pipe cannot be reached from another machine.
    if (address === undefined) {
      this.#servers.set(server, NOT_SERVING)
      return undefined
    }
    // An adapter took the port for one of the application's own.
    this.#endForeign(address.port)
    const serving = this.#serve(address, () => server.retireConnections(RETIREMENT_MS))
    this.#servers.get(server)?.withdraw()
    this.#servers.set(server, serving)
    return serving.gate?.gate
  }

  unready(server: ObservedServer): void {
    this.#servers.set(server, NOT_SERVING)
  }

  closing(server: ObservedServer): void {
    this.#servers.get(server)?.withdraw()
  }

  closed(server: ObservedServer): void {
    this.#servers.delete(server)
  }

  /**
   * What applies to the requests of a server that belongs to the application.
   *
   * @param port - Its port.
   * @returns undefined where nothing does, and for a port that a server of the mesh listens on: that has seen to it.
   */
  foreignGate(port: number): InboundGate | undefined {
    const known = this.#foreign.get(port)
    if (known !== undefined) return known.gate?.gate
    for (const server of this.#servers.keys()) if (server.boundAddress?.port === port) return undefined
    const serving = this.#serve({ address: EVERY_ADDRESS, port, family: 'IPv4' }, () => {})
    this.#foreign.set(port, serving)
    return serving.gate?.gate
  }

  /** Why servers are not ready, a sentence without the final stop for each. */
  *reasons(): Iterable<string> {
    for (const [server, { gate }] of this.#servers) {
      const { port = 0 } = server.boundAddress ?? {}
      if (!server.ready) yield `the application does not take requests on port ${port}`
      else if (gate !== undefined) yield* this.#gates.reasons(gate)
    }
    for (const { gate } of this.#foreign.values()) if (gate !== undefined) yield* this.#gates.reasons(gate)
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
    for (const { withdraw } of [...this.#servers.values(), ...this.#foreign.values()]) withdraw()
    await Promise.all([
      ...[...this.#servers.keys()].map((server) => server.drain({ timeoutMs })),
      ...[...this.#adapters].map((adapter) => this.#drainAdapter(adapter, timeoutMs)),
    ])
  }

  /** A control plane takes a server for withdrawn when nobody asks for its listener any more: what is known of it stays in use. */
  #serve(address: AddressInfo, retired: () => void): Serving {
    const gate = this.#gates.open(address.address, address.port, retired)
    const unregister = this.#configuration.register(address)
    return {
      gate,
      withdraw: () => {
        gate?.listener.close()
        unregister()
      },
    }
  }

  #endForeign(port: number): void {
    this.#foreign.get(port)?.withdraw()
    this.#foreign.delete(port)
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
