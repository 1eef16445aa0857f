import type { MeshError } from '@inmesh/core'
import type { Dispatcher } from 'undici'
import type { Attempt } from './attempt.js'
import type { UpstreamPool } from './upstream-pool.js'

/** Stands in for connections that may not be made: every request fails with the reason. */
export class RefusingPool implements UpstreamPool {
  readonly authority: string
  readonly httpVersion = '1.1'
  readonly ready = false
  readonly #error: MeshError

  /**
   * @param authority - As of the pool that it stands in for.
   * @param error - The reason.
   */
  constructor(authority: string, error: MeshError) {
    this.authority = authority
    this.#error = error
  }

  dispatch(_options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    attempt.onError(this.#error)
  }

  async close(): Promise<void> {}

  async destroy(): Promise<void> {}
}
