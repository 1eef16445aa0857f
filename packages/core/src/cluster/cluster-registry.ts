import type { ResolvedCluster } from '../model/cluster.js'
import type { Clock } from '../ports/clock.js'
import type { ClusterWatcher, ConfigSource } from '../ports/config-source.js'
import type { Slices } from '../slices/slices.js'
import { Cluster } from './cluster.js'
import type { ClusterEnvironment } from './cluster-environment.js'

/** A cluster that is kept up to date because somebody wants it by name. */
export interface WatchedCluster {
  /** The cluster. */
  readonly cluster: Cluster
  /** Ends it, and lets go of the cluster. */
  readonly unwatch: () => void
}

/**
 * The clusters of a mesh by name. A cluster that several targets name is one cluster: one set of endpoints, one count of what is in
 * flight.
 */
export class ClusterRegistry {
  readonly #clusters = new Map<string, Cluster>()
  /** Clusters that left a configuration and are used by calls, with what ends their watches. */
  readonly #watched = new Map<Cluster, () => void>()
  readonly #environment: ClusterEnvironment

  /**
   * @param environment - Ports of the plane.
   */
  constructor(environment: ClusterEnvironment) {
    this.#environment = environment
  }

  /** Time, as the plane's clusters see it. */
  get clock(): Clock {
    return this.#environment.clock
  }

  /**
   * Does ahead what can be done of {@link ClusterRegistry.acquire} without anybody noticing, in slices.
   *
   * @param name - Resource name.
   * @param resolved - Its configuration.
   * @param held - Where clusters are added that were held in reserve for this; `release(true)` gives each back.
   */
  *prepare(name: string, resolved: ResolvedCluster, held: Cluster[]): Slices<void> {
    if (resolved.kind === 'aggregate') {
      for (const leaf of resolved.leaves) yield* this.prepare(leaf.config.name, leaf, held)
    } else if (resolved.kind === 'resolved' && this.#clusters.get(name)?.resolved !== resolved) {
      const cluster = this.#hold(name, true)
      held.push(cluster)
      yield* cluster.prepare(resolved.endpoints)
    }
  }

  /**
   * Brings a cluster up to date, making it where it is new, and holds it.
   *
   * @param name - Resource name.
   * @param resolved - Its configuration.
   * @returns the cluster; `release()` gives it back.
   */
  acquire(name: string, resolved: ResolvedCluster): Cluster {
    return this.#acquire(name, resolved, false)
  }

  /**
   * Holds a cluster, whose configuration may be still to come: until then its requests wait.
   *
   * @param name - Resource name.
   * @returns the cluster; `release()` gives it back.
   */
  hold(name: string): Cluster {
    return this.#hold(name, false)
  }

  #acquire(name: string, resolved: ResolvedCluster, inReserve: boolean): Cluster {
    const cluster = this.#hold(name, inReserve)
    this.#update(cluster, resolved)
    return cluster
  }

  #hold(name: string, inReserve: boolean): Cluster {
    let cluster = this.#clusters.get(name)
    if (cluster === undefined) {
      cluster = new Cluster(name, this.#environment, (unused) => this.#retire(unused))
      this.#clusters.set(name, cluster)
    }
    cluster.hold(inReserve)
    return cluster
  }

  /**
   * @param name - Resource name.
   * @returns the cluster if anybody holds it.
   */
  find(name: string): Cluster | undefined {
    return this.#clusters.get(name)
  }

  /**
   * Gives a cluster back that left a configuration. As long as calls still use it, it is kept up to date (gRFC A31).
   *
   * @param cluster - The cluster.
   * @param source - Where its updates come from.
   */
  dismiss(cluster: Cluster, source: ConfigSource): void {
    cluster.release()
    if (!cluster.held || this.#watched.has(cluster) || source.watchCluster === undefined) return
    this.#watched.set(cluster, source.watchCluster(cluster.name, this.#updater(cluster)))
  }

  /**
   * Holds a cluster that no configuration names, and keeps it up to date.
   *
   * @param name - Resource name.
   * @param source - Where its updates come from.
   * @returns the cluster, which may still wait for its configuration; undefined where the source knows no clusters by name.
   */
  watch(name: string, source: ConfigSource): WatchedCluster | undefined {
    if (source.watchCluster === undefined) return undefined
    const cluster = this.hold(name)
    const unwatch = source.watchCluster(name, this.#updater(cluster))
    return {
      cluster,
      unwatch: () => {
        unwatch()
        cluster.release()
      },
    }
  }

  /** Every cluster that is held. */
  values(): IterableIterator<Cluster> {
    return this.#clusters.values()
  }

  #updater(cluster: Cluster): ClusterWatcher {
    return { clusterChanged: (resolved) => this.#update(cluster, resolved) }
  }

  #update(cluster: Cluster, resolved: ResolvedCluster): void {
    if (cluster.resolved === resolved) return
    const leaves = resolved.kind === 'aggregate' ? resolved.leaves : []
    cluster.update(
      resolved,
      leaves.map((leaf) => this.#acquire(leaf.config.name, leaf, true)),
    )
  }

  #retire(cluster: Cluster): void {
    this.#watched.get(cluster)?.()
    this.#watched.delete(cluster)
    if (this.#clusters.get(cluster.name) === cluster) this.#clusters.delete(cluster.name)
    cluster.retire()
  }
}
