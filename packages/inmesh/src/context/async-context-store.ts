import { AsyncLocalStorage } from 'node:async_hooks'
import type { ContextStore, RequestContext } from '@inmesh/core'

/** Finds the request that the running code works for by following asynchronous calls. One per mesh: two meshes do not see each other's. */
export class AsyncContextStore implements ContextStore {
  readonly #storage = new AsyncLocalStorage<RequestContext | undefined>()

  current(): RequestContext | undefined {
    return this.#storage.getStore()?.inForce
  }

  run<T>(context: RequestContext | undefined, callback: () => T): T {
    return this.#storage.run(context, callback)
  }
}
