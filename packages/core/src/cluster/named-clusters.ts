import type { ConfigSource } from '../ports/config-source.js'
import type { Cluster } from './cluster.js'
import type { ClusterRegistry, WatchedCluster } from './cluster-registry.js'

/** A header names what it likes; a service that runs knows fewer clusters. */
const LIMIT = 1000

interface Named extends WatchedCluster {
  used: boolean
}

/** Finds clusters by name. */
export interface ClusterFinder {
  /**
   * @param name - Name of a cluster.
   * @returns the cluster, which may still wait for its configuration; undefined when there is none.
   */
  find(name: string): Cluster | undefined
}

/**
 * The clusters that requests name in a header. A name that is new is watched, and its first requests wait for what the source says; one that
 * nobody used for a while is forgotten.
 */
export class NamedClusters implements ClusterFinder {
  readonly #source: ConfigSource
  readonly #registry: ClusterRegistry
  readonly #named = new Map<string, Named>()

  /**
   * @param source - Asked for clusters.
   * @param registry - Where clusters are kept.
   */
  constructor(source: ConfigSource, registry: ClusterRegistry) {
    this.#source = source
    this.#registry = registry
  }

  find(name: string): Cluster | undefined {
    const known = this.#named.get(name) ?? this.#watch(name)
    if (known === undefined) return this.#registry.find(name)
    known.used = true
    return known.cluster
  }

  /** Forgets what was not used since the last time. */
  sweep(): void {
    for (const [name, named] of this.#named) {
      if (named.used) named.used = false
      else this.#forget(name, named)
    }
  }

  /** Ends every watch. */
  close(): void {
    for (const [name, named] of this.#named) this.#forget(name, named)
  }

  #watch(name: string): Named | undefined {
    if (name === '' || this.#named.size >= LIMIT) return undefined
    const watched = this.#registry.watch(name, this.#source)
    if (watched === undefined) return undefined
    const named: Named = { ...watched, used: true }
    this.#named.set(name, named)
    return named
  }

  #forget(name: string, { unwatch }: Named): void {
    this.#named.delete(name)
    unwatch()
  }
}
