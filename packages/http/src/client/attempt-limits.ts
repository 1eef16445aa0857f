import type { Call, Clock, Timer, TimerTask, TimerWheel } from '@inmesh/core'

/**
 * The limit that passed: of the whole call, of one attempt by the route and by its cluster, and of the time without a byte for call and
 * attempt.
 */
export type PassedLimit = 'call' | 'attempt' | 'attempt-stream' | 'idle' | 'attempt-idle'

/** Told when a limit passed; at most once between a start and the next. */
export interface LimitedCall {
  /**
   * @param limit - Which one.
   */
  limitPassed(limit: PassedLimit): void
}

/**
 * The limits of the attempt that is under way. Each is one cheap timer, and activity only notes the time: whether the attempt was idle is
 * found out when the timer fires.
 */
export class AttemptLimits implements TimerTask {
  readonly #clock: Clock
  readonly #timers: TimerWheel
  readonly #call: LimitedCall
  #whole: Timer | undefined = undefined
  #wholeLimit: PassedLimit = 'call'
  /** When the cluster's limit of the attempt passes; `Infinity` for none. */
  #streamEnd = Number.POSITIVE_INFINITY
  #idle: Timer | undefined = undefined
  #idleLimit: PassedLimit = 'idle'
  #idleMs = 0
  #activeMs = 0

  /**
   * @param plane - Clock and timers.
   * @param call - Told when a limit passed.
   */
  constructor(plane: { readonly clock: Clock; readonly timers: TimerWheel }, call: LimitedCall) {
    this.#clock = plane.clock
    this.#timers = plane.timers
    this.#call = call
  }

  /**
   * Whether an attempt has any limit.
   *
   * @param call - Says what the limits are; an endpoint was picked.
   */
  static neededFor(call: Call): boolean {
    return (
      call.deadline !== Number.POSITIVE_INFINITY ||
      call.idleMs > 0 ||
      call.perTryMs > 0 ||
      call.perTryIdleMs > 0 ||
      call.attemptMs > 0
    )
  }

  /**
   * Begins to count for an attempt, in place of whatever was counted before. Its own limit runs while it connects too, where Envoy's begins
   * with the connection: an endpoint that swallows packets then costs a try and not the connect timeout.
   *
   * @param call - Says what the limits are.
   * @param streaming - Whether the body is still being produced, so that the attempt's own limit does not run yet.
   * @returns the milliseconds that the attempt has; `Infinity` for no limit.
   */
  begin(call: Call, streaming: boolean): number {
    const { attemptMs } = call
    this.#streamEnd = attemptMs > 0 ? this.#clock.now() + attemptMs : Number.POSITIVE_INFINITY
    return this.resume(call, streaming)
  }

  /**
   * Counts anew what the attempt's progress changed, and not the time that it has in all.
   *
   * @param call - Says what the limits are.
   * @param streaming - As for {@link AttemptLimits.begin}.
   * @returns as that.
   */
  resume(call: Call, streaming: boolean): number {
    return this.#start(call.deadline, streaming ? 0 : call.perTryMs, call.idleMs, call.perTryIdleMs)
  }

  /**
   * Begins to count for a request to a host outside the mesh, which has no limits but the caller's.
   *
   * @param deadline - When it must be over, on the clock's scale; `Infinity` for no limit.
   */
  beginUntil(deadline: number): void {
    this.#streamEnd = Number.POSITIVE_INFINITY
    this.#start(deadline, 0, 0, 0)
  }

  /** A byte went one way or the other. */
  active(): void {
    if (this.#idle !== undefined) this.#activeMs = this.#clock.now()
  }

  /** Counts no more. */
  stop(): void {
    this.#whole?.cancel()
    this.#idle?.cancel()
    this.#whole = undefined
    this.#idle = undefined
  }

  timerDue(timer: Timer): void {
    if (timer === this.#idle) {
      const nowMs = this.#clock.now()
      const leftMs = this.#activeMs + this.#idleMs - nowMs
      if (leftMs > 0) {
        this.#idle = this.#timers.set(nowMs, leftMs, this)
        return
      }
    }
    const limit = timer === this.#idle ? this.#idleLimit : this.#wholeLimit
    this.stop()
    this.#call.limitPassed(limit)
  }

  #start(deadline: number, perTryMs: number, idleMs: number, perTryIdleMs: number): number {
    this.stop()
    const nowMs = this.#clock.now()
    let limitMs = deadline - nowMs
    let limit: PassedLimit = 'call'
    if (perTryMs > 0 && perTryMs < limitMs) {
      limitMs = perTryMs
      limit = 'attempt'
    }
    if (this.#streamEnd - nowMs < limitMs) {
      limitMs = this.#streamEnd - nowMs
      limit = 'attempt-stream'
    }
    if (limitMs !== Number.POSITIVE_INFINITY) {
      this.#wholeLimit = limit
      this.#whole = this.#timers.set(nowMs, limitMs, this)
    }
    const ownIdle = perTryIdleMs > 0 && (idleMs === 0 || perTryIdleMs < idleMs)
    this.#idleMs = ownIdle ? perTryIdleMs : idleMs
    if (this.#idleMs > 0 && this.#idleMs < limitMs) {
      this.#idleLimit = ownIdle ? 'attempt-idle' : 'idle'
      this.#activeMs = nowMs
      this.#idle = this.#timers.set(nowMs, this.#idleMs, this)
    }
    return limitMs
  }
}
