import type { ActiveFaults } from '../filters/active-faults.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { RouteTimeouts } from '../route/route-timeouts.js'
import { type CallDeadline, type CallLimit, overdueReply } from './call-limit.js'
import { Exchange } from './exchange.js'
import type { LocalReply } from './local-reply.js'
import type { RequestView } from './request-view.js'

/** An exchange with the limits of its time. */
export abstract class TimedExchange extends Exchange {
  /** When the call must be over, on the clock's scale; `Infinity` for no limit. Final once the request was sent. */
  deadline: number
  /** Longest time without a byte in either direction in milliseconds, 0 for none; known once `start()` found a route. */
  idleMs = 0
  #requestMs = 0
  /** Which limit {@link TimedExchange.deadline} is. */
  #limit: CallLimit = 'call'
  /** What counts again when the request need not be sent in time any more. */
  #unsent: CallDeadline | undefined

  /**
   * @param plane - Clock, dice and faults.
   * @param request - The request.
   * @param deadline - Limit from the caller, on the clock's scale; `Infinity` for none.
   */
  constructor(
    plane: { readonly clock: Clock; readonly random: Random; readonly faults: ActiveFaults },
    request: RequestView,
    deadline: number,
  ) {
    super(plane, request)
    this.deadline = deadline
  }

  /** The request was sent whole: the route's time limit begins, once for all attempts (Envoy, RouteAction.timeout). */
  requestSent(): void {
    this.sendingOver()
    if (this.#requestMs > 0) this.#limitTo(this.clock.now() + this.#requestMs, 'call')
  }

  /**
   * The request was sent whole, or its response began: it need not be sent in time any more.
   *
   * @returns whether the deadline changed.
   */
  sendingOver(): boolean {
    const before = this.#unsent
    if (before === undefined) return false
    this.#unsent = undefined
    this.deadline = before.at
    this.#limit = before.limit
    return true
  }

  /**
   * The answer when the deadline passed.
   *
   * @param sent - Whether the request was sent whole.
   * @param detail - What happened, for people.
   */
  overdue(sent: boolean, detail: string): LocalReply {
    return overdueReply(this.#limit, sent, detail)
  }

  /**
   * The limits of the route that was found begin to count.
   *
   * @param timeouts - Its limits.
   * @param streaming - Whether the request's body is still being produced.
   */
  protected limitBy({ requestMs, streamMs, idleMs, sendingMs }: RouteTimeouts, streaming: boolean): void {
    this.#requestMs = requestMs
    this.idleMs = idleMs
    if (requestMs === 0 && streamMs === 0 && sendingMs === 0) return
    const nowMs = this.clock.now()
    if (streamMs > 0) this.#limitTo(nowMs + streamMs, 'stream')
    if (!streaming) {
      if (requestMs > 0) this.#limitTo(nowMs + requestMs, 'call')
    } else if (sendingMs > 0) {
      this.#unsent = { at: this.deadline, limit: this.#limit }
      this.#limitTo(nowMs + sendingMs, 'sending')
    }
  }

  /** Of limits that pass together the last one counts: that of the route. */
  #limitTo(deadline: number, limit: CallLimit): void {
    if (deadline > this.deadline) return
    this.deadline = deadline
    this.#limit = limit
  }
}
