import type { MeshError } from '@inmesh/core'
import type { ResourceSetWatcher } from '../resource/resource-provider.js'
import type { ResourceType, Unsupported } from '../resource/resource-type.js'
import type { DeliveryQueue } from '../source/delivery-queue.js'
import type { ResourceServer } from './fallback-resource.js'

type Entry =
  | { readonly kind: 'value'; readonly value: unknown; readonly unsupported: readonly Unsupported[] }
  | { readonly kind: 'failed'; readonly error: MeshError }

/** What one server has. */
interface ServerSet {
  readonly entries: Map<string, Entry>
  isComplete: boolean
  unwatch: () => void
}

/** One interest in the set. The same watcher may have several. */
interface Watch {
  readonly watcher: ResourceSetWatcher<unknown>
}

/**
 * All resources of a type, of one server at a time: the first that can be reached and whose set is complete. A set is never a mixture of two
 * servers, since what it lacks says as much as what it has.
 */
export class FallbackSet {
  readonly #type: ResourceType<unknown>
  readonly #queue: DeliveryQueue
  readonly #watches = new Set<Watch>()
  /** In the order of preference. */
  readonly #sets = new Map<ResourceServer, ServerSet>()
  /** The one that watchers know; it may be of a server that was left. */
  #chosen: ServerSet | undefined
  #outage: MeshError | undefined

  constructor(type: ResourceType<unknown>, queue: DeliveryQueue) {
    this.#type = type
    this.#queue = queue
  }

  /** Whether there is an answer that outlives the loss of its server. */
  get isCached(): boolean {
    return this.#chosen !== undefined
  }

  get isWatched(): boolean {
    return this.#watches.size > 0
  }

  /** Adds a watcher and tells it what is known already. */
  watch(watcher: ResourceSetWatcher<unknown>): () => void {
    const watch: Watch = { watcher }
    this.#watches.add(watch)
    if (this.#chosen !== undefined) {
      for (const [name, entry] of this.#chosen.entries) this.#tellEntry([watch], name, entry)
      this.#tell([watch], (each) => each.complete())
    } else if (this.#outage !== undefined) {
      const error = this.#outage
      this.#tell([watch], (each) => each.unreachable(error))
    }
    return () => {
      this.#watches.delete(watch)
    }
  }

  /** Asks a server too. */
  ask(server: ResourceServer): void {
    const set: ServerSet = { entries: new Map(), isComplete: false, unwatch: () => {} }
    this.#sets.set(server, set)
    const put = (name: string, entry: Entry): void => {
      set.entries.set(name, entry)
      if (set === this.#chosen) this.#tellEntry(this.#watches, name, entry)
    }
    set.unwatch = server.provider.watchAll(this.#type, {
      changed: (name, value, unsupported) => put(name, { kind: 'value', value, unsupported }),
      failed: (name, error) => put(name, { kind: 'failed', error }),
      removed: (name) => {
        set.entries.delete(name)
        if (set === this.#chosen) this.#tell(this.#watches, (watcher) => watcher.removed(name))
      },
      ambient: (name, error) => {
        if (set === this.#chosen) this.#tell(this.#watches, (watcher) => watcher.ambient(name, error))
      },
      complete: () => {
        set.isComplete = true
        this.reconnect()
      },
      // Told by the authority, which knows of all servers.
      unreachable: () => {},
    })
  }

  /** Asks a server no more. What it gave stays. */
  leave(server: ResourceServer): void {
    this.#sets.get(server)?.unwatch()
    this.#sets.delete(server)
  }

  /** Asks nobody any more. */
  close(): void {
    for (const set of this.#sets.values()) set.unwatch()
    this.#sets.clear()
  }

  /** No server can be reached. Told once per outage, and only while there is no set. */
  disconnect(error: MeshError): void {
    if (this.#chosen !== undefined || this.#outage !== undefined) return
    this.#outage = error
    this.#tell(this.#watches, (watcher) => watcher.unreachable(error))
  }

  /** A server answers: its set may be the one to use from now on. */
  reconnect(): void {
    this.#outage = undefined
    for (const [server, set] of this.#sets) {
      if (!set.isComplete || server.isUnreachable()) continue
      if (set !== this.#chosen) this.#choose(set)
      return
    }
  }

  #choose(set: ServerSet): void {
    const previous = this.#chosen
    this.#chosen = set
    for (const name of previous?.entries.keys() ?? []) {
      if (!set.entries.has(name)) this.#tell(this.#watches, (watcher) => watcher.removed(name))
    }
    for (const [name, entry] of set.entries) {
      if (!isSame(previous?.entries.get(name), entry)) this.#tellEntry(this.#watches, name, entry)
    }
    if (previous === undefined) this.#tell(this.#watches, (watcher) => watcher.complete())
  }

  #tellEntry(watches: Iterable<Watch>, name: string, entry: Entry): void {
    if (entry.kind === 'failed') this.#tell(watches, (watcher) => watcher.failed(name, entry.error))
    else this.#tell(watches, (watcher) => watcher.changed(name, entry.value, entry.unsupported))
  }

  #tell(watches: Iterable<Watch>, deliver: (watcher: ResourceSetWatcher<unknown>) => void): void {
    for (const watch of watches) {
      this.#queue.push(() => {
        if (this.#watches.has(watch)) deliver(watch.watcher)
      })
    }
  }
}

function isSame(left: Entry | undefined, right: Entry): boolean {
  return left?.kind === 'value' && right.kind === 'value' && left.value === right.value
}
