import type { LiveResource } from './live-unsupported.js'

/** Whoever uses a cluster, told when it changed. */
export interface ClusterUser {
  /** A cluster in use changed. */
  clusterChanged(): void
}

/** What a {@link ClusterPool} holds. */
export interface PooledCluster {
  /** The resources in use. */
  resources(): Iterable<LiveResource>
  /** Nobody uses it any more. */
  close(): void
}

interface Entry<Cluster> {
  readonly cluster: Cluster
  readonly users: Set<ClusterUser>
}

/** The clusters in use, each there once and as long as somebody uses it. */
export class ClusterPool<Cluster extends PooledCluster> {
  readonly #create: (name: string, changed: () => void) => Cluster
  readonly #entries = new Map<string, Entry<Cluster>>()

  /**
   * @param create - Makes a cluster by its name; `changed` tells its users.
   */
  constructor(create: (name: string, changed: () => void) => Cluster) {
    this.#create = create
  }

  /** Takes a cluster into use. Taking it twice is the same as once. */
  acquire(name: string, user: ClusterUser): Cluster {
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      const users = new Set<ClusterUser>()
      const changed = (): void => {
        for (const each of users) each.clusterChanged()
      }
      entry = { cluster: this.#create(name, changed), users }
      this.#entries.set(name, entry)
    }
    entry.users.add(user)
    return entry.cluster
  }

  /** Gives a cluster back; it ends with its last user. */
  release(name: string, user: ClusterUser): void {
    const entry = this.#entries.get(name)
    if (entry === undefined || !entry.users.delete(user) || entry.users.size > 0) return
    this.#entries.delete(name)
    entry.cluster.close()
  }

  /** A cluster if it is in use. */
  find(name: string): Cluster | undefined {
    return this.#entries.get(name)?.cluster
  }

  /** The resources of all clusters in use. */
  *resources(): Iterable<LiveResource> {
    for (const { cluster } of this.#entries.values()) yield* cluster.resources()
  }
}
