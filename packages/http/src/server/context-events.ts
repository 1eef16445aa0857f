import type { EventEmitter } from 'node:events'
import type { ContextStore, RequestContext } from '@inmesh/core'

/**
 * Makes the events of a request and its response run in the request's context. Node emits them from its parser and from the socket,
 * whose asynchronous resources are older than the request (nodejs/node issues 33723 and 34430): without this, a handler that collects
 * the body with `on('data')` and goes on in `on('end')` would have lost its deadline and its trace there.
 */
export class ContextEvents {
  readonly #contexts: ContextStore

  /**
   * @param contexts - Where the running code finds its context.
   */
  constructor(contexts: ContextStore) {
    this.#contexts = contexts
  }

  /**
   * Binds an emitter. By one property of its own: Express replaces the prototype of requests and responses, and of one whose prototype was replaced
   * each property that is added costs microseconds.
   *
   * @param emitter - The request or the response.
   * @param context - The request's context.
   */
  bind(emitter: EventEmitter, context: RequestContext): void {
    const contexts = this.#contexts
    const { emit } = emitter
    emitter.emit = function (this: EventEmitter, event: string | symbol, ...values: unknown[]): boolean {
      // Most events are heard by nobody. An error may be by those who only look on.
      if (event !== 'error' && this.listenerCount(event) === 0) return emit.call(this, event, ...values)
      return contexts.run(context, () => emit.call(this, event, ...values))
    }
  }
}
