import type { LocalReply } from '../call/local-reply.js'
import type { ResponseHead } from '../call/response-head.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { FormatContext } from '../format/format-context.js'
import type { OverrideHost } from '../model/override-host.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { ActiveFaults } from './active-faults.js'

/** What a filter may use while it looks at one request. */
export interface FilterContext extends FormatContext {
  readonly endpoint: Endpoint | undefined
  /** The plane's clock. */
  readonly clock: Clock
  /** The plane's dice. */
  readonly random: Random
  /** Faults of the plane. */
  readonly faults: ActiveFaults
  /**
   * Asks to be called when the request ends, however it does.
   *
   * @param callback - What to call.
   */
  atEnd(callback: () => void): void
  /** The endpoint that the request is pinned to; a filter may pin it. */
  overrideHost: OverrideHost | undefined
  /** The rate in KiB per second that the body of the response goes to the caller at, at most; 0 for any. A filter may set it. */
  responseKbps: number
  /** Whether a fault delayed the request. A filter may say so. */
  delayInjected: boolean
}

/** The request goes on to the next filter. */
export interface Continue {
  /** Tag of the union. */
  readonly kind: 'continue'
}

/**
 * The request must be held back. The carrier performs the wait, bounded by the request's deadline and by cancellation, and then asks
 * `resume` how to go on.
 */
export interface Wait {
  /** Tag of the union. */
  readonly kind: 'wait'
  /** How long to wait, in milliseconds. */
  readonly delayMs: number
  /**
   * Called once, when the wait is over; never when the request ended meanwhile.
   *
   * @param context - The same request.
   */
  resume(context: FilterContext): Verdict
}

/** What a filter, or the whole chain, says of a request. */
export type Verdict = Continue | LocalReply | Wait

/** The verdict that lets a request pass; one object, as every request gets it. */
export const CONTINUE: Continue = Object.freeze({ kind: 'continue' })

/**
 * One HTTP filter with its effective configuration. Filters hold no state of single requests: what must survive a wait is kept by the
 * `Wait` itself.
 */
export interface Filter {
  /** Instance name from the listener. */
  readonly name: string
  /**
   * Looks at a request before an endpoint is picked; once per logical call, retries do not come here again.
   *
   * @param context - The request and the plane's clock and dice.
   */
  request(context: FilterContext): Verdict
  /**
   * Sees the head of the response before the caller does, whether the upstream gave it or the mesh itself, a later filter or this one
   * included. Filters that do not ask for responses leave it out.
   *
   * @param context - The request and the plane's clock and dice.
   * @param head - May be changed.
   */
  response?(context: FilterContext, head: ResponseHead): void
}
