import { type ClusterConfig, MeshError, type ResolvedCluster, type UsableCluster } from '@inmesh/core'
import type { AggregateState, ClusterNode } from './cluster-node.js'
import type { ClusterPool, ClusterUser, PooledCluster } from './cluster-pool.js'
import type { LiveResource } from './live-unsupported.js'

/** How deep aggregates may be nested (gRFC A37). */
const MAX_DEPTH = 16

const NONE: ReadonlySet<string> = new Set()

/** What was found below an aggregate. */
interface Expansion {
  /** Every cluster met so far, the root included: of several places the first counts, and a cycle ends here. */
  readonly met: Set<string>
  readonly leaves: UsableCluster[]
  /** Why others cannot be used. */
  readonly errors: MeshError[]
  isWaiting: boolean
  isProvisional: boolean
  isTooDeep: boolean
}

/**
 * A cluster as routes name it: alone, or standing for others (gRFC A37). It alone holds what is below an aggregate, however deep, so that
 * cycles keep nothing alive. Once resolved it stays so: while something new below it is waited for, what was there is what there is.
 */
export class ClusterRoot implements ClusterUser, PooledCluster {
  /** Name of the cluster. */
  readonly name: string
  readonly #nodes: ClusterPool<ClusterNode>
  readonly #changed: () => void
  readonly #node: ClusterNode
  /** The clusters below it. */
  #below: ReadonlySet<string> = NONE
  /** Those of them that it was resolved with. */
  #resolvedWith: ReadonlySet<string> = NONE
  #resolved: ResolvedCluster | undefined
  #isProvisional = false

  /**
   * @param name - Name of the cluster.
   * @param nodes - The clusters one by one.
   * @param changed - Called after {@link ClusterRoot.resolved} changed.
   */
  constructor(name: string, nodes: ClusterPool<ClusterNode>, changed: () => void) {
    this.name = name
    this.#nodes = nodes
    this.#changed = changed
    this.#node = nodes.acquire(name, this)
    // Another aggregate may have brought it in.
    this.#resolve()
  }

  /** The cluster, or why there is none; undefined until that is known. */
  get resolved(): ResolvedCluster | undefined {
    return this.#resolved
  }

  /** Whether something of it failed for no more than seeming to be absent: it may still come. */
  get isProvisional(): boolean {
    return this.#isProvisional
  }

  /** Its parts tell of their resources themselves. */
  resources(): Iterable<LiveResource> {
    return []
  }

  clusterChanged(): void {
    const before = this.#resolved
    const wasProvisional = this.#isProvisional
    this.#resolve()
    if (this.#resolved !== before || this.#isProvisional !== wasProvisional) this.#changed()
  }

  close(): void {
    this.#nodes.release(this.name, this)
    this.#hold(NONE)
  }

  #resolve(): void {
    const { state, isProvisional } = this.#node
    if (state?.kind === 'aggregate') {
      this.#resolveAggregate(state)
      return
    }
    this.#hold(NONE)
    if (state !== undefined) this.#become(state, isProvisional)
  }

  #resolveAggregate({ config, clusters }: AggregateState): void {
    const met = new Set([this.name])
    const expansion: Expansion = {
      met,
      leaves: [],
      errors: [],
      isWaiting: false,
      isProvisional: false,
      isTooDeep: false,
    }
    this.#expand(clusters, 1, expansion)
    met.delete(this.name)
    this.#hold(met)
    if (expansion.isTooDeep) {
      const message = `aggregate cluster ${this.name} is nested deeper than ${MAX_DEPTH} clusters (gRFC A37)`
      this.#become(this.#failed(message), false)
    } else if (!expansion.isWaiting) {
      this.#become(this.#aggregate(config, expansion), expansion.isProvisional)
    }
  }

  #become(resolved: ResolvedCluster, isProvisional: boolean): void {
    this.#resolved = resolved
    this.#isProvisional = isProvisional
    this.#resolvedWith = this.#below
  }

  /** What seems to be absent is waited for only where there is something to go on with meanwhile (gRFC A74). */
  #isAwaited({ name, isProvisional }: ClusterNode): boolean {
    return isProvisional && this.#resolved !== undefined && !this.#resolvedWith.has(name)
  }

  #expand(names: readonly string[], depth: number, expansion: Expansion): void {
    if (depth > MAX_DEPTH) {
      expansion.isTooDeep = true
      return
    }
    for (const name of names) {
      if (expansion.met.has(name)) continue
      expansion.met.add(name)
      const node = this.#nodes.acquire(name, this)
      const { state } = node
      if (node.isProvisional) expansion.isProvisional = true
      if (state === undefined || this.#isAwaited(node)) expansion.isWaiting = true
      else if (state.kind === 'aggregate') this.#expand(state.clusters, depth + 1, expansion)
      else if (state.kind === 'resolved') expansion.leaves.push(state)
      else if (state.kind === 'failed') expansion.errors.push(state.error)
    }
  }

  /** A cluster that failed is passed over; the aggregate fails with the last of its clusters (gRFC A74). */
  #aggregate(config: ClusterConfig, { leaves, errors }: Expansion): ResolvedCluster {
    if (leaves.length === 0) {
      const reasons = errors.map(({ message }) => message).join('; ')
      return this.#failed(`aggregate cluster ${this.name} has no cluster to go to${reasons && `: ${reasons}`}`)
    }
    const before = this.#resolved
    const isSame =
      before?.kind === 'aggregate' &&
      before.config === config &&
      before.leaves.length === leaves.length &&
      before.leaves.every((leaf, index) => leaf === leaves[index])
    return isSame ? before : { kind: 'aggregate', config, leaves }
  }

  #failed(message: string): ResolvedCluster {
    const before = this.#resolved
    if (before?.kind === 'failed' && before.error.message === message) return before
    return {
      kind: 'failed',
      error: new MeshError('ERR_INMESH_RESOURCE_INVALID', message, { place: { resource: this.name } }),
    }
  }

  #hold(below: ReadonlySet<string>): void {
    const before = this.#below
    this.#below = below
    for (const name of before) if (!below.has(name)) this.#nodes.release(name, this)
  }
}
