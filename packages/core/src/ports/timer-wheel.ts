import { BinaryHeap } from '../collections/binary-heap.js'
import type { Clock, Timer } from './clock.js'

/** A clock may fire a hair before the time asked for: without this, the rest could be too short to ever pass. */
const SHORTEST_MS = 0.01

/** What a {@link TimerWheel} calls; an object, so that a timer needs no closure. */
export interface TimerTask {
  /**
   * The time has come.
   *
   * @param timer - The timer that was set.
   */
  timerDue(timer: Timer): void
}

/** Timers that are due together. */
interface Slot {
  readonly dueMs: number
  first: WheelTimer | undefined
}

class WheelTimer implements Timer {
  readonly task: TimerTask
  readonly slot: Slot
  next: WheelTimer | undefined
  previous: WheelTimer | undefined
  pending = true

  constructor(task: TimerTask, slot: Slot) {
    this.task = task
    this.slot = slot
    this.next = slot.first
    this.previous = undefined
    if (slot.first !== undefined) slot.first.previous = this
    slot.first = this
  }

  cancel(): void {
    if (!this.pending) return
    this.pending = false
    if (this.previous === undefined) this.slot.first = this.next
    else this.previous.next = this.next
    if (this.next !== undefined) this.next.previous = this.previous
  }
}

/**
 * Timers that are cheap to set and to cancel, for limits that nearly never pass: those of one moment share a single timer of the clock, which
 * is none of the ones that are cancelled. A timer never fires early; it fires late by a millisecond, or by up to a hundredth of its time.
 *
 * They do not keep an otherwise idle process alive.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #slots = new Map<number, Slot>()
  readonly #order = new BinaryHeap<Slot>((left, right) => left.dueMs < right.dueMs)
  /** The slot used last: requests with the same limit follow each other. */
  #recent: Slot | undefined
  #timer: Timer | undefined
  #armedMs = Number.POSITIVE_INFINITY

  /**
   * @param clock - Time.
   */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Sets a timer.
   *
   * @param nowMs - The present, on the clock's scale; who sets several timers asks the clock once.
   * @param delayMs - Milliseconds from then.
   * @param task - What to call.
   */
  set(nowMs: number, delayMs: number, task: TimerTask): Timer {
    const grain = delayMs < 1000 ? 1 : delayMs < 30_000 ? 10 : 250
    const dueMs = Math.ceil((nowMs + delayMs) / grain) * grain
    let slot = this.#recent
    if (slot?.dueMs !== dueMs) {
      slot = this.#slots.get(dueMs) ?? this.#newSlot(dueMs)
      this.#recent = slot
    }
    return new WheelTimer(task, slot)
  }

  /**
   * Lets go of the clock, which would hold the wheel and all that it knows for as long as the longest limit. Timers that are not cancelled yet
   * fire in their time.
   */
  close(): void {
    for (const slot of this.#slots.values()) if (slot.first !== undefined) return
    this.#timer?.cancel()
    this.#armedMs = Number.POSITIVE_INFINITY
    this.#recent = undefined
    this.#slots.clear()
    while (this.#order.pop() !== undefined);
  }

  #newSlot(dueMs: number): Slot {
    const slot: Slot = { dueMs, first: undefined }
    this.#slots.set(dueMs, slot)
    this.#order.push(slot)
    if (dueMs < this.#armedMs) this.#arm(dueMs)
    return slot
  }

  #arm(dueMs: number): void {
    this.#timer?.cancel()
    this.#armedMs = dueMs
    this.#timer = this.#clock.setTimer(Math.max(SHORTEST_MS, dueMs - this.#clock.now()), this.#turn)
  }

  readonly #turn = (): void => {
    const nowMs = this.#clock.now()
    this.#armedMs = Number.POSITIVE_INFINITY
    this.#recent = undefined
    for (let slot = this.#order.top; slot !== undefined; slot = this.#order.top) {
      // Slots whose timers were all cancelled go too, so that nobody wakes up for them.
      if (slot.dueMs > nowMs && slot.first !== undefined) break
      this.#order.pop()
      this.#slots.delete(slot.dueMs)
      if (slot.dueMs <= nowMs) fire(slot)
    }
    const next = this.#order.top
    // A task may have set a timer that is due before all that is left.
    if (next !== undefined && next.dueMs < this.#armedMs) this.#arm(next.dueMs)
  }
}

function fire(slot: Slot): void {
  for (let timer = slot.first; timer !== undefined; timer = slot.first) {
    timer.cancel()
    timer.task.timerDue(timer)
  }
}
