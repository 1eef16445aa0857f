import type { IncomingMessage } from 'node:http'
import { ContextView } from './context-view.js'

/** What the mesh knows of one inbound request: `req.mesh`. */
export class MeshRequest extends ContextView {
  #controller: AbortController | undefined
  #abandoned = false

  /**
   * Aborted when the caller goes away before the response is complete, so that work for nobody can be given up. Made when first read.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abandoned) this.#controller.abort()
    }
    return this.#controller.signal
  }

  /**
   * The response is over. Called once, by whoever tracks the request.
   *
   * @param complete - Whether all of it was handed to the network.
   * @internal
   */
  ended(complete: boolean): void {
    if (complete) {
      // It knows already that the response has ended; now it lets go of it, which work that polls for ever would keep.
      this.context.close()
      return
    }
    this.#abandoned = true
    this.#controller?.abort()
    this.context.cancel()
  }
}

/** A node:http request that the mesh has taken in. */
export interface MeshIncomingMessage extends IncomingMessage {
  /** What the mesh knows of it. */
  readonly mesh: MeshRequest
}
