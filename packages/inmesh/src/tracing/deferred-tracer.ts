import type { CalledRequest, ClientSpan, RequestContext, ServedRequest, ServerSpan, Trace, Tracer } from '@inmesh/core'

/** Stands in for what makes spans while that is being loaded: until then there are none. */
export class DeferredTracer implements Tracer {
  /** Resolves once it is loaded; rejects with what stands in the way. */
  readonly opened: Promise<void>
  #tracer: Tracer | undefined

  /**
   * @param opening - What makes spans; undefined where nobody can ask for them.
   */
  constructor(opening: Promise<Tracer | undefined>) {
    this.opened = opening.then((tracer) => {
      this.#tracer = tracer
    })
  }

  get active(): boolean {
    return this.#tracer?.active === true
  }

  server(request: ServedRequest, trace: Trace, baggage: string): ServerSpan | undefined {
    return this.#tracer?.server(request, trace, baggage)
  }

  client(request: CalledRequest, context: RequestContext | undefined): ClientSpan | undefined {
    return this.#tracer?.client(request, context)
  }

  current(): Trace | undefined {
    return this.#tracer?.current()
  }

  entered(trace: Trace): Trace {
    return this.#tracer?.entered(trace) ?? trace
  }

  async flush(): Promise<void> {
    await this.#tracer?.flush()
  }
}
