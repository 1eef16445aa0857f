import { type Dispatcher, fetch, type RequestInfo, type RequestInit, type Response } from 'undici'
import type { MeshCallOptions, MeshDispatchOptions } from './call-options.js'
import type { CallProgress, FollowedCall } from './call-progress.js'

/** A dispatcher whose calls can be asked about. */
export interface FollowingDispatcher {
  /** Sends a request, for somebody who will ask what became of it. */
  follow(options: MeshDispatchOptions, handler: Dispatcher.DispatchHandler, followed: FollowedCall): boolean
  /** Lets a response or error of the caller's be asked about. */
  record(answer: unknown, followed: FollowedCall): void
}

/** What {@link MeshFetch} takes beside the URL: all that undici's `fetch` takes, and options of the mesh. */
export type MeshRequestInit = RequestInit & {
  /** Options of the mesh for this call. */
  readonly mesh?: MeshCallOptions
}

/**
 * `fetch` through the mesh. Rejects with a `TypeError` whose `cause` is the error of the dispatcher, as undici's does; answers that the
 * mesh makes itself are responses, unless the dispatcher throws them.
 *
 * A body given as a string can be sent again after it was written; any other body only until it was first read.
 */
export type MeshFetch = (input: RequestInfo, init?: MeshRequestInit) => Promise<Response>

/**
 * @param dispatcher - The mesh's dispatcher; takes the place of any that a request names itself.
 * @returns `fetch` bound to it.
 */
export function createFetch(dispatcher: FollowingDispatcher): MeshFetch {
  return async (input, init) => {
    const call = new FetchCall(dispatcher, init?.mesh, typeof init?.body === 'string' ? init.body : undefined)
    try {
      // `fetch` asks nothing else of a dispatcher.
      const response = await fetch(input, { ...init, dispatcher: call as Pick<Dispatcher, 'dispatch'> as Dispatcher })
      dispatcher.record(response, call)
      return response
    } catch (error) {
      dispatcher.record(error, call)
      throw error
    }
  }
}

/** One `fetch` with its redirects: adds to each request what `fetch` does not hand on. */
class FetchCall implements Pick<Dispatcher, 'dispatch'>, FollowedCall {
  /** Of the last request, where there are redirects. */
  progress: CallProgress | undefined = undefined
  readonly #dispatcher: FollowingDispatcher
  readonly #mesh: MeshCallOptions | undefined
  readonly #body: string | undefined

  constructor(dispatcher: FollowingDispatcher, mesh: MeshCallOptions | undefined, body: string | undefined) {
    this.#dispatcher = dispatcher
    this.#mesh = mesh
    this.#body = body
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#mesh === undefined && this.#body === undefined) return this.#dispatcher.follow(options, handler, this)
    // Keys first, as in OutboundRequest.
    const own: MeshDispatchOptions = { mesh: this.#mesh, body: null, ...options }
    // `fetch` wraps every body in a generator that yields once; the text itself can be sent again. A redirect may have dropped the body.
    if (this.#body !== undefined && options.body !== null && options.body !== undefined) own.body = this.#body
    return this.#dispatcher.follow(own, handler, this)
  }
}
