import type { ServerAddress } from '@inmesh/core'
import type { ListenerResource } from '../resource/listener/listener-resource.js'
import { listenerType } from '../resource/listener/listener-type.js'
import type { ResourceProvider, ResourceWatcher } from '../resource/resource-provider.js'
import { tellLater } from '../resource/tell-later.js'
import { serverListenerName } from './server-naming.js'
import { SET_ONLY } from './set-only.js'

/** How a server leads to its listener: chosen by what kind of node the control plane takes the mesh for. */
export interface ServerStrategy {
  /**
   * Watches the listener of a server.
   *
   * @param server - Where it listens.
   * @param watcher - Told as by {@link ResourceProvider.watch}; `missing` where the control plane has none for the server.
   * @returns a function that ends the watch.
   */
  watchListener(server: ServerAddress, watcher: ResourceWatcher<ListenerResource>): () => void
}

/** gRPC's strategy: every server has a listener of its own, named after its address (gRFC A36). */
export class ListenerPerServer implements ServerStrategy {
  readonly #provider: ResourceProvider
  readonly #template: string | undefined

  /**
   * @param provider - Where resources come from.
   * @param template - `server_listener_resource_name_template`; without one no server has a listener.
   */
  constructor(provider: ResourceProvider, template: string | undefined) {
    this.#provider = provider
    this.#template = template
  }

  watchListener(server: ServerAddress, watcher: ResourceWatcher<ListenerResource>): () => void {
    if (this.#template !== undefined) {
      return this.#provider.watch(listenerType, serverListenerName(this.#template, server), watcher)
    }
    return tellLater(() => watcher.missing())
  }
}

/** The one listener that Istio's sidecars catch all inbound connections with; its chains tell ports apart. */
const VIRTUAL_INBOUND = 'virtualInbound'

/** Istio's strategy for sidecars: one listener for all servers. */
export class VirtualInbound implements ServerStrategy {
  readonly #provider: ResourceProvider

  /**
   * @param provider - Where resources come from.
   */
  constructor(provider: ResourceProvider) {
    this.#provider = provider
  }

  watchListener(_server: ServerAddress, watcher: ResourceWatcher<ListenerResource>): () => void {
    // As sidecars do: listeners are not served by name.
    const stopSet = this.#provider.watchAll(listenerType, SET_ONLY)
    const stop = this.#provider.watch(listenerType, VIRTUAL_INBOUND, watcher)
    return () => {
      stop()
      stopSet()
    }
  }
}
