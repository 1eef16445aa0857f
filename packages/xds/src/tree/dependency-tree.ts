import {
  type Clock,
  type ClusterWatcher,
  type ConfigSource,
  type Logger,
  type Random,
  type ResolvedCluster,
  SystemClock,
  SystemRandom,
  silentLogger,
  type TargetWatcher,
} from '@inmesh/core'
import type { DnsResolver } from '../dns/dns-resolver.js'
import { SystemDnsResolver } from '../dns/system-dns-resolver.js'
import type { ClusterResource } from '../resource/cluster/cluster-resource.js'
import { clusterType as standardClusterType } from '../resource/cluster/cluster-type.js'
import type { ResourceProvider } from '../resource/resource-provider.js'
import type { ResourceType } from '../resource/resource-type.js'
import { ClusterNode } from './cluster-node.js'
import { ClusterPool, type ClusterUser } from './cluster-pool.js'
import { ClusterRoot } from './cluster-root.js'
import { type LiveResource, type LiveUnsupported, listUnsupported } from './live-unsupported.js'
import type { TargetNaming } from './target-naming.js'
import { TargetNode, type TargetState } from './target-node.js'
import { ListenerPerTarget, type TargetStrategy } from './target-strategy.js'

/** What a {@link DependencyTree} is made of. */
export interface DependencyTreeOptions {
  /** Where resources come from. */
  readonly provider: ResourceProvider
  /** How a target becomes the name of its listener, where there is no `strategy`. Default: it is the name. */
  readonly naming?: TargetNaming
  /** How clusters are read. The same for the whole mesh. Default: {@link clusterType}, by the policies that every mesh has. */
  readonly clusterType?: ResourceType<ClusterResource>
  /** How a target leads to resources. Default: by a listener of its own, {@link ListenerPerTarget}. Closed with the tree. */
  readonly strategy?: TargetStrategy
  /** Told when a target keeps a configuration that could not be replaced. Default: silent. */
  readonly logger?: Logger
  /** Times what is looked up in DNS. Default: the machine's clock. */
  readonly clock?: Clock
  /** Spreads it. Default: the machine's dice. */
  readonly random?: Random
  /** Looks names of endpoints up. Default: the machine's name servers. */
  readonly resolver?: DnsResolver
}

interface Target {
  readonly node: TargetNode
  /** What each watcher was told last. */
  readonly watchers: Map<TargetWatcher, TargetState | undefined>
}

/**
 * Turns targets into complete configurations: listener, routes, clusters and endpoints, held back until every part is there or known
 * to be in error (gRFC A74). All changes that arrive in one turn of the event loop are told at once, after it.
 */
export class DependencyTree implements ConfigSource {
  readonly #provider: ResourceProvider
  readonly #strategy: TargetStrategy
  readonly #logger: Logger
  readonly #nodes: ClusterPool<ClusterNode>
  readonly #clusters: ClusterPool<ClusterRoot>
  readonly #targets = new Map<string, Target>()
  readonly #dirty = new Set<Target>()
  #scheduled = false

  /**
   * @param options - Where resources come from, and how targets are named.
   */
  constructor(options: DependencyTreeOptions) {
    this.#provider = options.provider
    this.#strategy = options.strategy ?? new ListenerPerTarget(options.provider, options.naming)
    this.#logger = options.logger ?? silentLogger
    const { clock = new SystemClock(), random = new SystemRandom(), resolver = new SystemDnsResolver() } = options
    const dns = { resolver, clock, random, logger: this.#logger }
    const { provider, clusterType = standardClusterType } = options
    this.#nodes = new ClusterPool((name, changed) => new ClusterNode(name, { provider, clusterType, dns }, changed))
    this.#clusters = new ClusterPool((name, changed) => new ClusterRoot(name, this.#nodes, changed))
  }

  watch(name: string, watcher: TargetWatcher): () => void {
    const target = this.#targets.get(name) ?? this.#addTarget(name)
    // An object of its own per watch, so that the same watcher may watch twice.
    const subscription: TargetWatcher = {
      configured: (config) => watcher.configured(config),
      unknown: () => watcher.unknown(),
      failed: (error) => watcher.failed(error),
    }
    target.watchers.set(subscription, undefined)
    this.#markDirty(target)
    return () => {
      if (!target.watchers.delete(subscription) || target.watchers.size > 0) return
      this.#targets.delete(name)
      target.node.close()
      this.#dirty.delete(target)
    }
  }

  watchCluster(name: string, watcher: ClusterWatcher): () => void {
    let told: ResolvedCluster | undefined
    let watched = true
    const user: ClusterUser = {
      // After the turn of the event loop, as targets are told: what arrives together is told together.
      clusterChanged: () =>
        queueMicrotask(() => {
          const { resolved } = node
          if (!watched || resolved === undefined || resolved === told) return
          told = resolved
          watcher.clusterChanged(resolved)
        }),
    }
    const node = this.#clusters.acquire(name, user)
    user.clusterChanged()
    return () => {
      watched = false
      this.#clusters.release(name, user)
    }
  }

  resolveAgain(cluster: string): void {
    this.#nodes.find(cluster)?.resolveAgain()
  }

  /** What is not carried out of the resources in use, each with its reason. */
  unsupported(): readonly LiveUnsupported[] {
    return listUnsupported(this.#resources())
  }

  /** Ends all watches. No watcher is told anything afterwards. Closing twice does nothing. */
  close(): void {
    const targets = [...this.#targets.values()]
    this.#targets.clear()
    for (const { node, watchers } of targets) {
      watchers.clear()
      node.close()
    }
    this.#strategy.close()
    this.#dirty.clear()
  }

  #addTarget(name: string): Target {
    const watchers: Target['watchers'] = new Map()
    const node = new TargetNode({
      name,
      strategy: this.#strategy,
      provider: this.#provider,
      clusters: this.#clusters,
      changed: () => this.#markDirty(target),
      logger: this.#logger,
    })
    const target: Target = { node, watchers }
    this.#targets.set(name, target)
    return target
  }

  #markDirty(target: Target): void {
    this.#dirty.add(target)
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    const dirty = [...this.#dirty]
    this.#dirty.clear()
    for (const target of dirty) {
      if (target.watchers.size > 0) this.#tell(target)
      target.node.releaseUnneeded()
    }
  }

  #tell({ node, watchers }: Target): void {
    const state = node.settle()
    for (const [watcher, told] of [...watchers]) {
      // A watcher that an earlier one ended, or that was told already.
      if (!watchers.has(watcher) || isSame(told, state)) continue
      watchers.set(watcher, state)
      if (state.kind === 'configured') watcher.configured(state.config)
      else if (state.kind === 'unknown') watcher.unknown()
      else if (state.kind === 'failed') watcher.failed(state.error)
    }
  }

  *#resources(): Iterable<LiveResource> {
    for (const { node } of this.#targets.values()) yield* node.resources()
    yield* this.#nodes.resources()
  }
}

function isSame(told: TargetState | undefined, state: TargetState): boolean {
  if (told === undefined) return state.kind === 'waiting'
  if (told.kind !== state.kind) return false
  if (told.kind === 'configured' && state.kind === 'configured') return told.config === state.config
  if (told.kind === 'failed' && state.kind === 'failed') return told.error === state.error
  return true
}
