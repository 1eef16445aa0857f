import type { ResolvedCluster } from '../model/cluster.js'
import { Cluster } from './cluster.js'
import type { ClusterEnvironment } from './cluster-environment.js'

/**
 * The clusters of a mesh by name. A cluster that several targets name is one cluster: one set of endpoints, one count of what is in
 * flight.
 */
export class ClusterRegistry {
  readonly #clusters = new Map<string, Cluster>()
  readonly #environment: ClusterEnvironment

  /**
   * @param environment - Ports of the plane.
   */
  constructor(environment: ClusterEnvironment) {
    this.#environment = environment
  }

  /**
   * Brings a cluster up to date, making it where it is new, and holds it.
   *
   * @param name - Resource name.
   * @param resolved - Its configuration.
   * @returns the cluster; `release()` gives it back.
   */
  acquire(name: string, resolved: ResolvedCluster): Cluster {
    const cluster = this.hold(name)
    if (cluster.resolved === resolved) return cluster
    const leaves = resolved.kind === 'aggregate' ? resolved.leaves : []
    cluster.update(
      resolved,
      leaves.map((leaf) => this.acquire(leaf.config.name, leaf)),
    )
    return cluster
  }

  /**
   * Holds a cluster, whose configuration may be still to come: until then its requests wait.
   *
   * @param name - Resource name.
   * @returns the cluster; `release()` gives it back.
   */
  hold(name: string): Cluster {
    let cluster = this.#clusters.get(name)
    if (cluster === undefined) {
      cluster = new Cluster(name, this.#environment, (unused) => this.#retire(unused))
      this.#clusters.set(name, cluster)
    }
    cluster.hold()
    return cluster
  }

  /**
   * @param name - Resource name.
   * @returns the cluster if anybody holds it.
   */
  find(name: string): Cluster | undefined {
    return this.#clusters.get(name)
  }

  /** Every cluster that is held. */
  values(): IterableIterator<Cluster> {
    return this.#clusters.values()
  }

  #retire(cluster: Cluster): void {
    if (this.#clusters.get(cluster.name) === cluster) this.#clusters.delete(cluster.name)
    cluster.retire()
  }
}
