import type { Clock, Random, RequestContext } from '@inmesh/core'

/** What application code may read of the request that it works for. */
export class ContextView {
  /** What is carried along; outbound calls read it. */
  readonly context: RequestContext
  readonly #clock: Clock
  readonly #random: Random

  /**
   * @param context - The context to show.
   * @param clock - The clock on whose scale its deadline lies.
   * @param random - Source of trace ids.
   */
  constructor(context: RequestContext, clock: Clock, random: Random) {
    this.context = context
    this.#clock = clock
    this.#random = random
  }

  /** Milliseconds until the request's deadline, at least 0; undefined when it has none. */
  get timeLeftMs(): number | undefined {
    const { deadline } = this.context
    return deadline === Number.POSITIVE_INFINITY ? undefined : Math.max(0, deadline - this.#clock.now())
  }

  /** The W3C `traceparent` that outbound calls of this request send. A trace begins here when the request brought none. */
  get traceparent(): string {
    return this.context.traceparent(this.#random)
  }

  /** The W3C `tracestate` that came with the request; empty when there was none. */
  get tracestate(): string {
    return this.context.tracestate
  }
}
