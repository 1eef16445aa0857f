import type { ResourceProvider } from '../resource/resource-provider.js'
import { ClusterNode } from './cluster-node.js'
import type { LiveResource } from './live-unsupported.js'

/** Whoever uses a cluster, told when it changed. */
export interface ClusterUser {
  /** A cluster in use changed. */
  clusterChanged(): void
}

interface Entry {
  readonly node: ClusterNode
  readonly users: Set<ClusterUser>
}

/** The clusters in use, each there once and as long as somebody uses it. */
export class ClusterPool {
  readonly #provider: ResourceProvider
  readonly #entries = new Map<string, Entry>()

  /**
   * @param provider - Where resources come from.
   */
  constructor(provider: ResourceProvider) {
    this.#provider = provider
  }

  /** Takes a cluster into use. Taking it twice is the same as once. */
  acquire(name: string, user: ClusterUser): ClusterNode {
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      const users = new Set<ClusterUser>()
      const changed = (): void => {
        for (const each of users) each.clusterChanged()
      }
      entry = { node: new ClusterNode(name, this.#provider, changed), users }
      this.#entries.set(name, entry)
    }
    entry.users.add(user)
    return entry.node
  }

  /** Gives a cluster back; its watches end with its last user. */
  release(name: string, user: ClusterUser): void {
    const entry = this.#entries.get(name)
    if (entry === undefined || !entry.users.delete(user) || entry.users.size > 0) return
    this.#entries.delete(name)
    entry.node.close()
  }

  /** The resources of all clusters in use. */
  *resources(): Iterable<LiveResource> {
    for (const { node } of this.#entries.values()) yield* node.resources()
  }
}
