import type { MeshError } from '../errors/mesh-error.js'
import type { InboundConfig } from '../model/inbound-config.js'

/** Where a server listens. */
export interface ServerAddress {
  /** IP literal that it is bound to; `0.0.0.0` or `::` for every address of the machine. */
  readonly address: string
  /** Port from 1 to 65535. */
  readonly port: number
}

/** What an {@link InboundSource} tells about the listener of one server. Calls never come from inside {@link InboundSource.watchInbound}. */
export interface InboundWatcher {
  /** The listener and its routes are there. Also called for every later change. */
  configured(config: InboundConfig): void
  /** The source has no listener for the server. It may appear later. */
  unknown(): void
  /** Nobody can be asked, and nothing is known. Whatever else is told comes later. */
  unreachable(error: MeshError): void
  /** The listener cannot be used and there is no earlier one to fall back to. */
  failed(error: MeshError): void
}

/** Where servers learn what applies to their requests. */
export interface InboundSource {
  /**
   * Starts to watch the listener of a server.
   *
   * @param server - Where it listens.
   * @param watcher - Told of every change until the returned function is called.
   * @returns a function that ends the watch. Calling it twice does nothing.
   */
  watchInbound(server: ServerAddress, watcher: InboundWatcher): () => void
}
