import type { Clock } from '@inmesh/core'
import type { MeshFetch } from '@inmesh/http'
import { Agent, fetch } from 'undici'
import { closeWithin } from './bounded-close.js'
import type { Outbound } from './outbound.js'

/** Calls of a mesh that is switched off: undici as it is. Options of the mesh in a call are without effect. */
export class PlainOutbound implements Outbound {
  readonly dispatcher = new Agent()
  readonly fetch: MeshFetch = (input, init) => fetch(input, { ...init, dispatcher: this.dispatcher })
  readonly #clock: Clock

  /**
   * @param clock - Time.
   */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Such calls are what they were. */
  installGlobal(): () => void {
    return () => {}
  }

  close(timeoutMs: number): Promise<void> {
    return closeWithin(this.dispatcher, this.#clock, timeoutMs)
  }
}
