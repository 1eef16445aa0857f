import { AsyncLocalStorage } from 'node:async_hooks'
import type { ContextStore, RequestContext } from '@inmesh/core'

/**
 * Finds the request that the running code works for by following asynchronous calls. One per mesh: two meshes do not see each other's. Where the
 * request has a span, what runs for it runs in that span too, so that OpenTelemetry and the mesh know of the same trace.
 */
export class AsyncContextStore implements ContextStore {
  readonly #storage = new AsyncLocalStorage<RequestContext | undefined>()

  current(): RequestContext | undefined {
    return this.#storage.getStore()?.inForce
  }

  run<T>(context: RequestContext | undefined, callback: () => T): T {
    const span = context?.trace.span
    // Code that works for the request already may be in a span of its own within that of the request.
    if (span === undefined || this.#storage.getStore()?.trace.span === span) return this.#storage.run(context, callback)
    return this.#storage.run(context, () => span.run(callback))
  }

  /**
   * Follows asynchronous calls no longer, until something is run again. Node keeps every storage that is in use for ever, and Node 20 and 22 look
   * through all of them whenever anything asynchronous begins.
   */
  close(): void {
    this.#storage.disable()
  }
}
