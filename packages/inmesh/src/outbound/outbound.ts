import type { MeshFetch } from '@inmesh/http'
import type { Dispatcher } from 'undici'

/** The way out of a mesh. */
export interface Outbound {
  /** `fetch` over the dispatcher. */
  readonly fetch: MeshFetch
  /** Carries every request. */
  readonly dispatcher: Dispatcher
  /**
   * Carries the calls of the process that name no dispatcher, too.
   *
   * @returns what undoes it.
   */
  installGlobal(): () => void
  /**
   * Takes no new call, waits for those in flight and closes connections.
   *
   * @param timeoutMs - Milliseconds until calls still in flight are cut.
   */
  close(timeoutMs: number): Promise<void>
}
