import type { Endpoint } from '../cluster/endpoint.js'
import type { Random } from '../ports/random.js'
import type { WeightedEndpoint } from './balancer.js'
import { DeadlineHeap } from './deadline-heap.js'
import { HostPositions } from './host-positions.js'

/** In place of a slot, and of a wait: nobody. */
const NOBODY = -1

/** Lines that nobody stands in are kept up to one per endpoint and so many: whose load goes up and down comes back to them. */
const SPARE_LINES = 64

/** A wait and an index stand in one number, which has 53 bits; one is left for the carry. */
const SORT_KEYS = 2 ** 51

/** What is known of a slot, side by side, so that a pick reads it at once: when it is due, */
const DUE = 0
/** how often somebody was picked before it, which breaks ties by who waits for longer, */
const SERVED = 1
/** its weight, */
const WEIGHT = 2
/** and who stands behind it. */
const BEHIND = 3
const SLOT_FIELDS = 4

/** What is known of a line: how long its turns are, */
const TURN = 0
/** and the slots at its ends. */
const FIRST = 1
const LAST = 2
const LINE_FIELDS = 4

/**
 * Earliest-deadline-first scheduling over weights, as Envoy's EdfScheduler does: an endpoint comes up in proportion to its weight, spread
 * evenly and not in runs.
 *
 * Endpoints whose turns take equally long stand in one line: as time only goes on, who is put back last is due last. So only the heads of
 * the lines are compared, and there are as many lines as there are different weights, however many endpoints there are. Where no two weigh
 * the same, a pick costs O(log n).
 */
export class EdfSchedule {
  readonly #hosts: readonly WeightedEndpoint[]
  /** By slot: one for each host, so numbered that those who follow each other in a line are beside each other in memory. */
  readonly #endpoints: Endpoint[] = []
  readonly #slots: Float64Array
  /** Of a slot, the index of its host. */
  readonly #position: Uint32Array
  #lines = new Float64Array(LINE_FIELDS)
  #lineCount = 0
  readonly #lineByTurn = new Map<number, number>()
  readonly #unused: number[] = []
  /** Lines that somebody stands in, by when the first is due. */
  readonly #due = new DeadlineHeap((left, right) => this.#head(left, SERVED) < this.#head(right, SERVED))
  #picks: number
  #now = 0

  /**
   * @param hosts - Endpoints with their weights.
   * @param random - Spreads the first deadlines, so that many clients that get the same update do not all begin with the same endpoint.
   * @param previous - The schedule that this one takes the place of: what an endpoint had waited of its turn there counts here.
   */
  constructor(hosts: readonly WeightedEndpoint[], random: Random, previous?: EdfSchedule) {
    const count = hosts.length
    this.#hosts = hosts
    this.#picks = count
    this.#slots = new Float64Array(count * SLOT_FIELDS)
    this.#position = new Uint32Array(count)
    const lineOf = new Uint32Array(count)
    const order = new Float64Array(count)
    const scale = Math.floor(SORT_KEYS / count)
    const waits = previous?.waitsOf(hosts)
    // Most weigh what the one before them weighs.
    let turn = Number.NaN
    let line = NOBODY
    for (let index = 0; index < count; index++) {
      const known = waits === undefined ? NOBODY : waits[index]!
      const wait = known < 0 ? random.next() : known
      // It may have been taken under load, and then waits for more than one turn.
      const load = wait > 1 ? Math.ceil(wait) : 1
      const own = load / hosts[index]!.weight
      if (own !== turn) {
        turn = own
        line = this.#lineOf(turn)
      }
      lineOf[index] = line
      order[index] = Math.floor((wait / load) * scale) * count + index
    }
    // Numbers alone are sorted without a call for each comparison.
    order.sort()
    this.#fill(order, lineOf, scale)
  }

  /**
   * Takes the endpoint that is due and puts it back.
   *
   * @param load - Divides its weight for its next turn; 1 for plain weighted round robin.
   * @returns the endpoint, or undefined when there is none.
   */
  next(load: (endpoint: Endpoint) => number): Endpoint | undefined {
    if (this.#due.size === 0) return undefined
    const line = this.#due.top
    const lines = this.#lines
    const slots = this.#slots
    const head = line * LINE_FIELDS
    const slot = lines[head + FIRST]!
    const place = slot * SLOT_FIELDS
    const endpoint = this.#endpoints[slot]!
    const turn = load(endpoint) / slots[place + WEIGHT]!
    this.#now = this.#due.topDue
    slots[place + DUE] = this.#now + turn
    slots[place + SERVED] = this.#picks++
    if (turn !== lines[head + TURN]) {
      this.#stepOff(line)
      this.#queueUp(slot, this.#lineOf(turn))
      return endpoint
    }
    const last = lines[head + LAST]!
    if (slot !== last) {
      lines[head + FIRST] = slots[place + BEHIND]!
      slots[last * SLOT_FIELDS + BEHIND] = slot
      lines[head + LAST] = slot
    }
    this.#due.replaceTop(line, this.#head(line, DUE))
    return endpoint
  }

  /** How many lines are kept, those included that nobody stands in. */
  get lines(): number {
    return this.#lineByTurn.size
  }

  /** What each of some hosts still has to wait, 1 for a whole turn of its own; below 0 for one that is not here. */
  waitsOf(hosts: readonly WeightedEndpoint[]): Float64Array {
    const before = new Float64Array(this.#hosts.length)
    for (let slot = 0; slot < before.length; slot++) {
      const place = slot * SLOT_FIELDS
      before[this.#position[slot]!] = (this.#slots[place + DUE]! - this.#now) * this.#slots[place + WEIGHT]!
    }
    const positions = new HostPositions(this.#hosts)
    const waits = new Float64Array(hosts.length)
    for (let index = 0; index < waits.length; index++) {
      const position = positions.of(hosts[index]!.endpoint)
      waits[index] = position < 0 ? NOBODY : before[position]!
    }
    return waits
  }

  /** Puts every host into its line, the one that is due first in front. */
  #fill(order: Float64Array, lineOf: Uint32Array, scale: number): void {
    const hosts = this.#hosts
    const slots = this.#slots
    const lines = this.#lines
    const count = hosts.length
    this.#endpoints.length = count
    const free = new Uint32Array(this.#lineCount + 1)
    for (let index = 0; index < count; index++) free[lineOf[index]! + 1]!++
    for (let line = 0; line < this.#lineCount; line++) free[line + 1]! += free[line]!
    for (let rank = 0; rank < count; rank++) {
      const key = order[rank]!
      const share = Math.floor(key / count)
      const index = key - share * count
      const line = lineOf[index]!
      const head = line * LINE_FIELDS
      const slot = free[line]!++
      const place = slot * SLOT_FIELDS
      const { endpoint, weight } = hosts[index]!
      this.#endpoints[slot] = endpoint
      this.#position[slot] = index
      slots[place + DUE] = (share / scale) * lines[head + TURN]!
      slots[place + SERVED] = index
      slots[place + WEIGHT] = weight
      slots[place + BEHIND] = slot + 1
      if (lines[head + FIRST] === NOBODY) lines[head + FIRST] = slot
      lines[head + LAST] = slot
    }
    for (let line = 0; line < this.#lineCount; line++) this.#due.push(line, this.#head(line, DUE))
  }

  /** What is known of the first in a line. */
  #head(line: number, field: number): number {
    return this.#slots[this.#lines[line * LINE_FIELDS + FIRST]! * SLOT_FIELDS + field]!
  }

  /** The first of the line that is due leaves it. */
  #stepOff(line: number): void {
    const lines = this.#lines
    const head = line * LINE_FIELDS
    const slot = lines[head + FIRST]!
    if (slot !== lines[head + LAST]) {
      lines[head + FIRST] = this.#slots[slot * SLOT_FIELDS + BEHIND]!
      this.#due.replaceTop(line, this.#head(line, DUE))
      return
    }
    this.#due.pop()
    lines[head + FIRST] = NOBODY
    // There can be as many lengths of turns as there are loads.
    if (this.#lineByTurn.size > this.#hosts.length + SPARE_LINES) {
      this.#lineByTurn.delete(lines[head + TURN]!)
      this.#unused.push(line)
    }
  }

  #queueUp(slot: number, line: number): void {
    const lines = this.#lines
    const head = line * LINE_FIELDS
    if (lines[head + FIRST] !== NOBODY) {
      this.#slots[lines[head + LAST]! * SLOT_FIELDS + BEHIND] = slot
      lines[head + LAST] = slot
      return
    }
    lines[head + FIRST] = slot
    lines[head + LAST] = slot
    this.#due.push(line, this.#head(line, DUE))
  }

  /** The line of those whose turns take so long. */
  #lineOf(turn: number): number {
    const known = this.#lineByTurn.get(turn)
    if (known !== undefined) return known
    const line = this.#unused.pop() ?? this.#lineCount++
    const head = line * LINE_FIELDS
    if (head === this.#lines.length) {
      const more = new Float64Array(2 * head)
      more.set(this.#lines)
      this.#lines = more
    }
    this.#lines[head + TURN] = turn
    this.#lines[head + FIRST] = NOBODY
    this.#lineByTurn.set(turn, line)
    return line
  }
}

/**
 * @param hosts - Endpoints with their weights.
 * @returns whether all weigh the same, so that a simpler policy gives the same shares.
 */
export function equallyWeighted(hosts: readonly WeightedEndpoint[]): boolean {
  const weight = hosts[0]?.weight
  for (let index = 1; index < hosts.length; index++) if (hosts[index]!.weight !== weight) return false
  return true
}
