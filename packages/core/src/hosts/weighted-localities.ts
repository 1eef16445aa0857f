import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { PickContext } from '../balancing/pick-context.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import type { ConnectedHosts, Failed } from './connected-hosts.js'
import type { Queued } from './host-selector.js'
import { LocalitySchedule } from './locality-schedule.js'
import type { PriorityChild } from './priority-policy.js'

/** The endpoints of one locality, those that gRPC may use. */
export interface TargetLocality {
  /** Tells localities apart. */
  readonly key: string
  /** Its share, more than 0. */
  readonly weight: number
  /** The endpoints. */
  readonly hosts: readonly WeightedEndpoint[]
}

/** What the parts of a priority may do. */
export interface LocalityParts {
  /** Dice. */
  readonly random: Random
  /** Makes the endpoints of a locality, without any; calls what it is given when they begin to connect by themselves. */
  readonly createHosts: (onConnecting: () => void) => ConnectedHosts
  /** The endpoint now belongs to `owner`, which is told when its connection changes. */
  readonly take: (endpoint: Endpoint, owner: WeightedLocalities, hosts: ConnectedHosts) => void
  /** `owner` has no use for the endpoint; nothing happens where it belongs to another meanwhile. */
  readonly leave: (endpoint: Endpoint, owner: WeightedLocalities) => void
}

interface Target {
  readonly hosts: ConnectedHosts
  locality: TargetLocality
}

/**
 * One priority as gRPC sees it: its localities share requests by weight, those with a ready endpoint only (gRFC A28, weighted_target; A52,
 * wrr_locality). Where the policy is not within wrr_locality there is one locality that holds all endpoints.
 */
export class WeightedLocalities implements PriorityChild<readonly TargetLocality[]> {
  readonly #parts: LocalityParts
  #targets: ReadonlyMap<string, Target> = new Map()
  #order: readonly Target[] = []
  /** Whether each was ready when the schedule was made. */
  #weights: readonly number[] = []
  #schedule: LocalitySchedule | undefined
  #stale = true

  /**
   * @param parts - What it is made of.
   */
  constructor(parts: LocalityParts) {
    this.#parts = parts
  }

  /** Ready when any locality is, else connecting, else idle, else failed. */
  get state(): Connectivity {
    const order: readonly Connectivity[] = ['ready', 'connecting', 'idle']
    return order.find((state) => this.#order.some(({ hosts }) => hosts.state === state)) ?? 'failed'
  }

  /** Whether there is any endpoint. */
  get empty(): boolean {
    return this.#order.every(({ locality }) => locality.hosts.length === 0)
  }

  update(localities: readonly TargetLocality[]): void {
    const before = this.#targets
    const targets = new Map<string, Target>()
    for (const locality of localities) {
      const hosts = before.get(locality.key)?.hosts ?? this.#parts.createHosts(() => this.localityChanged())
      targets.set(locality.key, { hosts, locality })
      for (const { endpoint } of locality.hosts) this.#parts.take(endpoint, this, hosts)
    }
    this.#targets = targets
    this.#order = [...targets.values()]
    this.#stale = true
    for (const { hosts, locality } of this.#order) hosts.update(locality.hosts)
    this.#leaveAllBut(before, targets)
  }

  /** Ejections or connections changed. */
  refresh(): void {
    for (const { hosts } of this.#order) hosts.refresh()
    this.#stale = true
  }

  /** A locality may have become ready, or no longer be so. */
  localityChanged(): void {
    this.#stale = true
  }

  /**
   * Chooses an endpoint.
   *
   * @param context - The request.
   */
  pick(context: PickContext): Endpoint | Queued | Failed {
    if (this.#order.length === 1) return this.#order[0]!.hosts.pick(context)
    if (this.#stale) this.#reschedule(context)
    if (this.#schedule !== undefined) return this.#order[this.#schedule.next()]!.hosts.pick(context)
    // Nobody is ready. Every locality is asked, as a policy that connects on request does so for the locality that it is asked for.
    let found: Queued | undefined
    for (const { hosts } of this.#order) {
      const picked = hosts.pick(context)
      if (picked?.kind === 'endpoint') return picked
      found ??= picked
    }
    return found
  }

  close(): void {
    const before = this.#targets
    this.#targets = new Map()
    this.#order = []
    this.#leaveAllBut(before, this.#targets)
  }

  #reschedule(context: PickContext): void {
    this.#stale = false
    // Asked, so that it connects again: no request would fall to it while others are ready.
    for (const { hosts } of this.#order) if (hosts.state === 'idle') hosts.pick(context)
    const weights = this.#order.map(({ hosts, locality }) => (hosts.state === 'ready' ? locality.weight : 0))
    if (weights.length === this.#weights.length && weights.every((weight, at) => weight === this.#weights[at])) return
    this.#weights = weights
    const schedule = new LocalitySchedule(weights, this.#parts.random)
    this.#schedule = schedule.empty ? undefined : schedule
  }

  #leaveAllBut(before: ReadonlyMap<string, Target>, now: ReadonlyMap<string, Target>): void {
    const kept = new Set<Endpoint>()
    for (const { locality } of now.values()) for (const { endpoint } of locality.hosts) kept.add(endpoint)
    for (const [key, { hosts, locality }] of before) {
      for (const { endpoint } of locality.hosts) if (!kept.has(endpoint)) this.#parts.leave(endpoint, this)
      if (!now.has(key)) hosts.close()
    }
  }
}
