import { type Logger, silentLogger } from '@inmesh/core'
import type { ResourceProvider, ResourceSetWatcher, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceOrigin, ResourceType } from '../resource/resource-type.js'
import { DeliveryQueue } from './delivery-queue.js'
import { guardedDecode } from './guarded-decode.js'
import { refuse } from './rejection.js'
import { ownBytes } from './resource-bytes.js'
import { ResourceSet } from './resource-set.js'
import { WatchedResource } from './watched-resource.js'

/** Whoever can write them can change the application itself. */
const OWN_FILES: ResourceOrigin = { trusted: true }

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
  /** By type URL and name. Undefined before the first set: then nobody knows what exists. */
  #given: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>> | undefined
  readonly #types = new Map<string, LocalType>()

  /**
   * @param logger - Told of refused resources and of watchers that throw. Default: silent.
   */
  constructor(logger: Logger = silentLogger) {
    this.#logger = logger
    this.#queue = new DeliveryQueue(logger, () => {
      for (const type of this.#types.values()) type.forgetUnwatched()
    })
  }

  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void {
    return this.#type(type).watch(name, watcher as ResourceWatcher<unknown>)
  }

  watchAll<T>(type: ResourceType<T>, watcher: ResourceSetWatcher<T>): () => void {
    return this.#type(type).watchAll(watcher as ResourceSetWatcher<unknown>)
  }

  /**
   * Puts a whole new set in the place of the old one. Watchers hear of what differs, in one run.
   *
   * @param set - Every resource there is. Of two with the same type and name the last counts.
   */
  replace(set: Iterable<LocalResource>): void {
    const given = new Map<string, Map<string, Uint8Array>>()
    for (const { typeUrl, name, bytes } of set) {
      const ofType = given.get(typeUrl) ?? new Map<string, Uint8Array>()
      given.set(typeUrl, ofType.set(name, bytes))
    }
    this.#given = given
    for (const [typeUrl, type] of this.#types) type.replace(given.get(typeUrl) ?? NONE)
  }

  #type(type: ResourceType<unknown>): LocalType {
    let local = this.#types.get(type.typeUrl)
    if (local === undefined) {
      local = new LocalType(type, this.#queue, this.#logger)
      this.#types.set(type.typeUrl, local)
      if (this.#given !== undefined) local.replace(this.#given.get(type.typeUrl) ?? NONE)
    }
    return local
  }
}

const NONE: ReadonlyMap<string, Uint8Array> = new Map()

/** The resources of one type. */
class LocalType {
  readonly #type: ResourceType<unknown>
  readonly #queue: DeliveryQueue
  readonly #logger: Logger
  readonly #all: ResourceSet<unknown>
  readonly #resources = new Map<string, WatchedResource<unknown>>()
  #given: ReadonlyMap<string, Uint8Array> | undefined

  constructor(type: ResourceType<unknown>, queue: DeliveryQueue, logger: Logger) {
    this.#type = type
    this.#queue = queue
    this.#logger = logger
    this.#all = new ResourceSet(queue)
  }

  watch(name: string, watcher: ResourceWatcher<unknown>): () => void {
    return this.#untilForgotten(this.#resource(name).watch(watcher))
  }

  watchAll(watcher: ResourceSetWatcher<unknown>): () => void {
    const end = this.#all.watch(watcher)
    this.#list()
    return this.#untilForgotten(end)
  }

  replace(given: ReadonlyMap<string, Uint8Array>): void {
    this.#given = given
    for (const resource of this.#resources.values()) this.#update(resource)
    this.#list()
  }

  forgetUnwatched(): void {
    for (const [name, resource] of this.#resources) if (!resource.isWatched) this.#resources.delete(name)
  }

  #list(): void {
    if (!this.#all.isWatched || this.#given === undefined) return
    for (const name of this.#given.keys()) this.#all.add(this.#resource(name))
    this.#all.complete()
  }

  #resource(name: string): WatchedResource<unknown> {
    let resource = this.#resources.get(name)
    if (resource === undefined) {
      resource = new WatchedResource(this.#type, name, this.#queue)
      this.#resources.set(name, resource)
      this.#update(resource)
    }
    return resource
  }

  #update(resource: WatchedResource<unknown>): void {
    if (this.#given === undefined) return
    const bytes = this.#given.get(resource.name)
    if (bytes === undefined) this.#miss(resource)
    else if (resource.isAccepted(bytes)) resource.acceptAgain()
    else if (resource.rejectionOf(bytes, 'malformed') === undefined) this.#apply(resource, bytes)
  }

  /** The set hears of a removal, not of a resource that is missing. */
  #miss(resource: WatchedResource<unknown>): void {
    this.#all.remove(resource)
    resource.drop()
  }

  #apply(resource: WatchedResource<unknown>, given: Uint8Array): void {
    const bytes = ownBytes(given)
    const decoded = guardedDecode(resource.type, bytes, resource.value, OWN_FILES)
    if (decoded.kind === 'valid') {
      resource.accept(decoded.value, decoded.unsupported, bytes)
      return
    }
    const rejection = refuse(resource.type, resource.name, { bytes, reason: 'malformed', errors: decoded.errors })
    this.#logger.warn(`xds: refused ${rejection.complaint}`)
    resource.reject(rejection)
  }

  #untilForgotten(end: () => void): () => void {
    return () => {
      end()
      this.#queue.schedule()
    }
  }
}
