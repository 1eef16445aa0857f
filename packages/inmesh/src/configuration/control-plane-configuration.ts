import type { AddressInfo } from 'node:net'
import type { ConfigSource, InboundSource, LoadReporting, Locality, MeshError } from '@inmesh/core'
import {
  type ClientStatus,
  type LiveUnsupported,
  listenerType,
  type ResourceProvider,
  type ResourceWatcher,
  serverListenerName,
} from '@inmesh/xds'
import type { Configuration } from './configuration.js'

/** Asked for to be told at once that it does not exist: whatever else is asked for may take its time, and may be nothing. */
const PROBE_LISTENER = 'inmesh/ready'

/** What a {@link ControlPlaneConfiguration} is made of. */
export interface ControlPlaneParts {
  /** Address of the control plane, for messages. */
  readonly uri: string
  /** The stream. */
  readonly provider: ResourceProvider
  /** The tree that grows on it. */
  readonly source: ConfigSource & { unsupported(): readonly LiveUnsupported[] }
  /** The same for servers. */
  readonly inbound: InboundSource & { unsupported(): readonly LiveUnsupported[] }
  /** Counts load for the control plane. */
  readonly loadReporting: LoadReporting
  /** Where the workload is; undefined where nobody said. */
  readonly locality: Locality | undefined
  /** `server_listener_resource_name_template`; servers are not registered without one. */
  readonly listenerTemplate: string | undefined
  /** What was learned, and what became of it. */
  clientStatus(): readonly ClientStatus[]
  /** Reports load for the last time. */
  flush(): Promise<void>
  /** Closes tree and stream. */
  close(): void
}

/** Configuration from an xDS control plane. */
export class ControlPlaneConfiguration implements Configuration {
  readonly source: ConfigSource
  readonly inbound: InboundSource
  readonly loadReporting: LoadReporting
  readonly locality: Locality | undefined
  readonly #parts: ControlPlaneParts
  /** Listeners asked for that the control plane has said nothing about. */
  readonly #unanswered = new Set<string>()
  readonly #waiting: (() => void)[] = []
  #answered = false
  #probed = false
  #error: MeshError | undefined

  /**
   * @param parts - The stream and what grows on it.
   */
  constructor(parts: ControlPlaneParts) {
    this.#parts = parts
    this.source = parts.source
    this.inbound = parts.inbound
    this.loadReporting = parts.loadReporting
    this.locality = parts.locality
  }

  /** Servers that listen are waited for too: whoever is ready can be called. */
  async whenReady(): Promise<void> {
    if (!this.#answered && !this.#probed) {
      this.#probed = true
      this.#watch(PROBE_LISTENER)
    }
    if (this.#unanswered.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  get isReady(): boolean {
    return this.#answered && this.#unanswered.size === 0
  }

  missing(): { readonly what: string; readonly cause: MeshError | undefined } {
    const listeners = this.#answered ? ` about ${[...this.#unanswered].join(', ')}` : ''
    return { what: `the control plane ${this.#parts.uri} has not answered${listeners}`, cause: this.#error }
  }

  unsupported(): readonly LiveUnsupported[] {
    const { source, inbound } = this.#parts
    return [...source.unsupported(), ...inbound.unsupported()]
  }

  /** Asking for a listener makes a control plane count the workload in, whoever applies what it says. */
  register(address: AddressInfo): () => void {
    const { listenerTemplate } = this.#parts
    return listenerTemplate === undefined ? () => {} : this.#watch(serverListenerName(listenerTemplate, address))
  }

  clientStatus(): readonly ClientStatus[] {
    return this.#parts.clientStatus()
  }

  flush(): Promise<void> {
    return this.#parts.flush()
  }

  close(): void {
    this.#parts.close()
  }

  #watch(name: string): () => void {
    const answered = (): void => {
      this.#answered = true
      this.#error = undefined
      this.#settled(name)
    }
    const watcher: ResourceWatcher<unknown> = {
      changed: answered,
      missing: answered,
      absent: answered,
      failed: (error) => {
        // A listener that is malformed is an answer all the same.
        if (error.code !== 'ERR_INMESH_CONTROL_PLANE_UNAVAILABLE') answered()
        else if (this.#unanswered.has(name)) this.#error = error
      },
      ambient: () => {},
    }
    this.#unanswered.add(name)
    let unwatch: (() => void) | undefined = this.#parts.provider.watch(listenerType, name, watcher)
    return () => {
      unwatch?.()
      unwatch = undefined
      this.#settled(name)
    }
  }

  #settled(name: string): void {
    if (!this.#unanswered.delete(name) || this.#unanswered.size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
