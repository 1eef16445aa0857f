import type { Random } from '../ports/random.js'
import { newTraceparent } from './trace-context.js'

/** The trace that a request belongs to (W3C Trace Context). All that is left of a request when it is over. */
export class Trace {
  /** `tracestate` as it came; empty when there was none. */
  readonly tracestate: string
  #traceparent: string

  /**
   * @param traceparent - A valid `traceparent`, or the empty string to begin a trace when one is first needed.
   * @param tracestate - Its `tracestate`; ignored without a `traceparent`.
   */
  constructor(traceparent = '', tracestate = '') {
    this.#traceparent = traceparent
    this.tracestate = traceparent === '' ? '' : tracestate
  }

  /**
   * The `traceparent` for outbound calls; made when first asked for, so that a request that makes no call pays nothing.
   *
   * @param random - Source of the ids.
   */
  traceparent(random: Random): string {
    if (this.#traceparent === '') this.#traceparent = newTraceparent(random)
    return this.#traceparent
  }
}
