import type { RouteConfiguration } from '@inmesh/core'
import type { ListenerResource } from '../resource/listener/listener-resource.js'
import { listenerType } from '../resource/listener/listener-type.js'
import type { ResourceProvider, ResourceWatcher } from '../resource/resource-provider.js'
import { type TargetNaming, templateNaming } from './target-naming.js'

/** How a target leads to resources: chosen by what kind of node the control plane takes the mesh for. The core sees no names. */
export interface TargetStrategy {
  /**
   * Watches what applies to a target before its routes.
   *
   * @param target - `host:port`.
   * @param watcher - Told as by {@link ResourceProvider.watch}; `missing` where the control plane does not have the target.
   * @returns a function that ends the watch.
   */
  watchListener(target: string, watcher: ResourceWatcher<ListenerResource>): () => void
  /**
   * The part of a table that is for a target.
   *
   * @param target - `host:port`.
   * @param routes - The table that its listener leads to.
   * @returns undefined when the control plane does not have the target.
   */
  routesOf(target: string, routes: RouteConfiguration): RouteConfiguration | undefined
  /** Ends what the strategy itself watches. */
  close(): void
}

/** gRPC's strategy: every target has a listener of its own, whose table is for it alone (gRFC A27). */
export class ListenerPerTarget implements TargetStrategy {
  readonly #provider: ResourceProvider
  readonly #naming: TargetNaming

  /**
   * @param provider - Where resources come from.
   * @param naming - How a target becomes the name of its listener. Default: its name is that of the target.
   */
  constructor(provider: ResourceProvider, naming: TargetNaming = templateNaming()) {
    this.#provider = provider
    this.#naming = naming
  }

  watchListener(target: string, watcher: ResourceWatcher<ListenerResource>): () => void {
    return this.#provider.watch(listenerType, this.#naming(target), watcher)
  }

  routesOf(_target: string, routes: RouteConfiguration): RouteConfiguration {
    return routes
  }

  close(): void {}
}
