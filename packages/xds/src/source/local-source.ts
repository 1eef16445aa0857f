import { type Logger, silentLogger } from '@inmesh/core'
import type { ResourceProvider, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceType } from '../resource/resource-type.js'
import { DeliveryQueue } from './delivery-queue.js'
import { guardedDecode } from './guarded-decode.js'
import { refuse } from './rejection.js'
import { WatchedResource } from './watched-resource.js'

/** One resource of a {@link LocalSource}. */
export interface LocalResource {
  /** Full type URL, with the `type.googleapis.com/` prefix. */
  readonly typeUrl: string
  /** Name of the resource, unique in its type. */
  readonly name: string
  /** The serialized message. */
  readonly bytes: Uint8Array
}

/**
 * Resources in memory, given as a whole set at a time; a directory of files is read into one. Nothing is decoded that nobody watches.
 * A watched resource that a set lacks is missing at once, unlike over ADS: the set is all there is.
 */
export class LocalSource implements ResourceProvider {
  readonly #logger: Logger
  readonly #queue: DeliveryQueue
  /** Undefined before the first set: then nobody knows what exists. */
  #set: ReadonlyMap<string, Uint8Array> | undefined
  readonly #watched = new Map<string, WatchedResource<unknown>>()

  /**
   * @param logger - Told of refused resources and of watchers that throw. Default: silent.
   */
  constructor(logger: Logger = silentLogger) {
    this.#logger = logger
    this.#queue = new DeliveryQueue(logger, () => this.#forgetUnwatched())
  }

  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void {
    const key = keyOf(type.typeUrl, name)
    let resource = this.#watched.get(key)
    if (resource === undefined) {
      resource = new WatchedResource<unknown>(type, name, this.#queue)
      this.#watched.set(key, resource)
      this.#update(resource, key)
    }
    const unwatch = resource.watch(watcher as ResourceWatcher<unknown>)
    return () => {
      unwatch()
      this.#queue.schedule()
    }
  }

  /**
   * Puts a whole new set in the place of the old one. Watchers hear of what differs, in one run.
   *
   * @param set - Every resource there is. Of two with the same type and name the last counts.
   */
  replace(set: Iterable<LocalResource>): void {
    const next = new Map<string, Uint8Array>()
    for (const { typeUrl, name, bytes } of set) next.set(keyOf(typeUrl, name), bytes)
    this.#set = next
    for (const [key, resource] of this.#watched) this.#update(resource, key)
  }

  #update(resource: WatchedResource<unknown>, key: string): void {
    if (this.#set === undefined) return
    const bytes = this.#set.get(key)
    if (bytes === undefined) resource.drop()
    else if (resource.isAccepted(bytes)) resource.acceptAgain()
    else if (resource.rejectionOf(bytes, 'malformed') === undefined) this.#apply(resource, bytes)
  }

  #apply(resource: WatchedResource<unknown>, bytes: Uint8Array): void {
    const decoded = guardedDecode(resource.type, bytes)
    if (decoded.kind === 'valid') {
      resource.accept(decoded.value, decoded.unsupported, bytes)
      return
    }
    const rejection = refuse(resource.type, resource.name, { bytes, reason: 'malformed', errors: decoded.errors })
    this.#logger.warn(`xds: refused ${rejection.complaint}`)
    resource.reject(rejection)
  }

  #forgetUnwatched(): void {
    for (const [key, resource] of this.#watched) if (!resource.isWatched) this.#watched.delete(key)
  }
}

/** A type URL contains no space. */
function keyOf(typeUrl: string, name: string): string {
  return `${typeUrl} ${name}`
}
