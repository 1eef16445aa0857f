import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { type Clock, MeshError, type Timer } from '@inmesh/core'
import type Opossum from 'opossum'
import type { BreakerState } from './breaker-state.js'
import type { BreakerSettings } from './service-settings.js'

/** Parts that the window of counts is divided into: opossum's default. */
const BUCKETS = 10

/** The longest timer that Node has. */
const NEVER = 0x7fff_ffff

/** Wraps the error of a call that says nothing about its upstream: neither a success nor a failure. */
export class Uncounted {
  /** What the caller is to get. */
  readonly error: unknown

  /**
   * @param error - What the caller is to get.
   */
  constructor(error: unknown) {
    this.error = error
  }
}

type Action<T> = () => Promise<T>
/** `state` is an option of opossum's that its types do not have. */
type Options = Opossum.Options<[Action<unknown>]> & {
  readonly state?: { readonly closed: boolean; readonly halfOpen: boolean }
}

/**
 * The only place that knows opossum, which counts failures, opens, and lets a single call through while it is half-open. Time is the mesh's
 * clock: the window of counts moves on when it is looked at, so that an idle circuit has no timer.
 *
 * Every time it becomes half-open it is a new opossum, begun in that state. One that went on would take a call of before it opened, answered
 * late, for the one that is being tried; an error that its filter leaves out for a success; and the failures for which it opened for new ones once it
 * is closed again.
 */
export class OpossumCircuit<T> {
  readonly #settings: BreakerSettings
  readonly #clock: Clock
  readonly #changed: (state: BreakerState) => void
  readonly #bucketMs: number
  #window = new EventEmitter()
  #bucketEnd: number
  #opossum: Opossum<[Action<T>], T>
  #state: BreakerState = 'closed'
  /** While open: until half-open. While half-open: until the call that is being tried makes way. */
  #timer: Timer | undefined = undefined

  /**
   * @param settings - Of the breaker.
   * @param clock - Time.
   * @param changed - Called with each new state.
   */
  constructor(settings: BreakerSettings, clock: Clock, changed: (state: BreakerState) => void) {
    this.#settings = settings
    this.#clock = clock
    this.#changed = changed
    this.#bucketMs = settings.rollingCountTimeout / BUCKETS
    this.#bucketEnd = clock.now() + this.#bucketMs
    this.#opossum = this.#begin({})
  }

  /** Whether calls are let through. */
  get state(): BreakerState {
    return this.#state
  }

  /**
   * Carries out a call, if it is let through.
   *
   * @param action - The call. What it rejects with counts as a failure, unless that is {@link Uncounted}.
   * @returns what the call returns; undefined when it was not let through.
   */
  fire(action: Action<T>): Promise<T> | undefined {
    const opossum = this.#opossum
    // As opossum itself decides, without the error that it makes.
    if (!opossum.closed && !opossum.pendingClose) return undefined
    this.#moveWindow()
    if (this.#state === 'half-open') this.#after(this.#settings.resetTimeout)
    return opossum.fire(action)
  }

  /** Ends it: it changes its state no more and has no timer. */
  shutdown(): void {
    this.#timer?.cancel()
    this.#opossum.shutdown()
  }

  #begin(begun: Pick<Options, 'state'>): Opossum<[Action<T>], T> {
    const Breaker = loadOpossum()
    const { errorThresholdPercentage, volumeThreshold } = this.#settings
    this.#window = new EventEmitter()
    this.#bucketEnd = this.#clock.now() + this.#bucketMs
    const options: Options = {
      ...begun,
      errorThresholdPercentage,
      volumeThreshold,
      // Of the machine's clock, and it would go on with the same opossum; see above.
      resetTimeout: NEVER,
      // It gives a call up and leaves it running; calls of the mesh have limits of their own, which cancel.
      timeout: false,
      rollingCountBuckets: BUCKETS,
      rotateBucketController: this.#window,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error) => this.#leavesOut(opossum, error),
    }
    const opossum = new Breaker<[Action<T>], T>((action) => action(), options)
    opossum.on('open', () => {
      this.#after(this.#settings.resetTimeout)
      this.#become('open')
    })
    opossum.on('close', () => {
      this.#timer?.cancel()
      this.#become('closed')
    })
    return opossum
  }

  /** Asked of every error, before opossum counts it. */
  #leavesOut(opossum: Opossum<[Action<T>], T>, error: unknown): boolean {
    if (opossum === this.#opossum) this.#moveWindow()
    if (!(error instanceof Uncounted)) return false
    // The call that was tried tells nothing, so another one may be.
    if (opossum.halfOpen) this.#openHalf()
    return true
  }

  #openHalf(): void {
    this.#timer?.cancel()
    this.#opossum.shutdown()
    this.#opossum = this.#begin({ state: { closed: false, halfOpen: true } })
    if (this.#state !== 'half-open') this.#become('half-open')
  }

  #after(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimer(delayMs, () => this.#openHalf())
  }

  #become(state: BreakerState): void {
    this.#state = state
    this.#changed(state)
  }

  #moveWindow(): void {
    const now = this.#clock.now()
    if (now >= this.#bucketEnd) {
      const passed = Math.floor((now - this.#bucketEnd) / this.#bucketMs) + 1
      this.#bucketEnd += passed * this.#bucketMs
      for (let left = Math.min(passed, BUCKETS); left > 0; left--) this.#window.emit('rotate')
    }
    // opossum keeps the latency of every call of the window, also for percentiles that nobody wants.
    this.#opossum.status.window[0]!.latencyTimes.length = 0
  }
}

/** When it is first needed: most applications have no breaker. What a bundler made of this module may have no URL, or nothing beside it. */
function loadOpossum(): typeof Opossum {
  try {
    return createRequire(import.meta.url)('opossum') as typeof Opossum
  } catch (cause) {
    const detail = 'a breaker needs the package opossum, which is not found here: leave inmesh out of the bundle'
    throw new MeshError('ERR_INMESH_OPTIONS', detail, { cause, place: { field: 'breaker' } })
  }
}
