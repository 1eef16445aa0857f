import { type ContextStore, DataPlane, SystemClock, SystemRandom } from '@inmesh/core'
import { HttpCarrier, MeshDispatcher } from '@inmesh/http'
import { StaticSource } from './static-source.js'

/** A data plane with its dispatcher, as `inmesh` wires them. */
export class BenchMesh {
  /** Where its configuration comes from. */
  readonly source = new StaticSource()
  /** Its dispatcher. */
  readonly dispatcher: MeshDispatcher
  readonly #plane: DataPlane

  /**
   * @param context - Context of inbound requests, where the benchmark has some.
   */
  constructor(context?: ContextStore) {
    const carrier = new HttpCarrier()
    this.#plane = new DataPlane({
      source: this.source,
      clock: new SystemClock(),
      random: new SystemRandom(),
      carriers: [carrier],
    })
    this.dispatcher = new MeshDispatcher({ plane: this.#plane, carrier, ...(context === undefined ? {} : { context }) })
  }

  /** Closes everything. */
  async close(): Promise<void> {
    await this.dispatcher.close()
    this.#plane.close()
  }
}
