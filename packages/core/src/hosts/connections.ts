import type { Carrier } from '../cluster/carrier.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'

/** How a carrier that connects ahead is connected to each endpoint of a cluster. For one that connects on demand all are ready. */
export class Connections {
  readonly #carrier: Carrier
  readonly #ahead: boolean
  readonly #states = new Map<Endpoint, Connectivity>()
  #lastFailure = ''
  /** Whether an endpoint that outlier detection took out counts as failed (gRFC A50); pick_first by itself knows no such (gRFC A61). */
  heedsEjections = true

  /**
   * @param carrier - Who connects.
   */
  constructor(carrier: Carrier) {
    this.#carrier = carrier
    this.#ahead = carrier.connects === 'ahead'
  }

  /** Why a connection failed last; empty when none has. */
  get lastFailure(): string {
    return this.#lastFailure
  }

  /** The state of an endpoint. One that outlier detection took out counts as failed, its connection is kept (gRFC A50). */
  of(endpoint: Endpoint): Connectivity {
    if (endpoint.ejected && this.heedsEjections) return 'failed'
    return this.#ahead ? (this.#states.get(endpoint) ?? 'idle') : 'ready'
  }

  /**
   * Notes what the carrier tells.
   *
   * @param endpoint - The endpoint.
   * @param connectivity - Its new state.
   * @param reason - Why it failed.
   */
  report(endpoint: Endpoint, connectivity: Connectivity, reason: string): void {
    // gRFC A62: an endpoint that failed stays failed until it is ready, whatever it tries meanwhile.
    const failed = this.#states.get(endpoint) === 'failed'
    if (failed && connectivity !== 'ready' && connectivity !== 'failed') return
    this.#states.set(endpoint, connectivity)
    if (connectivity === 'failed') this.#lastFailure = reason
  }

  /** Asks for a connection where there is none and none under way. */
  want(endpoint: Endpoint): void {
    if (!this.#ahead || (this.#states.get(endpoint) ?? 'idle') !== 'idle') return
    this.#states.set(endpoint, 'connecting')
    this.#carrier.connect(endpoint)
  }

  /** The connection is not needed for now. */
  release(endpoint: Endpoint): void {
    if (this.#states.delete(endpoint)) this.#carrier.release(endpoint)
  }

  /** Forgets endpoints that are no longer listed. */
  prune(): void {
    for (const endpoint of this.#states.keys()) if (endpoint.removed) this.#states.delete(endpoint)
  }
}
