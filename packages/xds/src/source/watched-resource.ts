import type { MeshError } from '@inmesh/core'
import type { AbsenceHint, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceType, Unsupported } from '../resource/resource-type.js'
import type { DeliveryQueue } from './delivery-queue.js'
import type { Rejection, RejectionReason } from './rejection.js'
import { equalBytes } from './resource-bytes.js'
import type { ResourceFault, ResourceRecord, ResourceStatus } from './resource-record.js'

interface Cached<T> {
  readonly value: T
  readonly unsupported: readonly Unsupported[]
  readonly bytes: Uint8Array
  /** When it arrived, in milliseconds since the Unix epoch. */
  readonly atMs: number
}

/** What keeps the cached value from being all there is to say. A trouble of the resource itself outranks a lost connection. */
interface Trouble {
  readonly cause: 'rejected' | 'deleted' | 'failed' | 'overdue' | 'connection'
  readonly error: MeshError
  /** When it was first told, in milliseconds since the Unix epoch. */
  readonly atMs: number
}

/** One interest in the resource. The same watcher may have several. */
interface Watch<T> {
  readonly watcher: ResourceWatcher<T>
  /** Whether it asked for this resource, and not for whatever there is. */
  readonly byName: boolean
}

/** One resource with everything known about it and everyone who wants to know. */
export class WatchedResource<T> {
  readonly type: ResourceType<T>
  readonly name: string
  readonly #queue: DeliveryQueue
  readonly #wallTime: () => number
  readonly #watches = new Set<Watch<T>>()
  #status: ResourceStatus = 'requested'
  #cached: Cached<T> | undefined
  /** Version of the newest copy that is the one in use; the same bytes may come with another. */
  #version = ''
  #rejection: Rejection | undefined
  #trouble: Trouble | undefined

  /**
   * @param wallTime - Milliseconds since the Unix epoch, for {@link record}. Default: always 0.
   */
  constructor(type: ResourceType<T>, name: string, queue: DeliveryQueue, wallTime: () => number = () => 0) {
    this.type = type
    this.name = name
    this.#queue = queue
    this.#wallTime = wallTime
  }

  get status(): ResourceStatus {
    return this.#status
  }

  get isCached(): boolean {
    return this.#cached !== undefined
  }

  /** What the copy in use means. */
  get value(): T | undefined {
    return this.#cached?.value
  }

  /**
   * Version of the value in use, for a server that wants to know what need not be sent again. Undefined where there is none, and where the
   * server has taken the resource back: should it come again with the same version, it must be sent.
   */
  get heldVersion(): string | undefined {
    const cause = this.#trouble?.cause
    if (cause === 'deleted' || cause === 'failed') return undefined
    return this.#cached === undefined ? undefined : this.#version || undefined
  }

  get isWatched(): boolean {
    return this.#watches.size > 0
  }

  /** Whether somebody asked for it by its name. */
  get isWatchedByName(): boolean {
    for (const { byName } of this.#watches) if (byName) return true
    return false
  }

  /**
   * Adds a watcher that asks for this resource, and tells it what is known already.
   *
   * @returns a function that takes the watcher off again.
   */
  watch(watcher: ResourceWatcher<T>): () => void {
    return this.#add({ watcher, byName: true })
  }

  /** The same for a watcher that asks for every resource of the type. */
  follow(watcher: ResourceWatcher<T>): () => void {
    return this.#add({ watcher, byName: false })
  }

  /** Whether these are the bytes of the value in use, so that decoding them would change nothing. */
  isAccepted(bytes: Uint8Array): boolean {
    return this.#cached !== undefined && equalBytes(this.#cached.bytes, bytes)
  }

  /** How these bytes were refused, if they were the last ones refused and for the same reason. */
  rejectionOf(bytes: Uint8Array, reason: RejectionReason): Rejection | undefined {
    const rejection = this.#rejection
    return rejection?.reason === reason && equalBytes(rejection.bytes, bytes) ? rejection : undefined
  }

  /**
   * A new value takes the place of all that was known.
   *
   * @param bytes - What it was decoded from; kept, so not a view of something larger.
   * @param version - Version of the resource, or of the response it came in. Default: none.
   */
  accept(value: T, unsupported: readonly Unsupported[], bytes: Uint8Array, version = ''): void {
    this.#version = version
    this.#use({ value, unsupported, bytes, atMs: this.#wallTime() })
  }

  /** The value in use came again. That is news only where it clears an error. */
  acceptAgain(version = ''): void {
    if (this.#cached === undefined) return
    this.#version = version
    if (this.#trouble !== undefined) this.#use(this.#cached)
  }

  /**
   * The newest copy is refused.
   *
   * @param drops - Whether a value in use goes with it (gRFC A88, `fail_on_data_errors`).
   */
  reject(rejection: Rejection, drops = false): void {
    this.#status = 'rejected'
    this.#rejection = rejection
    if (drops) this.#cached = undefined
    this.#fail({ cause: 'rejected', error: rejection.error })
  }

  /** It does not exist, and a value in use goes. */
  drop(): void {
    if (this.#status === 'missing') return
    this.#forgetAs('missing')
    this.#tell((watcher) => watcher.missing())
  }

  /**
   * It was deleted, but the value stays in use (gRFC A88's default).
   *
   * @returns whether this is news.
   */
  keepDeleted(error: MeshError): boolean {
    if (this.#cached === undefined) return false
    this.#status = 'accepted'
    this.#rejection = undefined
    return this.#fail({ cause: 'deleted', error })
  }

  /**
   * The control plane has an error in its place (xRFC TP3), which is said once and holds until it says something else.
   *
   * @param drops - Whether a value in use goes with it.
   * @returns whether this is news.
   */
  fail(error: MeshError, drops: boolean): boolean {
    if (drops) this.#cached = undefined
    this.#status = 'failed'
    this.#rejection = undefined
    return this.#fail({ cause: 'failed', error })
  }

  /** It did not come in time, and whether it exists is not known (gRFC A88, `resource_timer_is_transient_error`). */
  overdue(error: MeshError): void {
    this.#status = 'overdue'
    this.#fail({ cause: 'overdue', error })
  }

  /** It never came, and does not seem to be on its way. */
  hintAbsent(hint: AbsenceHint): void {
    this.#tell((watcher) => watcher.absent?.(hint))
  }

  /** The server cannot be reached. Nobody is told of a resource whose own error, or whose absence, is known. */
  disconnect(error: MeshError): void {
    if (this.#trouble !== undefined || this.#status === 'missing') return
    this.#fail({ cause: 'connection', error })
  }

  /** The server answers again: an error that was only about the connection is cleared. */
  reconnect(): void {
    if (this.#trouble?.cause !== 'connection') return
    this.#trouble = undefined
    if (this.#cached !== undefined) this.#use(this.#cached)
  }

  /** Everything known about it, for whoever looks into the client. */
  record(): ResourceRecord {
    const cached = this.#cached
    return {
      typeUrl: this.type.typeUrl,
      name: this.name,
      status: this.#status,
      version: cached === undefined ? '' : this.#version,
      bytes: cached?.bytes,
      updatedMs: cached?.atMs ?? 0,
      fault: this.#fault(),
    }
  }

  #fault(): ResourceFault | undefined {
    const trouble = this.#trouble
    if (trouble === undefined || trouble.cause === 'connection') return undefined
    const refused = trouble.cause === 'rejected' ? this.#rejection : undefined
    const { error, atMs } = trouble
    return { details: error.message, atMs, version: refused?.version ?? '', bytes: refused?.bytes }
  }

  #add(watch: Watch<T>): () => void {
    this.#watches.add(watch)
    this.#replay(watch)
    return () => {
      this.#watches.delete(watch)
    }
  }

  #forgetAs(status: ResourceStatus): void {
    this.#status = status
    this.#cached = undefined
    this.#rejection = undefined
    this.#trouble = undefined
  }

  #use(cached: Cached<T>): void {
    this.#status = 'accepted'
    this.#cached = cached
    this.#rejection = undefined
    this.#trouble = undefined
    this.#tell((watcher) => watcher.changed(cached.value, cached.unsupported))
  }

  /** @returns false when the same was told before. */
  #fail(news: Omit<Trouble, 'atMs'>): boolean {
    const told = this.#trouble
    const isNews = told?.cause !== news.cause || told.error.message !== news.error.message
    const trouble = { ...news, atMs: isNews ? this.#wallTime() : told.atMs }
    this.#trouble = trouble
    if (!isNews) return false
    if (this.#cached === undefined) this.#tell((watcher) => watcher.failed(trouble.error))
    else this.#tell((watcher) => watcher.ambient(trouble.error))
    return true
  }

  #replay(watch: Watch<T>): void {
    const cached = this.#cached
    const trouble = this.#trouble
    if (cached !== undefined) this.#tellOne(watch, (watcher) => watcher.changed(cached.value, cached.unsupported))
    else if (this.#status === 'missing') this.#tellOne(watch, (watcher) => watcher.missing())
    if (trouble === undefined) return
    if (cached === undefined) this.#tellOne(watch, (watcher) => watcher.failed(trouble.error))
    else this.#tellOne(watch, (watcher) => watcher.ambient(trouble.error))
  }

  #tell(deliver: (watcher: ResourceWatcher<T>) => void): void {
    for (const watch of this.#watches) this.#tellOne(watch, deliver)
  }

  #tellOne(watch: Watch<T>, deliver: (watcher: ResourceWatcher<T>) => void): void {
    this.#queue.push(() => {
      if (this.#watches.has(watch)) deliver(watch.watcher)
    })
  }
}
