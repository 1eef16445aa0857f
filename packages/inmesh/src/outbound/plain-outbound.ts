import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Clock } from '@inmesh/core'
import {
  checkAgentOptions,
  type MeshAgentOptions,
  type MeshFetch,
  type MeshHttpsAgentOptions,
  MeshTcp,
  OutboundPolicy,
} from '@inmesh/http'
import { Agent, fetch } from 'undici'
import { closeWithin } from './bounded-close.js'
import type { Outbound } from './outbound.js'

/** Calls of a mesh that is switched off: undici and the agents of node as they are. Options of the mesh in a call are without effect. */
export class PlainOutbound implements Outbound {
  readonly dispatcher = new Agent()
  readonly fetch: MeshFetch = (input, init) => fetch(input, { ...init, dispatcher: this.dispatcher })
  readonly tcp: MeshTcp
  readonly #clock: Clock

  /**
   * @param clock - Time.
   */
  constructor(clock: Clock) {
    this.#clock = clock
    this.tcp = new MeshTcp({ clock, outbound: new OutboundPolicy(), discoveryTimeoutMs: 0 })
  }

  /** Such calls are what they were. */
  installGlobal(): () => void {
    return () => {}
  }

  httpAgent(options: MeshAgentOptions): HttpAgent {
    return new HttpAgent(checkAgentOptions(options, false))
  }

  httpsAgent(options: MeshHttpsAgentOptions): HttpsAgent {
    return new HttpsAgent({ ...checkAgentOptions(options, true), ca: options.ca as string | undefined })
  }

  /** Nobody watches. */
  outcome(): undefined {
    return undefined
  }

  async close(timeoutMs: number): Promise<void> {
    await Promise.all([this.tcp.close(timeoutMs), closeWithin(this.dispatcher, this.#clock, timeoutMs)])
  }
}
