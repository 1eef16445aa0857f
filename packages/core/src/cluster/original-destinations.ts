import type { PickContext } from '../balancing/pick-context.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Endpoint } from './endpoint.js'
import type { EndpointSet } from './endpoint-set.js'

/** Of a target that names none, as authorities do not. */
const HTTP_PORT = 80

/**
 * The endpoints of a cluster that sends requests where they were meant to go. Each is made by the first request for it, and goes when there
 * was none for a while (Envoy, `cleanup_interval`).
 */
export class OriginalDestinations {
  /** How long a destination is kept without use, in milliseconds. */
  cleanupMs: number
  readonly #endpoints: EndpointSet
  readonly #clock: Clock
  readonly #usedAt = new Map<Endpoint, number>()
  #timer: Timer | undefined

  /**
   * @param endpoints - Where they are kept.
   * @param clock - Time.
   * @param cleanupMs - How long a destination is kept without use, in milliseconds.
   */
  constructor(endpoints: EndpointSet, clock: Clock, cleanupMs: number) {
    this.#endpoints = endpoints
    this.#clock = clock
    this.cleanupMs = cleanupMs
  }

  /**
   * @param context - The request.
   * @returns where it was meant to go.
   */
  pick({ target }: PickContext): Endpoint {
    const endpoint = this.#endpoints.byKey.get(target) ?? this.#add(target)
    this.#usedAt.set(endpoint, this.#clock.now())
    return endpoint
  }

  /** Ends the search for unused destinations. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #add(target: string): Endpoint {
    const colon = target.lastIndexOf(':')
    const host = colon < 0 ? target : target.slice(0, colon)
    const port = colon < 0 ? HTTP_PORT : Number(target.slice(colon + 1))
    this.#timer ??= this.#clock.setTimer(this.cleanupMs, this.#cleanUp)
    return this.#endpoints.add({ key: target, host, port, hostname: host, weight: 1, health: 'healthy', metadata: {} })
  }

  readonly #cleanUp = (): void => {
    const limit = this.#clock.now() - this.cleanupMs
    for (const [endpoint, usedAt] of this.#usedAt) {
      if (endpoint.active > 0 || usedAt > limit) continue
      this.#usedAt.delete(endpoint)
      this.#endpoints.remove(endpoint)
    }
    this.#timer = this.#usedAt.size === 0 ? undefined : this.#clock.setTimer(this.cleanupMs, this.#cleanUp)
  }
}
