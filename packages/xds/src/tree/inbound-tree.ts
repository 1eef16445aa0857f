import type { InboundSource, InboundWatcher, ServerAddress } from '@inmesh/core'
import type { ResourceProvider } from '../resource/resource-provider.js'
import { InboundNode } from './inbound-node.js'
import { type LiveResource, type LiveUnsupported, listUnsupported } from './live-unsupported.js'
import type { ServerStrategy } from './server-strategy.js'

/** Turns the addresses of servers into complete listeners, routes included (gRFC A36). */
export class InboundTree implements InboundSource {
  readonly #provider: ResourceProvider
  readonly #strategy: ServerStrategy
  readonly #nodes = new Set<InboundNode>()

  /**
   * @param provider - Where resources come from.
   * @param strategy - How servers lead to their listeners.
   */
  constructor(provider: ResourceProvider, strategy: ServerStrategy) {
    this.#provider = provider
    this.#strategy = strategy
  }

  watchInbound(server: ServerAddress, watcher: InboundWatcher): () => void {
    const node = new InboundNode({ server, watcher, strategy: this.#strategy, provider: this.#provider })
    this.#nodes.add(node)
    return () => {
      if (this.#nodes.delete(node)) node.close()
    }
  }

  /** What is not carried out of the resources in use, each with its reason. */
  unsupported(): readonly LiveUnsupported[] {
    return listUnsupported(this.#resources())
  }

  /** Ends all watches. Closing twice does nothing. */
  close(): void {
    for (const node of this.#nodes) node.close()
    this.#nodes.clear()
  }

  *#resources(): Iterable<LiveResource> {
    for (const node of this.#nodes) yield* node.resources()
  }
}
