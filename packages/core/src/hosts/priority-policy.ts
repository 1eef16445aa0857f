import type { Connectivity } from '../cluster/endpoint.js'
import type { Clock, Timer } from '../ports/clock.js'

/** How long a priority may try to connect before the next is tried, too. */
const FAILOVER_MS = 10_000

/** How long a priority that is not needed stays connected. */
const DEACTIVATION_MS = 15 * 60_000

/** What a priority policy chooses among: the endpoints of one priority with their policy. */
export interface PriorityChild<Config> {
  /** Connectivity of all of it. */
  readonly state: Connectivity
  /** Takes over a configuration. The first one starts it. */
  update(config: Config): void
  /** Lets go of everything. */
  close(): void
}

/** A priority as configured. A child keeps its name when it moves to another priority. */
export interface NamedPriority<Config> {
  /** Name of the child. */
  readonly name: string
  /** Its configuration. */
  readonly config: Config
}

/** A child with its two timers. */
interface Slot<Config> {
  readonly child: PriorityChild<Config>
  /** As last seen, to tell a new attempt to connect from the same one. */
  state: Connectivity
  /** Whether it was usable since it last failed. */
  seenUsable: boolean
  failover: Timer | undefined
  deactivation: Timer | undefined
}

/**
 * Chooses the priority that requests go to (gRFC A56): the first that is usable, all or nothing. A lower one is made only when it is needed,
 * ten seconds after a higher one began to connect, or when that failed; it is kept for fifteen minutes once a higher one is usable.
 */
export class PriorityPolicy<Config, Child extends PriorityChild<Config>> {
  readonly #clock: Clock
  readonly #create: () => Child
  readonly #onTimer: () => void
  readonly #slots = new Map<string, Slot<Config> & { readonly child: Child }>()
  #priorities: readonly NamedPriority<Config>[] = []
  #current: Child | undefined
  #busy = false

  /**
   * @param clock - Time.
   * @param create - Makes a child, which does nothing before its first `update`.
   * @param onTimer - Called when a timer may have changed the choice.
   */
  constructor(clock: Clock, create: () => Child, onTimer: () => void) {
    this.#clock = clock
    this.#create = create
    this.#onTimer = onTimer
  }

  /** The child that requests go to; undefined when there is no priority. */
  get current(): Child | undefined {
    return this.#current
  }

  /**
   * @param name - Name of a child.
   * @returns whether it was made and is kept.
   */
  has(name: string): boolean {
    return this.#slots.has(name)
  }

  /**
   * Takes over a configuration.
   *
   * @param priorities - Highest first.
   */
  update(priorities: readonly NamedPriority<Config>[]): void {
    this.#priorities = priorities
    this.#busy = true
    for (const { name, config } of priorities) this.#slots.get(name)?.child.update(config)
    // gRFC A115: a child that may be needed again is kept, one that was removed is not. Last, so that what moved elsewhere stays connected.
    const names = new Set(priorities.map(({ name }) => name))
    for (const name of [...this.#slots.keys()]) if (!names.has(name)) this.#remove(name)
    this.#busy = false
    this.childChanged()
  }

  /** Every child that was made and is kept. */
  *children(): IterableIterator<Child> {
    for (const { child } of this.#slots.values()) yield child
  }

  /** The connectivity of a child may have changed. While a configuration is taken over nothing is chosen. */
  childChanged(): void {
    if (this.#busy) return
    for (const slot of this.#slots.values()) this.#observe(slot)
    this.#choose()
  }

  /** Lets go of all children. */
  close(): void {
    for (const name of [...this.#slots.keys()]) this.#remove(name)
    this.#priorities = []
    this.#current = undefined
  }

  #choose(): void {
    for (const [priority, { name, config }] of this.#priorities.entries()) {
      const slot = this.#slots.get(name) ?? this.#start(name, config)
      slot.deactivation?.cancel()
      slot.deactivation = undefined
      if (slot.state === 'ready' || slot.state === 'idle') {
        this.#current = slot.child
        this.#deactivateBelow(priority)
        return
      }
      if (slot.failover !== undefined) {
        this.#current = slot.child
        return
      }
    }
    const slots = this.#priorities.map(({ name }) => this.#slots.get(name)!)
    const connecting = slots.find(({ state }) => state === 'connecting')
    this.#current = (connecting ?? slots.at(-1))?.child
  }

  #start(name: string, config: Config): Slot<Config> & { readonly child: Child } {
    const child = this.#create()
    const slot: Slot<Config> & { readonly child: Child } = {
      child,
      state: 'connecting',
      seenUsable: false,
      failover: undefined,
      deactivation: undefined,
    }
    slot.failover = this.#failoverTimer(slot)
    this.#slots.set(name, slot)
    this.#busy = true
    child.update(config)
    this.#busy = false
    this.#observe(slot)
    return slot
  }

  /** Runs the failover timer by the changes of the child's state. */
  #observe(slot: Slot<Config>): void {
    const { state } = slot.child
    const before = slot.state
    slot.state = state
    if (state === 'connecting') {
      if (before !== 'connecting' && slot.seenUsable) slot.failover ??= this.#failoverTimer(slot)
      return
    }
    slot.seenUsable = state !== 'failed'
    slot.failover?.cancel()
    slot.failover = undefined
  }

  #failoverTimer(slot: Slot<Config>): Timer {
    return this.#clock.setTimer(FAILOVER_MS, () => {
      slot.failover = undefined
      this.childChanged()
      this.#onTimer()
    })
  }

  #deactivateBelow(priority: number): void {
    for (const { name } of this.#priorities.slice(priority + 1)) {
      const slot = this.#slots.get(name)
      if (slot === undefined) continue
      slot.deactivation ??= this.#clock.setTimer(DEACTIVATION_MS, () => this.#remove(name))
    }
  }

  #remove(name: string): void {
    const slot = this.#slots.get(name)
    if (slot === undefined) return
    slot.failover?.cancel()
    slot.deactivation?.cancel()
    this.#slots.delete(name)
    slot.child.close()
  }
}
