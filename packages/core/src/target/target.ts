import type { Cluster } from '../cluster/cluster.js'
import type { ClusterRegistry } from '../cluster/cluster-registry.js'
import type { ClusterFinder } from '../cluster/named-clusters.js'
import { MeshError } from '../errors/mesh-error.js'
import type { ResolvedCluster } from '../model/cluster.js'
import { clusterNames } from '../model/cluster-names.js'
import type { TargetConfig } from '../model/target-config.js'
import type { ConfigSource, TargetWatcher } from '../ports/config-source.js'
import type { Random } from '../ports/random.js'
import { RouteTable } from '../route/route-table.js'
import { SliceQueue } from '../slices/slice-queue.js'
import type { Slices } from '../slices/slices.js'

/**
 * What is known of a target: `pending` nothing yet, `configured` it can be called, `unknown` the source does not have it, `failed` the
 * source has it but it cannot be used, `closed` the target is no longer watched.
 */
export type TargetState = 'pending' | 'configured' | 'unknown' | 'failed' | 'closed'

/** One configuration of a target, made ready for requests. Immutable; a request reads one from start to end. */
export interface TargetSnapshot {
  /** As resolved. */
  readonly config: TargetConfig
  /** Its routes, compiled. */
  readonly table: RouteTable
  /** The running clusters that the routes name. */
  readonly clusters: ReadonlyMap<string, Cluster>
}

const NO_CLUSTERS: ReadonlyMap<string, Cluster> = new Map()

/** A `host:port` that the mesh was asked for, and what the configuration source says of it. */
export class Target implements TargetWatcher {
  /** `host:port`. */
  readonly name: string
  /** Set by carriers on every use; cleared by the plane's sweep, which closes targets that nobody uses. */
  used = true
  readonly #source: ConfigSource
  readonly #registry: ClusterRegistry
  readonly #named: ClusterFinder
  readonly #random: Random
  readonly #unwatch: () => void
  readonly #waiting = new Set<() => void>()
  readonly #work: SliceQueue
  #state: TargetState = 'pending'
  #snapshot: TargetSnapshot | undefined
  #error: MeshError | undefined

  /**
   * @param name - `host:port`.
   * @param source - Where its configuration comes from.
   * @param registry - The plane's clusters.
   * @param named - Finds clusters that requests name.
   * @param random - The plane's dice.
   */
  constructor(name: string, source: ConfigSource, registry: ClusterRegistry, named: ClusterFinder, random: Random) {
    this.#named = named
    this.name = name
    this.#source = source
    this.#registry = registry
    this.#random = random
    this.#work = new SliceQueue(registry.clock)
    this.#unwatch = source.watch(name, this)
  }

  /** What is known of it. */
  get state(): TargetState {
    return this.#state
  }

  /** The configuration in use; present exactly while the state is `configured`. */
  get snapshot(): TargetSnapshot | undefined {
    return this.#snapshot
  }

  /** Why it cannot be used; present exactly while the state is `failed` or `closed`. */
  get error(): MeshError | undefined {
    return this.#error
  }

  /** A large configuration is taken over in slices, and one that follows it meanwhile takes its place. */
  configured(config: TargetConfig): void {
    if (this.#state === 'closed') return
    this.#work.clear()
    this.#work.add(this.#takeOver(config))
  }

  unknown(): void {
    this.#drop('unknown', undefined)
  }

  failed(error: MeshError): void {
    this.#drop('failed', error)
  }

  /**
   * Asks to be called once, as soon as the target is no longer pending.
   *
   * @param callback - What to call; never called synchronously.
   * @returns a function that takes the wish back.
   */
  whenSettled(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  /** Ends the watch. Calls in flight end undisturbed. */
  close(): void {
    if (this.#state === 'closed') return
    this.#unwatch()
    this.#drop('closed', new MeshError('ERR_INMESH_CLOSED', `target ${this.name} is closed`))
  }

  *#takeOver(config: TargetConfig): Slices<void> {
    const resolved = withMissing(config)
    const prepared: Cluster[] = []
    try {
      for (const [name, cluster] of resolved) yield* this.#registry.prepare(name, cluster, prepared)
      this.#configure(config, resolved)
    } finally {
      for (const cluster of prepared) cluster.release(true)
    }
  }

  #configure(config: TargetConfig, resolved: ReadonlyMap<string, ResolvedCluster>): void {
    const before = this.#snapshot
    const clusters = new Map<string, Cluster>()
    for (const [name, cluster] of resolved) clusters.set(name, this.#registry.acquire(name, cluster))
    const sameTable = before?.config.routes === config.routes && before.config.listener === config.listener
    const port = this.name.slice(this.name.lastIndexOf(':') + 1)
    const table = sameTable
      ? before.table
      : new RouteTable(config.listener, config.routes, clusters, this.#random, port, this.#named)
    this.#snapshot = { config, table, clusters }
    // Acquired before the old ones are released: a cluster in both must not be torn down in between.
    if (before !== undefined) this.#release(before, clusters)
    this.#error = undefined
    this.#become('configured')
  }

  #drop(state: TargetState, error: MeshError | undefined): void {
    if (this.#state === 'closed') return
    this.#work.clear()
    const before = this.#snapshot
    this.#snapshot = undefined
    this.#error = error
    if (before !== undefined) this.#release(before, state === 'closed' ? before.clusters : NO_CLUSTERS)
    this.#become(state)
  }

  /** @param kept - Clusters that stay, or that nobody is to be kept up to date on. */
  #release(before: TargetSnapshot, kept: ReadonlyMap<string, Cluster>): void {
    for (const [name, cluster] of before.clusters) {
      if (kept.get(name) === cluster) cluster.release()
      else this.#registry.dismiss(cluster, this.#source)
    }
  }

  #become(state: TargetState): void {
    this.#state = state
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }
}

/** A source should resolve every cluster that a route names; one that it left out fails its own calls and no others. */
function withMissing(config: TargetConfig): Map<string, ResolvedCluster> {
  const resolved = new Map(config.clusters)
  for (const name of clusterNames(config.routes)) {
    if (resolved.has(name)) continue
    const message = `cluster ${name}, named by route configuration ${config.routes.name}, is missing`
    resolved.set(name, {
      kind: 'failed',
      error: new MeshError('ERR_INMESH_RESOURCE_MISSING', message, { place: { resource: name } }),
    })
  }
  return resolved
}
