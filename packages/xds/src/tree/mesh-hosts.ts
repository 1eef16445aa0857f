import { DomainIndex, type RouteConfiguration } from '@inmesh/core'
import type { ListenerResource } from '../resource/listener/listener-resource.js'
import type { ResourceWatcher } from '../resource/resource-provider.js'
import { type KubernetesDomain, namesOfHost } from './kubernetes-names.js'
import type { TargetStrategy } from './target-strategy.js'

/** Which hosts the mesh has anything to do with. */
export interface MeshHosts {
  /** `host`, `*.suffix` or `*`, compared in lower case. */
  readonly patterns: readonly string[]
  /** What short names are completed with: a pattern `*.svc.cluster.local` takes the name `reviews` too. */
  readonly domain?: KubernetesDomain
}

/** A strategy for some hosts only: of all others the control plane never hears, and they are unknown at once. */
export class MeshHostsOnly implements TargetStrategy {
  readonly #strategy: TargetStrategy
  readonly #hosts = new DomainIndex<true>()
  readonly #domain: KubernetesDomain

  /**
   * @param strategy - The strategy for hosts of the mesh.
   * @param hosts - Which they are.
   */
  constructor(strategy: TargetStrategy, { patterns, domain = {} }: MeshHosts) {
    this.#strategy = strategy
    this.#domain = domain
    for (const pattern of patterns) this.#hosts.add(pattern, true)
  }

  watchListener(target: string, watcher: ResourceWatcher<ListenerResource>): () => void {
    if (this.#includes(target.slice(0, target.lastIndexOf(':')))) return this.#strategy.watchListener(target, watcher)
    let isWatched = true
    queueMicrotask(() => {
      if (isWatched) watcher.missing()
    })
    return () => {
      isWatched = false
    }
  }

  routesOf(target: string, routes: RouteConfiguration): RouteConfiguration | undefined {
    return this.#strategy.routesOf(target, routes)
  }

  close(): void {
    this.#strategy.close()
  }

  #includes(host: string): boolean {
    return namesOfHost(host, this.#domain).some((name) => this.#hosts.find(name) === true)
  }
}
