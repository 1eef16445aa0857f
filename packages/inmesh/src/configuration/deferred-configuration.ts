import type { AddressInfo } from 'node:net'
import type { ConfigSource, InboundSource, LoadReporting, Locality, MeshError } from '@inmesh/core'
import type { ClientStatus, LiveUnsupported } from '@inmesh/xds'
import type { Configuration } from './configuration.js'

/** Ends a watch that may not have begun. */
class LateWatch {
  #unwatch: (() => void) | undefined
  #ended = false

  begin(watch: () => () => void): void {
    if (!this.#ended) this.#unwatch = watch()
  }

  readonly end = (): void => {
    this.#ended = true
    this.#unwatch?.()
    this.#unwatch = undefined
  }
}

/**
 * Stands in for a configuration that is being opened, for a mesh that must be there at once: what is asked of it before then is asked of the
 * configuration as soon as that is there, and until then calls and requests wait as for a control plane that has not answered.
 */
export class DeferredConfiguration implements Configuration {
  readonly source: ConfigSource = {
    watch: (name, watcher) => this.#later(({ source }) => source.watch(name, watcher)),
    watchCluster: (name, watcher) => this.#later(({ source }) => source.watchCluster?.(name, watcher) ?? (() => {})),
    resolveAgain: (cluster) => this.#opened?.source.resolveAgain?.(cluster),
  }

  readonly inbound: InboundSource = {
    watchInbound: (server, watcher) =>
      this.#later(({ inbound }) => {
        if (inbound !== undefined) return inbound.watchInbound(server, watcher)
        queueMicrotask(() => watcher.unknown())
        return () => {}
      }),
  }

  /** Load is counted of clusters, which only the configuration itself tells of. */
  readonly loadReporting: LoadReporting = {
    recordLoad: (cluster, report) => this.#opened!.loadReporting!.recordLoad(cluster, report),
  }

  /** A bootstrap that says more than the settings has not been read yet. */
  readonly locality: Locality | undefined
  readonly #opening: Promise<void>
  #opened: Configuration | undefined
  #waiting: ((opened: Configuration) => void)[] = []
  #closed = false

  /**
   * @param opening - The configuration. Whoever made the promise hears of its failure.
   * @param locality - Where the workload is, as far as the settings say.
   */
  constructor(opening: Promise<Configuration>, locality: Locality | undefined) {
    this.locality = locality
    this.#opening = opening.then(
      (opened) => this.#open(opened),
      () => {},
    )
  }

  async whenReady(): Promise<void> {
    await this.#opening
    // One that could not be opened never is.
    await (this.#opened?.whenReady() ?? new Promise(() => {}))
  }

  get isReady(): boolean {
    return this.#opened?.isReady === true
  }

  missing(): { readonly what: string; readonly cause: MeshError | undefined } {
    return this.#opened?.missing() ?? { what: 'the configuration has not been opened', cause: undefined }
  }

  unsupported(): readonly LiveUnsupported[] {
    return this.#opened?.unsupported() ?? []
  }

  register(address: AddressInfo): () => void {
    return this.#later((opened) => opened.register(address))
  }

  clientStatus(): readonly ClientStatus[] {
    return this.#opened?.clientStatus() ?? []
  }

  async flush(): Promise<void> {
    await this.#opened?.flush()
  }

  close(): void {
    this.#closed = true
    this.#opened?.close()
  }

  #later(watch: (opened: Configuration) => () => void): () => void {
    const late = new LateWatch()
    const begin = (opened: Configuration): void => late.begin(() => watch(opened))
    if (this.#opened === undefined) this.#waiting.push(begin)
    else begin(this.#opened)
    return late.end
  }

  #open(opened: Configuration): void {
    if (this.#closed) {
      opened.close()
      return
    }
    this.#opened = opened
    const waiting = this.#waiting
    this.#waiting = []
    for (const begin of waiting) begin(opened)
  }
}
