import type { Clock, ContextStore, Random, Tracer } from '@inmesh/core'
import { ContextView } from '@inmesh/http'
import { type CapturedContext, captureContext, restoreContext } from './captured-context.js'

/** The inbound request that the running code works for: `mesh.context`. */
export class MeshContext {
  readonly #contexts: ContextStore
  readonly #clock: Clock
  readonly #random: Random
  readonly #tracer: Tracer | undefined

  /**
   * @param contexts - Where the context is kept.
   * @param clock - The mesh's clock.
   * @param random - The mesh's dice.
   * @param tracer - Knows the spans that code runs in; undefined where nobody traces.
   * @internal
   */
  constructor(contexts: ContextStore, clock: Clock, random: Random, tracer?: Tracer) {
    this.#contexts = contexts
    this.#clock = clock
    this.#random = random
    this.#tracer = tracer
  }

  /**
   * What is carried to every call that the calling code makes: deadline, trace, baggage and priority of the request that it works for;
   * only the trace once the response to the request has ended. Undefined outside a request.
   */
  current(): ContextView | undefined {
    const context = this.#contexts.current()
    return context === undefined ? undefined : new ContextView(context, this.#clock, this.#random)
  }

  /**
   * Runs work that outlives its request: it keeps all but the deadline, and is not cancelled when the caller of the request goes away.
   *
   * @param work - The work.
   * @returns what it returns.
   */
  detached<T>(work: () => T): T {
    const context = this.#contexts.current()
    return context === undefined ? work() : this.#contexts.run(context.detached(), work)
  }

  /**
   * What is carried to every call that the calling code makes, as a plain object for {@link MeshContext.restore}: in another thread, in
   * the consumer of a queue, in a job. Its deadline is a wall time, so the clocks of both machines count. Cancellation and the identity
   * of the peer do not cross.
   */
  capture(): CapturedContext {
    const trace = this.#tracer?.active ? this.#tracer.current() : undefined
    return captureContext(this.#contexts.current(), this.#clock, this.#random, trace)
  }

  /**
   * Runs work for the request that something was captured in, in place of the one that the calling code works for. Whoever can write what
   * is restored sets deadline and baggage of the work.
   *
   * @param captured - What {@link MeshContext.capture} gave in any process; may have been JSON meanwhile.
   * @param work - The work.
   * @returns what it returns.
   * @throws MeshError ERR_INMESH_CONTEXT, before anything runs, when it is not of the shape that was captured.
   */
  restore<T>(captured: CapturedContext, work: () => T): T {
    const context = restoreContext(captured, this.#clock)
    if (this.#tracer?.active) context?.traced(this.#tracer.entered(context.trace))
    return this.#contexts.run(context, work)
  }
}
