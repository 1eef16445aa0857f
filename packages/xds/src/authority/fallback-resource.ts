import { MeshError } from '@inmesh/core'
import type { DataErrorPolicy } from '../ads/data-error-policy.js'
import type { ResourceProvider, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceType, Unsupported } from '../resource/resource-type.js'
import type { DeliveryQueue } from '../source/delivery-queue.js'

/** A server as far as its resources go. */
export interface ResourceServer {
  /** Where its resources come from. */
  readonly provider: ResourceProvider
  /** What becomes of a value, also of one that another server gave, when this one does not have the resource or spoilt it. */
  readonly policy: DataErrorPolicy
  /** Whether it cannot be reached: what it says then is about the connection, and is the authority's to tell. */
  isUnreachable(): boolean
}

/** What is known. A resource that is known not to exist is known (gRFC A71). */
type Knowledge =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'value'
      readonly value: unknown
      readonly unsupported: readonly Unsupported[]
      readonly server: ResourceServer
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly error: MeshError }

/** Something wrong that leaves the value in use, or the connection while there is none. */
interface Trouble {
  readonly cause: 'connection' | 'data'
  readonly error: MeshError
}

/** One interest in the resource. The same watcher may have several. */
interface Watch {
  readonly watcher: ResourceWatcher<unknown>
}

const NOTHING: Knowledge = { kind: 'nothing' }

/** One resource that several servers may give. The last value stays until a server that is asked now gives another. */
export class FallbackResource {
  readonly #type: ResourceType<unknown>
  readonly #name: string
  readonly #queue: DeliveryQueue
  readonly #watches = new Set<Watch>()
  readonly #unwatch = new Map<ResourceServer, () => void>()
  #known: Knowledge = NOTHING
  #trouble: Trouble | undefined

  constructor(type: ResourceType<unknown>, name: string, queue: DeliveryQueue) {
    this.#type = type
    this.#name = name
    this.#queue = queue
  }

  /** Whether there is an answer that outlives the loss of its server. */
  get isCached(): boolean {
    return this.#known.kind === 'value' || this.#known.kind === 'missing'
  }

  get isWatched(): boolean {
    return this.#watches.size > 0
  }

  /** Adds a watcher and tells it what is known already. */
  watch(watcher: ResourceWatcher<unknown>): () => void {
    const watch: Watch = { watcher }
    this.#watches.add(watch)
    this.#tellKnown([watch])
    if (this.#trouble !== undefined) this.#tellTrouble([watch], this.#trouble.error)
    return () => {
      this.#watches.delete(watch)
    }
  }

  /** Asks a server too. */
  ask(server: ResourceServer): void {
    const unwatch = server.provider.watch(this.#type, this.#name, {
      changed: (value, unsupported) => this.#changed(server, value, unsupported),
      missing: () => this.#missing(server),
      failed: (error) => {
        if (!server.isUnreachable()) this.#failed(server, error)
      },
      ambient: (error) => {
        if (!server.isUnreachable()) this.#setTrouble({ cause: 'data', error })
      },
      absent: (hint) => {
        if (this.isCached) return
        // Where several servers are asked, what named the resource may have come from another of them, and is about to be replaced too.
        const weighed = this.#unwatch.size > 1 ? 'silence' : hint
        this.#tell(this.#watches, (watcher) => watcher.absent?.(weighed))
      },
    })
    this.#unwatch.set(server, unwatch)
  }

  /** Asks a server no more. What it gave stays. */
  leave(server: ResourceServer): void {
    this.#unwatch.get(server)?.()
    this.#unwatch.delete(server)
  }

  /** Asks nobody any more. */
  close(): void {
    for (const unwatch of this.#unwatch.values()) unwatch()
    this.#unwatch.clear()
  }

  /** No server can be reached. Told once per outage, and nobody is told whose resource has an error, or an absence, of its own. */
  disconnect(error: MeshError): void {
    if (this.#trouble !== undefined || this.#known.kind === 'missing' || this.#known.kind === 'failed') return
    this.#setTrouble({ cause: 'connection', error })
  }

  /** A server answers. */
  reconnect(): void {
    if (this.#trouble?.cause !== 'connection') return
    this.#trouble = undefined
    if (this.#known.kind === 'value') this.#tellKnown(this.#watches)
  }

  #changed(server: ResourceServer, value: unknown, unsupported: readonly Unsupported[]): void {
    const known = this.#known
    // A server that comes back tells again what it told before.
    if (known.kind === 'value' && known.value === value && this.#trouble === undefined) return
    this.#know({ kind: 'value', value, unsupported, server })
  }

  #missing(server: ResourceServer): void {
    if (this.#isOthers(server) && !server.policy.dropsDeleted) {
      const message = `${this.#type.shortName} "${this.#name}" does not exist at the control plane that is in use now; its last value stays in use`
      const place = { resource: this.#name }
      this.#setTrouble({ cause: 'data', error: new MeshError('ERR_INMESH_RESOURCE_MISSING', message, { place }) })
    } else if (this.#known.kind !== 'missing') {
      this.#know({ kind: 'missing' })
    }
  }

  #failed(server: ResourceServer, error: MeshError): void {
    if (this.#isOthers(server) && !server.policy.dropsFailed) this.#setTrouble({ cause: 'data', error })
    else this.#know({ kind: 'failed', error })
  }

  /** Whether there is a value, and another server gave it: that server's complaints say nothing of it. */
  #isOthers(server: ResourceServer): boolean {
    return this.#known.kind === 'value' && this.#known.server !== server
  }

  #know(known: Knowledge): void {
    this.#known = known
    this.#trouble = undefined
    this.#tellKnown(this.#watches)
  }

  #setTrouble(trouble: Trouble): void {
    this.#trouble = trouble
    this.#tellTrouble(this.#watches, trouble.error)
  }

  #tellKnown(watches: Iterable<Watch>): void {
    const known = this.#known
    if (known.kind === 'value') this.#tell(watches, (watcher) => watcher.changed(known.value, known.unsupported))
    else if (known.kind === 'missing') this.#tell(watches, (watcher) => watcher.missing())
    else if (known.kind === 'failed') this.#tell(watches, (watcher) => watcher.failed(known.error))
  }

  #tellTrouble(watches: Iterable<Watch>, error: MeshError): void {
    if (this.#known.kind === 'value') this.#tell(watches, (watcher) => watcher.ambient(error))
    else this.#tell(watches, (watcher) => watcher.failed(error))
  }

  #tell(watches: Iterable<Watch>, deliver: (watcher: ResourceWatcher<unknown>) => void): void {
    for (const watch of watches) {
      this.#queue.push(() => {
        if (this.#watches.has(watch)) deliver(watch.watcher)
      })
    }
  }
}
