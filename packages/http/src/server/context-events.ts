import type { EventEmitter } from 'node:events'
import type { ContextStore, RequestContext } from '@inmesh/core'

type Emit = (this: EventEmitter, event: string | symbol, ...values: unknown[]) => boolean

/** A request or response whose listeners run for its request. */
interface BoundEmitter extends EventEmitter {
  emit: Emit
  [CONTEXT]: RequestContext
  [EMIT]: Emit
}

const CONTEXT = Symbol('inmesh.context')
const EMIT = Symbol('inmesh.emit')

/**
 * Makes the events of a request and its response run in the request's context. Node emits them from its parser and from the socket,
 * whose asynchronous resources are older than the request (nodejs/node issues 33723 and 34430): without this, a handler that collects
 * the body with `on('data')` and goes on in `on('end')` would have lost its deadline and its trace there.
 */
export class ContextEvents {
  readonly #emit: Emit

  /**
   * @param contexts - Where the running code finds its context.
   */
  constructor(contexts: ContextStore) {
    // One function for all emitters: their context is found in `this`.
    this.#emit = function (event, ...values) {
      const emitter = this as BoundEmitter
      return contexts.run(emitter[CONTEXT], () => emitter[EMIT](event, ...values))
    }
  }

  /**
   * Binds an emitter. An own property, since Express replaces the prototype of requests and responses.
   *
   * @param emitter - The request or the response.
   * @param context - The request's context.
   */
  bind(emitter: EventEmitter, context: RequestContext): void {
    const bound = emitter as BoundEmitter
    bound[CONTEXT] = context
    bound[EMIT] = bound.emit
    bound.emit = this.#emit
  }
}
