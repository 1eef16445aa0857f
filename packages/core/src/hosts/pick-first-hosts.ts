import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import { shuffledHosts } from '../balancing/shuffled-hosts.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { ConnectedHosts, Failed } from './connected-hosts.js'
import type { Connections } from './connections.js'
import { QUEUED, type Queued } from './host-selector.js'
import { interleavedFamilies } from './interleaved-families.js'

/** How long an attempt to connect has before the next endpoint is tried beside it (RFC 8305, "Connection Attempt Delay"). */
const ATTEMPT_DELAY_MS = 250

/** What a {@link PickFirstHosts} is made of. */
export interface PickFirstParts {
  /** How endpoints are connected. */
  readonly connections: Connections
  /** Time. */
  readonly clock: Clock
  /** Dice. */
  readonly random: Random
  /** Whether the order is random. */
  readonly shuffle: boolean
  /** Called when a request began to connect, so that those above see it. */
  readonly onConnecting: () => void
}

/**
 * Endpoints of the policy pick_first, as gRPC connects them (gRFC A61, A62): one after the other, each a quarter of a second after the one
 * before it or when that failed, until one is ready. All requests go to that one; the others are let go. When its connection ends, the next
 * request begins from the front.
 */
export class PickFirstHosts implements ConnectedHosts {
  readonly #parts: PickFirstParts
  #endpoints: readonly Endpoint[] = []
  /** Who takes the requests. */
  #selected: Endpoint | undefined
  #state: Connectivity = 'failed'
  /** Of the endpoints, how many this pass has come to. */
  #tried = 0
  /** Until the next endpoint is tried, too. */
  #timer: Timer | undefined

  /**
   * @param parts - What it is made of.
   */
  constructor(parts: PickFirstParts) {
    this.#parts = parts
  }

  /** Once every endpoint has failed it is `failed` until one is ready (gRFC A62); `idle` after a connection has ended. */
  get state(): Connectivity {
    return this.#state
  }

  update(hosts: readonly WeightedEndpoint[]): void {
    const { shuffle, random, connections } = this.#parts
    const isFirst = this.#endpoints.length === 0
    const order = shuffle ? shuffledHosts(hosts, random) : hosts
    this.#endpoints = interleavedFamilies(order.map(({ endpoint }) => endpoint))
    if (this.#endpoints.length === 0) {
      this.#stopTrying()
      this.#selected = undefined
      this.#state = 'failed'
      return
    }
    // Whoever is connected stays chosen while it is listed.
    if (this.#selected !== undefined && this.#endpoints.includes(this.#selected)) return
    if (this.#selected === undefined && this.#state === 'idle') return
    this.#selected = undefined
    if (isFirst || this.#state !== 'failed') this.#state = 'connecting'
    const ready = this.#endpoints.find((endpoint) => connections.of(endpoint) === 'ready')
    if (ready === undefined) this.#begin()
    else this.#select(ready)
  }

  changed(endpoint: Endpoint, _before: Connectivity, now: Connectivity): void {
    if (endpoint === this.#selected) {
      if (now !== 'ready') this.#lost()
    } else if (this.#selected === undefined && this.#state !== 'idle') {
      this.#attemptChanged(endpoint, now)
    }
  }

  refresh(): void {
    const { connections } = this.#parts
    if (this.#selected !== undefined && connections.of(this.#selected) !== 'ready') this.#lost()
  }

  close(): void {
    this.#stopTrying()
  }

  pick(_context: PickContext): Endpoint | Queued | Failed {
    if (this.#state === 'idle') this.#leaveIdle()
    return this.#selected ?? (this.#state === 'failed' ? undefined : QUEUED)
  }

  #leaveIdle(): void {
    this.#state = 'connecting'
    this.#begin()
    this.#parts.onConnecting()
  }

  /** A pass over all endpoints, from the front. */
  #begin(): void {
    this.#stopTrying()
    this.#tried = 0
    this.#tryNext()
  }

  #tryNext(): void {
    const { connections, clock } = this.#parts
    this.#stopTrying()
    while (this.#tried < this.#endpoints.length) {
      const endpoint = this.#endpoints[this.#tried++]!
      // One that is in its back-off was tried a moment ago.
      if (connections.of(endpoint) === 'failed') continue
      const isLast = this.#tried === this.#endpoints.length
      if (!isLast) this.#timer = clock.setTimer(ATTEMPT_DELAY_MS, () => this.#tryNext())
      // Last, as the carrier may answer before it returns.
      connections.want(endpoint)
      return
    }
    if (this.#endpoints.every((endpoint) => connections.of(endpoint) === 'failed')) this.#state = 'failed'
  }

  #attemptChanged(endpoint: Endpoint, now: Connectivity): void {
    if (now === 'ready') this.#select(endpoint)
    else if (now === 'idle') this.#parts.connections.want(endpoint)
    // Only the newest attempt hands over to the next: those before it have done so by their time.
    else if (now === 'failed' && (endpoint === this.#endpoints[this.#tried - 1] || this.#passIsOver)) this.#tryNext()
  }

  get #passIsOver(): boolean {
    return this.#tried === this.#endpoints.length
  }

  #select(endpoint: Endpoint): void {
    this.#stopTrying()
    this.#selected = endpoint
    this.#state = 'ready'
    for (const other of this.#endpoints) if (other !== endpoint) this.#parts.connections.release(other)
  }

  #lost(): void {
    this.#selected = undefined
    this.#state = 'idle'
  }

  #stopTrying(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
