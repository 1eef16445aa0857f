import type { MeshError } from '@inmesh/core'
import type { ResourceSetWatcher } from '../resource/resource-provider.js'
import type { DeliveryQueue } from './delivery-queue.js'
import type { WatchedResource } from './watched-resource.js'

/** Every resource of one type that there is for this node, as far as it was told, and everyone who wants to know. */
export class ResourceSet<T> {
  readonly #queue: DeliveryQueue
  readonly #watches = new Set<SetWatch<T>>()
  readonly #resources = new Set<WatchedResource<T>>()
  #isComplete = false

  constructor(queue: DeliveryQueue) {
    this.#queue = queue
  }

  get isWatched(): boolean {
    return this.#watches.size > 0
  }

  /** Whether the set is all there is; then what it lacks does not exist. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  has(resource: WatchedResource<T>): boolean {
    return this.#resources.has(resource)
  }

  /**
   * Adds a watcher and tells it what is known already.
   *
   * @param connectionError - Why the control plane cannot be reached at present, if it cannot.
   * @returns a function that takes the watcher off again. The set is forgotten with the last one.
   */
  watch(watcher: ResourceSetWatcher<T>, connectionError?: MeshError): () => void {
    const watch = new SetWatch(watcher, this.#queue)
    this.#watches.add(watch)
    for (const resource of this.#resources) watch.add(resource)
    if (this.#isComplete) watch.complete()
    else if (connectionError !== undefined) watch.unreachable(connectionError)
    return () => {
      watch.end()
      this.#watches.delete(watch)
      if (this.isWatched) return
      this.#resources.clear()
      this.#isComplete = false
    }
  }

  /** The resource belongs to the set; its watchers hear what is known about it, and from now on what becomes of it. */
  add(resource: WatchedResource<T>): void {
    if (this.#resources.has(resource)) return
    this.#resources.add(resource)
    for (const watch of this.#watches) watch.add(resource)
  }

  /** The resource belongs to the set no more. */
  remove(resource: WatchedResource<T>): void {
    if (!this.#resources.delete(resource)) return
    for (const watch of this.#watches) watch.remove(resource)
  }

  /** All that there is was added. */
  complete(): void {
    if (this.#isComplete) return
    this.#isComplete = true
    for (const watch of this.#watches) watch.complete()
  }

  /** The control plane cannot be reached. Once there is a set, each of its resources tells that itself. */
  unreachable(error: MeshError): void {
    if (this.#isComplete) return
    for (const watch of this.#watches) watch.unreachable(error)
  }
}

/** One interest in a whole set: an interest in each of its resources. */
class SetWatch<T> {
  readonly #watcher: ResourceSetWatcher<T>
  readonly #queue: DeliveryQueue
  readonly #interests = new Map<WatchedResource<T>, () => void>()
  #isOver = false

  constructor(watcher: ResourceSetWatcher<T>, queue: DeliveryQueue) {
    this.#watcher = watcher
    this.#queue = queue
  }

  add(resource: WatchedResource<T>): void {
    const { name } = resource
    const watcher = this.#watcher
    const end = resource.follow({
      changed: (value, unsupported) => watcher.changed(name, value, unsupported),
      missing: () => watcher.removed(name),
      failed: (error) => watcher.failed(name, error),
      ambient: (error) => watcher.ambient(name, error),
    })
    this.#interests.set(resource, end)
  }

  remove(resource: WatchedResource<T>): void {
    this.#interests.get(resource)?.()
    this.#interests.delete(resource)
    this.#tell(() => this.#watcher.removed(resource.name))
  }

  complete(): void {
    this.#tell(() => this.#watcher.complete())
  }

  unreachable(error: MeshError): void {
    this.#tell(() => this.#watcher.unreachable(error))
  }

  end(): void {
    this.#isOver = true
    for (const end of this.#interests.values()) end()
    this.#interests.clear()
  }

  #tell(deliver: () => void): void {
    this.#queue.push(() => {
      if (!this.#isOver) deliver()
    })
  }
}
