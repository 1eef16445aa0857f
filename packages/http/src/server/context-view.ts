import { type Clock, parseBaggage, type Random, type RequestContext } from '@inmesh/core'

/** What application code may read of the request that it works for. */
export class ContextView {
  /** What is carried along; outbound calls read it. */
  readonly context: RequestContext
  readonly #clock: Clock
  readonly #random: Random
  #baggage: ReadonlyMap<string, string> | undefined = undefined

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

  /** When the request must be over, in milliseconds since the Unix epoch; undefined when it has no limit. */
  get deadline(): number | undefined {
    const { timeLeftMs } = this
    return timeLeftMs === undefined ? undefined : this.#clock.wallTime() + timeLeftMs
  }

  /** Milliseconds until the request's deadline, at least 0; undefined when it has none. */
  get timeLeftMs(): number | undefined {
    const { deadline } = this.context
    return deadline === Number.POSITIVE_INFINITY ? undefined : Math.max(0, deadline - this.#clock.now())
  }

  /** The W3C `traceparent` that outbound calls of this request send. A trace begins here when the request brought none. */
  get traceparent(): string {
    return this.context.trace.traceparent(this.#random)
  }

  /** The W3C `tracestate` that came with the request; empty when there was none. */
  get tracestate(): string {
    return this.context.trace.tracestate
  }

  /**
   * W3C `baggage` of the request by name: values percent-decoded, properties left out. Parsed when first read. Calls to hosts of the mesh
   * send it on as it came.
   */
  get baggage(): ReadonlyMap<string, string> {
    this.#baggage ??= parseBaggage(this.context.baggage)
    return this.#baggage
  }

  /** Urgency of the request from 0, the highest, to 7 (RFC 9218, `priority: u=N`); undefined when nobody told, which means 3. */
  get priority(): number | undefined {
    return this.context.priority
  }
}
