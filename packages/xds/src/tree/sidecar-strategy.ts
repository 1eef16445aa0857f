import { DomainIndex, MeshError, type RouteConfiguration, type VirtualHost } from '@inmesh/core'
import type { ClusterResource } from '../resource/cluster/cluster-resource.js'
import { clusterType } from '../resource/cluster/cluster-type.js'
import type { ListenerResource } from '../resource/listener/listener-resource.js'
import { listenerType } from '../resource/listener/listener-type.js'
import type { ResourceProvider, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceType, Unsupported } from '../resource/resource-type.js'
import { type KubernetesDomain, namesOfHost } from './kubernetes-names.js'
import { SET_ONLY } from './set-only.js'
import type { TargetStrategy } from './target-strategy.js'

/** Listeners on these addresses stand for every address. */
const ANY_ADDRESS: readonly string[] = ['0.0.0.0', '::']

interface OutboundListener {
  readonly resource: ListenerResource
  readonly unsupported: readonly Unsupported[]
}

/** What a target is told: the same is not told twice. */
type Word = OutboundListener | 'missing' | MeshError

interface TargetWatch {
  readonly target: string
  readonly watcher: ResourceWatcher<ListenerResource>
  told: Word | undefined
}

/**
 * Istio's strategy for sidecars: listeners and clusters come as a whole, whatever is asked for. A listener stands for a port and names a table
 * of routes, by the port or by `host:port` where hosts of one port differ in protocol; the table's virtual hosts tell hosts apart. So
 * the mesh acts on what a sidecar would have caught.
 */
export class SidecarStrategy implements TargetStrategy {
  readonly #provider: ResourceProvider
  readonly #domain: KubernetesDomain
  readonly #clusters: ResourceType<ClusterResource>
  readonly #listeners = new Map<string, OutboundListener>()
  readonly #watches = new Set<TargetWatch>()
  #stop: (() => void) | undefined
  #isComplete = false
  #error: MeshError | undefined
  #isScheduled = false

  /**
   * @param provider - Where resources come from.
   * @param domain - What short names of hosts are completed with.
   * @param clusters - How clusters are read, as by the tree that the strategy is for. Default: by the policies that every mesh has.
   */
  constructor(
    provider: ResourceProvider,
    domain: KubernetesDomain = {},
    clusters: ResourceType<ClusterResource> = clusterType,
  ) {
    this.#provider = provider
    this.#domain = domain
    this.#clusters = clusters
  }

  watchListener(target: string, watcher: ResourceWatcher<ListenerResource>): () => void {
    this.#stop ??= this.#start()
    const watch: TargetWatch = { target, watcher, told: undefined }
    this.#watches.add(watch)
    this.#schedule()
    return () => this.#watches.delete(watch)
  }

  routesOf(target: string, routes: RouteConfiguration): RouteConfiguration | undefined {
    const { host, port } = parse(target)
    const hosts = new DomainIndex<VirtualHost>()
    for (const each of routes.virtualHosts) for (const domain of each.domains) hosts.add(domain, each)
    // What an application calls writes port 80 into no authority.
    const authority = routes.ignorePortInHostMatching || port === '80' ? host : target
    const found = hosts.find(authority)
    if (found === undefined) return undefined
    // The host is chosen here, once and for all requests, so that only the clusters of this virtual host are needed.
    return { ...routes, virtualHosts: [{ ...found, domains: ['*'] }] }
  }

  close(): void {
    this.#watches.clear()
    this.#stop?.()
    this.#stop = undefined
  }

  #start(): () => void {
    const stopListeners = this.#provider.watchAll(listenerType, {
      changed: (name, resource, unsupported) => this.#changed(name, { resource, unsupported }),
      removed: (name) => this.#changed(name, undefined),
      failed: (name) => this.#changed(name, undefined),
      ambient: () => {},
      complete: () => {
        this.#isComplete = true
        this.#error = undefined
        this.#schedule()
      },
      unreachable: (error) => {
        this.#error = error
        this.#schedule()
      },
    })
    const stopClusters = this.#provider.watchAll(this.#clusters, SET_ONLY)
    return () => {
      stopListeners()
      stopClusters()
    }
  }

  #changed(name: string, listener: OutboundListener | undefined): void {
    if (listener?.resource.outbound === undefined || listener.resource.routes.kind === 'none') {
      if (!this.#listeners.delete(name)) return
    } else {
      this.#listeners.set(name, listener)
    }
    this.#schedule()
  }

  /** All that one response changes is looked at once. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      for (const watch of this.#watches) this.#tell(watch)
    })
  }

  #tell(watch: TargetWatch): void {
    const word = this.#wordFor(watch.target)
    const told = watch.told
    if (word === undefined || word === told) return
    watch.told = word
    if (word === 'missing') watch.watcher.missing()
    else if (word instanceof MeshError) watch.watcher.failed(word)
    else watch.watcher.changed(word.resource, word.unsupported)
  }

  #wordFor(target: string): Word | undefined {
    // Before the set is complete, a listener that is there may not be the one that fits best.
    if (!this.#isComplete) return this.#error
    return this.#find(target) ?? 'missing'
  }

  /** The listener for the host itself, or else the one for every address of the port. */
  #find(target: string): OutboundListener | undefined {
    const { host, port } = parse(target)
    const ownTables = namesOfHost(host, this.#domain).map((name) => `${name}:${port}`)
    let forPort: OutboundListener | undefined
    let own: OutboundListener | undefined
    let rank = ownTables.length
    for (const listener of this.#listeners.values()) {
      const { outbound, routes } = listener.resource
      if (String(outbound?.port) !== port) continue
      if (ANY_ADDRESS.includes(outbound!.address)) forPort ??= listener
      const place = routes.kind === 'rds' ? ownTables.indexOf(routes.name) : -1
      if (place < 0 || place >= rank) continue
      own = listener
      rank = place
    }
    return own ?? forPort
  }
}

function parse(target: string): { host: string; port: string } {
  const colon = target.lastIndexOf(':')
  return { host: target.slice(0, colon), port: target.slice(colon + 1) }
}
