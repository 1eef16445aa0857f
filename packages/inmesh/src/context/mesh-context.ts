import { type Clock, type ContextStore, type Random, RequestContext } from '@inmesh/core'
import { ContextView } from '@inmesh/http'

/** The inbound request that the running code works for: `mesh.context`. */
export class MeshContext {
  readonly #contexts: ContextStore
  readonly #clock: Clock
  readonly #random: Random

  /**
   * @param contexts - Where the context is kept.
   * @param clock - The mesh's clock.
   * @param random - The mesh's dice.
   * @internal
   */
  constructor(contexts: ContextStore, clock: Clock, random: Random) {
    this.#contexts = contexts
    this.#clock = clock
    this.#random = random
  }

  /** Deadline and trace of the request that the calling code works for; undefined outside a request. */
  current(): ContextView | undefined {
    const context = this.#contexts.current()
    return context === undefined ? undefined : new ContextView(context, this.#clock, this.#random)
  }

  /**
   * Runs work that outlives its request: it keeps the trace and has no deadline.
   *
   * @param work - The work.
   * @returns what it returns.
   */
  detached<T>(work: () => T): T {
    const context = this.#contexts.current()
    if (context === undefined) return work()
    const lasting = new RequestContext(Number.POSITIVE_INFINITY, context.traceparent(this.#random), context.tracestate)
    return this.#contexts.run(lasting, work)
  }
}
