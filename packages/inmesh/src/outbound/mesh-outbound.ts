import { type ContextStore, DataPlane } from '@inmesh/core'
import { createFetch, HttpCarrier, MeshDispatcher, type MeshFetch, SocketProber } from '@inmesh/http'
import type { Configuration } from '../configuration/configuration.js'
import type { MeshSettings } from '../options/mesh-settings.js'
import { closeWithin } from './bounded-close.js'
import type { Outbound } from './outbound.js'

/** Calls that go where the configuration says. */
export class MeshOutbound implements Outbound {
  readonly dispatcher: MeshDispatcher
  readonly fetch: MeshFetch
  readonly #plane: DataPlane

  /**
   * @param settings - Settings of the mesh.
   * @param configuration - Where configuration comes from.
   * @param context - Where calls find the request that they belong to.
   */
  constructor(
    settings: MeshSettings,
    { source, loadReporting }: Pick<Configuration, 'source' | 'loadReporting'>,
    context: ContextStore,
  ) {
    const { clock, random, localReply, discoveryTimeoutMs, balancingPolicies: policies } = settings
    const carrier = new HttpCarrier()
    const prober = new SocketProber()
    this.#plane = new DataPlane({ source, clock, random, carriers: [carrier], loadReporting, prober, policies })
    this.dispatcher = new MeshDispatcher({ plane: this.#plane, carrier, context, localReply, discoveryTimeoutMs })
    this.fetch = createFetch(this.dispatcher)
  }

  async close(timeoutMs: number): Promise<void> {
    await closeWithin(this.dispatcher, this.#plane.clock, timeoutMs)
    this.#plane.close()
  }
}
