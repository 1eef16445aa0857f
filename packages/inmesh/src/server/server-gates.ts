import { ActiveFaults, InboundListener, type InboundSource } from '@inmesh/core'
import { type GatePlane, InboundGate, ObservingGate } from '@inmesh/http'
import type { Observer } from '../observing/observer.js'
import type { MeshSettings } from '../options/mesh-settings.js'

/** A gate with the watch that feeds it. */
export interface ServerGate {
  /** Applies the listener. */
  readonly gate: InboundGate
  /** The listener. */
  readonly listener: InboundListener
}

/** Makes the gates of a mesh's servers. */
export class ServerGates {
  readonly #source: InboundSource | undefined
  readonly #plane: GatePlane
  readonly #observer: Observer | undefined

  /**
   * @param source - Where listeners come from; undefined where nothing applies to requests.
   * @param settings - Settings of the mesh.
   * @param observer - Told what would happen to requests; undefined where it happens.
   */
  constructor(
    source: InboundSource | undefined,
    {
      clock,
      random,
      discoveryTimeoutMs,
      inboundListener,
    }: Pick<MeshSettings, 'clock' | 'random' | 'discoveryTimeoutMs' | 'inboundListener'>,
    observer?: Observer,
  ) {
    this.#observer = observer
    this.#source = source
    this.#plane = {
      clock,
      random,
      faults: new ActiveFaults(),
      patienceMs: discoveryTimeoutMs,
      required: inboundListener === 'required',
    }
  }

  /**
   * Starts to watch the listener of a server.
   *
   * @param address - IP literal that it is bound to.
   * @param port - Port that it is bound to.
   * @param retired - Told when connections belong to a listener that is no longer in use.
   * @returns undefined where nothing applies to requests.
   */
  open(address: string, port: number, retired: () => void): ServerGate | undefined {
    if (this.#source === undefined) return undefined
    const listener = new InboundListener(this.#source, { address, port }, this.#plane.random, retired)
    const observed = this.#observer?.asked
    const gate =
      observed === undefined
        ? new InboundGate(listener, this.#plane)
        : new ObservingGate(listener, this.#plane, observed)
    return { listener, gate }
  }

  /**
   * Why a server is not ready as far as its listener is concerned.
   *
   * @param gate - What applies to it.
   */
  *reasons({ listener }: ServerGate): Iterable<string> {
    const { state, error, server } = listener
    const place = `the listener of port ${server.port}`
    if (state === 'pending') yield `${place} has not arrived`
    else if (error !== undefined) yield `${place}: ${error.message}`
    else if (state === 'unknown' && this.#plane.required) yield `the control plane does not have ${place}`
  }
}
