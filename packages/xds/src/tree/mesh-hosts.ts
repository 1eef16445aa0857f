import { DomainIndex, type RouteConfiguration } from '@inmesh/core'
import type { ListenerResource } from '../resource/listener/listener-resource.js'
import type { ResourceWatcher } from '../resource/resource-provider.js'
import { tellLater } from '../resource/tell-later.js'
import { isServiceName, type KubernetesDomain, namesOfHost } from './kubernetes-names.js'
import type { TargetStrategy } from './target-strategy.js'

/** Which hosts the mesh has anything to do with. */
export interface MeshHosts {
  /**
   * Whether the control plane is asked for a host.
   *
   * @param host - In lower case, without its port.
   */
  includes(host: string): boolean
  /**
   * Told of a host that is not, before its watcher is.
   *
   * @param host - In lower case, without its port.
   */
  passed?(host: string): void
}

/**
 * Hosts by patterns.
 *
 * @param patterns - `host`, `*.suffix` or `*`, compared in lower case.
 * @param domain - What short names are completed with: a pattern `*.svc.cluster.local` takes the name `reviews` too.
 */
export function hostsLike(patterns: readonly string[], domain: KubernetesDomain = {}): MeshHosts {
  const index = new DomainIndex<true>()
  for (const pattern of patterns) index.add(pattern, true)
  return { includes: (host) => namesOfHost(host, domain).some((name) => index.find(name) === true) }
}

/** So many hosts are told of; a crawler meets more, and must not fill the memory. */
const MOST_TOLD = 1024

/**
 * Hosts that may be services of the cluster, as their names tell.
 *
 * @param domain - The cluster's domain, and what completes short names.
 * @param passed - Told of every other host once.
 */
export function serviceHosts(domain: KubernetesDomain, passed: (host: string) => void): MeshHosts {
  const told = new Set<string>()
  return {
    includes: (host) => isServiceName(host, domain),
    passed: (host) => {
      if (told.has(host) || told.size >= MOST_TOLD) return
      told.add(host)
      passed(host)
    },
  }
}

/**
 * A strategy for some hosts only: of all others the control plane never hears, and they are unknown at once. A target `xds://...` is the
 * application's own word that the control plane knows it.
 */
export class MeshHostsOnly implements TargetStrategy {
  readonly #strategy: TargetStrategy
  readonly #hosts: MeshHosts

  /**
   * @param strategy - The strategy for hosts of the mesh.
   * @param hosts - Which they are.
   */
  constructor(strategy: TargetStrategy, hosts: MeshHosts) {
    this.#strategy = strategy
    this.#hosts = hosts
  }

  watchListener(target: string, watcher: ResourceWatcher<ListenerResource>): () => void {
    const host = target.slice(0, target.lastIndexOf(':'))
    if (target.startsWith('xds://') || this.#hosts.includes(host)) return this.#strategy.watchListener(target, watcher)
    this.#hosts.passed?.(host)
    return tellLater(() => watcher.missing())
  }

  routesOf(target: string, routes: RouteConfiguration): RouteConfiguration | undefined {
    return this.#strategy.routesOf(target, routes)
  }

  close(): void {
    this.#strategy.close()
  }
}
