import { type Clock, type Logger, SliceQueue, type Slices, SystemClock, silentLogger } from '@inmesh/core'
import type { ResourceProvider, ResourceSetWatcher, ResourceWatcher } from '../resource/resource-provider.js'
import type { DecodedResource, ResourceOrigin, ResourceType } from '../resource/resource-type.js'
import { DeliveryQueue } from './delivery-queue.js'
import { guardedSlices } from './guarded-decode.js'
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
  readonly #work: SliceQueue
  /** By type URL and name. Undefined before the first set: then nobody knows what exists. */
  #given: Given | undefined
  readonly #types = new Map<string, LocalType>()

  /**
   * @param logger - Told of refused resources and of watchers that throw. Default: silent.
   * @param clock - Says when the event loop is to turn. Default: the machine's.
   */
  constructor(logger: Logger = silentLogger, clock: Clock = new SystemClock()) {
    this.#logger = logger
    this.#work = new SliceQueue(clock)
    this.#queue = new DeliveryQueue(logger, () => {
      // What is being decoded may be for watchers that come with it.
      if (this.#work.isIdle) for (const type of this.#types.values()) type.forgetUnwatched()
    })
  }

  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void {
    return this.#type(type).watch(name, watcher as ResourceWatcher<unknown>)
  }

  watchAll<T>(type: ResourceType<T>, watcher: ResourceSetWatcher<T>): () => void {
    return this.#type(type).watchAll(watcher as ResourceSetWatcher<unknown>)
  }

  /**
   * Puts a whole new set in the place of the old one. Watchers hear of what differs, in one run, once all of it is decoded; the event loop
   * turns meanwhile where that takes long.
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
    this.#work.add(this.#bring(given))
  }

  *#bring(given: Given): Slices<void> {
    const outcomes: Outcome[] = []
    for (const [typeUrl, type] of this.#types) outcomes.push(yield* type.bring(given.get(typeUrl) ?? NONE))
    for (const outcome of outcomes) outcome()
    this.#queue.schedule()
  }

  #type(type: ResourceType<unknown>): LocalType {
    let local = this.#types.get(type.typeUrl)
    if (local === undefined) {
      const given = (): GivenOfType | undefined => this.#given && (this.#given.get(type.typeUrl) ?? NONE)
      local = new LocalType(type, { given, queue: this.#queue, work: this.#work, logger: this.#logger })
      this.#types.set(type.typeUrl, local)
    }
    return local
  }
}

/** The bytes of resources by name. */
type GivenOfType = ReadonlyMap<string, Uint8Array>

/** The same by type URL. */
type Given = ReadonlyMap<string, GivenOfType>

/** Makes what was decoded take effect. */
type Outcome = () => void

const NONE: GivenOfType = new Map()

/** What a type shares with the others. */
interface LocalTypeParts {
  /** The newest resources of the type; undefined before the first set. */
  readonly given: () => GivenOfType | undefined
  readonly queue: DeliveryQueue
  readonly work: SliceQueue
  readonly logger: Logger
}

/** The resources of one type. */
class LocalType {
  readonly #type: ResourceType<unknown>
  readonly #parts: LocalTypeParts
  readonly #all: ResourceSet<unknown>
  readonly #resources = new Map<string, WatchedResource<unknown>>()

  constructor(type: ResourceType<unknown>, parts: LocalTypeParts) {
    this.#type = type
    this.#parts = parts
    this.#all = new ResourceSet(parts.queue)
  }

  watch(name: string, watcher: ResourceWatcher<unknown>): () => void {
    let resource = this.#resources.get(name)
    if (resource === undefined) {
      resource = this.#add(name)
      this.#parts.work.add(this.#bringAlone(resource))
    }
    return this.#untilForgotten(resource.watch(watcher))
  }

  watchAll(watcher: ResourceSetWatcher<unknown>): () => void {
    const end = this.#all.watch(watcher)
    this.#parts.work.add(this.#bringAll())
    return this.#untilForgotten(end)
  }

  /** Decodes what a set has of the resources that somebody watches, by name or as a whole. */
  *bring(given: GivenOfType): Slices<Outcome> {
    // Who begins to watch the whole meanwhile is told of it by work of its own.
    const isListed = this.#all.isWatched
    if (isListed) for (const name of given.keys()) if (!this.#resources.has(name)) this.#add(name)
    const outcomes = yield* this.#decode([...this.#resources.values()], given)
    return () => {
      for (const outcome of outcomes) outcome()
      if (isListed) this.#list(given)
    }
  }

  forgetUnwatched(): void {
    for (const [name, resource] of this.#resources) if (!resource.isWatched) this.#resources.delete(name)
  }

  *#bringAlone(resource: WatchedResource<unknown>): Slices<void> {
    const given = this.#parts.given()
    if (given === undefined) return
    for (const outcome of yield* this.#decode([resource], given)) outcome()
    this.#parts.queue.schedule()
  }

  *#bringAll(): Slices<void> {
    const given = this.#parts.given()
    if (given === undefined) return
    const outcome = yield* this.bring(given)
    outcome()
    this.#parts.queue.schedule()
  }

  #list(given: GivenOfType): void {
    if (!this.#all.isWatched) return
    for (const name of given.keys()) {
      const resource = this.#resources.get(name)
      if (resource !== undefined) this.#all.add(resource)
    }
    this.#all.complete()
  }

  #add(name: string): WatchedResource<unknown> {
    const resource = new WatchedResource(this.#type, name, this.#parts.queue)
    this.#resources.set(name, resource)
    return resource
  }

  *#decode(resources: readonly WatchedResource<unknown>[], given: GivenOfType): Slices<readonly Outcome[]> {
    const outcomes: Outcome[] = []
    for (const resource of resources) {
      const bytes = given.get(resource.name)
      if (bytes === undefined) outcomes.push(() => this.#miss(resource))
      else if (resource.isAccepted(bytes)) outcomes.push(() => resource.acceptAgain())
      else if (resource.rejectionOf(bytes, 'malformed') === undefined) {
        const copy = ownBytes(bytes)
        const decoded = yield* guardedSlices(resource.type, copy, resource.value, OWN_FILES)
        outcomes.push(() => this.#take(resource, copy, decoded))
        yield
      }
    }
    return outcomes
  }

  /** The set hears of a removal, not of a resource that is missing. */
  #miss(resource: WatchedResource<unknown>): void {
    this.#all.remove(resource)
    resource.drop()
  }

  #take(resource: WatchedResource<unknown>, bytes: Uint8Array, decoded: DecodedResource<unknown>): void {
    if (decoded.kind === 'valid') {
      resource.accept(decoded.value, decoded.unsupported, bytes)
      return
    }
    const rejection = refuse(resource.type, resource.name, { bytes, reason: 'malformed', errors: decoded.errors })
    this.#parts.logger.warn(`xds: refused ${rejection.complaint}`)
    resource.reject(rejection)
  }

  #untilForgotten(end: () => void): () => void {
    return () => {
      end()
      this.#parts.queue.schedule()
    }
  }
}
