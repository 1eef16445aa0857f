import { type Clock, type Logger, MeshError, type Slices } from '@inmesh/core'
import { statusName } from '../channel/status-name.js'
import type { ResourceSetWatcher, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceOrigin, ResourceType } from '../resource/resource-type.js'
import type { DeliveryQueue } from '../source/delivery-queue.js'
import type { ResourceRecord } from '../source/resource-record.js'
import { ResourceSet } from '../source/resource-set.js'
import { WatchedResource } from '../source/watched-resource.js'
import { applyResponse, type NamelessRejection, type Verdict } from './apply-response.js'
import { ArrivalTimers } from './arrival-timers.js'
import type { DataErrorPolicy } from './data-error-policy.js'
import { PacedRejections } from './paced-rejections.js'
import { type AdsProtocol, type DiscoveryRequestEncoder, type TypeProtocol, wildcard } from './protocol/ads-protocol.js'
import type { DiscoveryAnswer, ReceivedError } from './protocol/discovery-answer.js'

/** A server reads error_detail into its log and may refuse a large request: the rest of the complaints is counted only. */
const complaintLimit = 64 * 1024

/** gRPC statuses that say something about a resource, and not about the moment (xRFC TP3). */
const notFound = 5
const permissionDenied = 7

/** What a subscription needs of its client. */
export interface SubscriptionHost {
  readonly clock: Clock
  readonly logger: Logger
  readonly queue: DeliveryQueue
  readonly protocol: AdsProtocol
  readonly policy: DataErrorPolicy
  readonly origin: ResourceOrigin
  /** After this time without an answer, watchers of a type whose responses are complete are told `absent`; undefined for never. */
  readonly absentAfterMs: number | undefined
  /** Ends every error that a watcher or the server gets: the node id. */
  errorSuffix(): string
  /** Sends a request on the stream that is open. */
  send(request: DiscoveryRequestEncoder): void
  /** Does a piece of work, in turn with that of the other types. */
  work(slices: Slices<void>): void
}

/** One type of resource on an ADS client: what is wanted of it and what is known. Types know nothing of each other. */
export class TypeSubscription {
  readonly type: ResourceType<unknown>
  readonly #host: SubscriptionHost
  readonly #protocol: TypeProtocol
  readonly #resources = new Map<string, WatchedResource<unknown>>()
  /** What a wildcard subscription, as long as there is one, brought. */
  readonly #all: ResourceSet<unknown>
  readonly #timers: ArrivalTimers
  /** Those that a watcher may be told of before they count as missing. */
  readonly #hints: ArrivalTimers | undefined
  readonly #rejections: PacedRejections
  /** Resources asked for by name in the last request, on whatever stream. */
  #namedBefore: ReadonlySet<string> = new Set()
  #namesMayDiffer = false
  /** Names by the request that brought them up, for requests on this stream that no response followed yet. */
  #unanswered: (readonly string[])[] = []
  #nameless: readonly NamelessRejection[] = []
  /** Tells the streams apart. */
  #streamNumber = 0
  #isApplying = false

  constructor(type: ResourceType<unknown>, host: SubscriptionHost) {
    this.type = type
    this.#host = host
    this.#protocol = host.protocol.forType(type)
    this.#all = new ResourceSet(host.queue)
    this.#timers = new ArrivalTimers(host.clock, host.policy.resourceTimeoutMs, (name) => this.#giveUp(name))
    if (host.absentAfterMs !== undefined && type.fullState) {
      const hint = (name: string): void => this.#resources.get(name)?.hintAbsent('silence')
      this.#hints = new ArrivalTimers(host.clock, host.absentAfterMs, hint)
    }
    this.#rejections = new PacedRejections(host.clock, ({ nonce, complaint }) => {
      host.send(this.#protocol.reject(nonce, complaint))
    })
  }

  /** Watches a resource; the request for it goes out with the next {@link flush}. */
  watch(name: string, watcher: ResourceWatcher<unknown>, connectionError: MeshError | undefined): () => void {
    let resource = this.#resources.get(name)
    if (resource === undefined) {
      resource = this.#add(name)
      if (this.#all.isComplete) resource.drop()
      else if (connectionError !== undefined) resource.disconnect(connectionError)
    }
    return this.#interest(resource.watch(watcher))
  }

  /** Watches every resource that the server has for this node; the request for them goes out with the next {@link flush}. */
  watchAll(watcher: ResourceSetWatcher<unknown>, connectionError: MeshError | undefined): () => void {
    return this.#interest(this.#all.watch(watcher, connectionError))
  }

  /** What is asked for differs from now on, and once more when the interest ends; a flush finds out how. */
  #interest(end: () => void): () => void {
    const changed = (): void => {
      this.#namesMayDiffer = true
      this.#host.queue.schedule()
    }
    changed()
    return () => {
      end()
      changed()
    }
  }

  #add(name: string): WatchedResource<unknown> {
    const resource = new WatchedResource(this.type, name, this.#host.queue, () => this.#host.clock.wallTime())
    this.#resources.set(name, resource)
    return resource
  }

  /** Forgets what nobody watches any more, and asks the server for what is watched, where that differs from the last request. */
  flush(isStreamOpen: boolean): void {
    // What is asked for while a response is dealt with goes out after the answer to that.
    if (!this.#namesMayDiffer || this.#isApplying) return
    for (const [name, resource] of this.#resources) if (!resource.isWatched) this.#forget(name)
    if (!isStreamOpen) return
    this.#namesMayDiffer = false
    const change = this.#protocol.subscribe(this.#wantedNames(), this.#resources)
    if (change === undefined) return
    if (change.added.length > 0) this.#unanswered.push(change.added)
    this.#host.send(change.request)
    for (const name of change.added) {
      if (!this.#isAwaited(name)) continue
      this.#timers.start(name)
      this.#hints?.start(name)
    }
  }

  /**
   * With a wildcard, a resource is named as well where the complete set lacks it: a server may have resources that it gives only to those
   * who ask. What was named stays so, since from its being in a response nobody can tell which of the two it owes that to.
   */
  #wantedNames(): readonly string[] {
    if (!this.#all.isWatched) {
      this.#namedBefore = new Set(this.#resources.keys())
      return [...this.#namedBefore]
    }
    const named = new Set<string>()
    for (const [name, resource] of this.#resources) {
      if (!resource.isWatchedByName) continue
      if (this.#namedBefore.has(name) || (this.#all.isComplete && !this.#all.has(resource))) named.add(name)
    }
    this.#namedBefore = named
    return [wildcard, ...named]
  }

  /** Everything known about its resources. */
  *records(): Iterable<ResourceRecord> {
    for (const resource of this.#resources.values()) yield resource.record()
  }

  /** A stream was opened: nothing was asked for on it yet. */
  streamOpened(): void {
    this.streamLost()
    this.#namesMayDiffer = true
  }

  /** The stream is gone, and with it all that was said on it. Time without a stream does not count against a resource. */
  streamLost(): void {
    this.#streamNumber += 1
    this.#protocol.streamLost()
    this.#unanswered = []
    this.#rejections.clear()
    this.#timers.clear()
    this.#hints?.clear()
  }

  /** The server cannot be reached. */
  disconnect(error: MeshError): void {
    this.#all.unreachable(error)
    for (const resource of this.#resources.values()) resource.disconnect(error)
  }

  /** The server answers again. */
  reconnect(): void {
    for (const resource of this.#resources.values()) resource.reconnect()
  }

  /** Takes a response to this type, and accepts or rejects it. */
  receive(answer: DiscoveryAnswer): void {
    // Nothing was asked for on this stream: an ACK without names would ask for everything.
    if (!this.#protocol.isSubscribed) return
    this.#protocol.received(answer)
    // The answer to this response speaks for those whose rejection still waits.
    if (!this.#protocol.answersEach) this.#rejections.clear()
    this.#isApplying = true
    this.#host.work(this.#apply(answer, this.#streamNumber))
  }

  *#apply(answer: DiscoveryAnswer, streamNumber: number): Slices<void> {
    try {
      const verdict = yield* applyResponse(answer.resources, {
        type: this.type,
        origin: this.#host.origin,
        wanted: (name) => this.#resources.get(name) ?? (this.#all.isWatched ? this.#add(name) : undefined),
        nameless: this.#nameless,
        dropsRejected: this.#host.policy.dropsFailed,
        suffix: this.#host.errorSuffix(),
      })
      this.#nameless = verdict.nameless
      this.#timers.cancelUnless((name) => this.#isAwaited(name))
      this.#hints?.cancelUnless((name) => this.#isAwaited(name))
      // If the stream ended meanwhile, there is nobody to answer, and the next one tells what else there is to know.
      if (streamNumber === this.#streamNumber) this.#conclude(answer, verdict)
    } finally {
      this.#isApplying = false
    }
  }

  /** Takes from a response what it says apart from its resources, and answers it. */
  #conclude(answer: DiscoveryAnswer, verdict: Verdict): void {
    const answered = this.#answered()
    for (const name of answer.removed) {
      const resource = this.#resources.get(name)
      if (resource !== undefined && !verdict.present.has(resource)) this.#remove(resource)
    }
    for (const error of answer.errors) this.#fail(error)
    if (this.#protocol.tellsAbsence)
      this.#noteAbsences(answered, verdict, new Set(answer.errors.map(({ name }) => name)))
    if (this.#all.isWatched) this.#noteSet(answered, verdict)
    this.#timers.cancelUnless((name) => this.#isAwaited(name))
    this.#hints?.cancelUnless((name) => this.#isAwaited(name))
    if (verdict.complaints.length === 0) this.#host.send(this.#protocol.accept(answer))
    else this.#reject(answer, verdict)
  }

  /** A response says of every resource whether it exists; a name with an error in place of a resource is in it too. */
  #noteAbsences(answered: readonly string[], { present, nameless }: Verdict, failed: ReadonlySet<string>): void {
    // A resource whose name cannot be read may be any of those that seem to be absent.
    if (nameless.length > 0) return
    for (const resource of this.#resources.values()) {
      if (present.has(resource) || failed.has(resource.name)) continue
      // What never came may be on its way: that is for the timer to say.
      if (resource.isCached || this.#all.has(resource)) this.#remove(resource)
    }
    for (const name of answered) {
      const resource = this.#resources.get(name)
      if (resource !== undefined && !present.has(resource) && !failed.has(name)) resource.hintAbsent('answer')
    }
  }

  #noteSet(answered: readonly string[], { present, nameless }: Verdict): void {
    for (const resource of present) this.#all.add(resource)
    if (this.#all.isComplete || nameless.length > 0 || !answered.includes(wildcard)) return
    this.#all.complete()
    for (const resource of this.#resources.values()) if (resource.status === 'requested') resource.drop()
    // What the set lacks is asked for by name.
    this.#namesMayDiffer = true
  }

  /**
   * The names that a response answers: those of the oldest request that no response followed. Servers answer requests in order; one
   * response more or less, such as a push on the way, makes the hint early or late, which is all that a hint may be.
   */
  #answered(): readonly string[] {
    for (;;) {
      const names = this.#unanswered.shift()
      if (names === undefined) return []
      const open = names.filter((name) => name === wildcard || this.#isAwaited(name))
      if (open.length > 0 || this.#unanswered.length === 0) return open
    }
  }

  #isAwaited(name: string): boolean {
    return this.#resources.get(name)?.status === 'requested'
  }

  /** The server does not have the resource, or has it no more. */
  #remove(resource: WatchedResource<unknown>): void {
    this.#all.remove(resource)
    if (!resource.isWatched) this.#forget(resource.name)
    else if (!resource.isCached || this.#host.policy.dropsDeleted) resource.drop()
    else this.#keepDeleted(resource)
  }

  #keepDeleted(resource: WatchedResource<unknown>): void {
    const message = `${this.type.shortName} "${resource.name}" was deleted by the control plane; its last value stays in use`
    const isNews = resource.keepDeleted(this.#error('ERR_INMESH_RESOURCE_MISSING', message, resource.name))
    if (isNews) this.#host.logger.warn(`xds: ${message}`)
  }

  /** The server has an error in place of a resource, or of all (xRFC TP3). */
  #fail({ name, status, message }: ReceivedError): void {
    const text = `the control plane has no ${this.type.shortName} "${name}": ${statusName(status)}: ${message}`
    const error = this.#error('ERR_INMESH_RESOURCE_ERROR', text, name)
    if (name === wildcard) this.#all.unreachable(error)
    const resource = this.#resources.get(name)
    if (resource === undefined) return
    const isDataError = status === notFound || status === permissionDenied
    const drops = isDataError && this.#host.policy.dropsFailed
    // What does not exist is told as such where nothing is in use: whoever asked may live with that.
    if (status === notFound && (drops || !resource.isCached)) resource.drop()
    else if (resource.fail(error, drops)) this.#host.logger.warn(`xds: ${text}`)
  }

  /** The resource did not come in time. The subscription stays: it may come later. */
  #giveUp(name: string): void {
    const resource = this.#resources.get(name)
    const { timeoutIsTransient, resourceTimeoutMs } = this.#host.policy
    if (!timeoutIsTransient) resource?.drop()
    else {
      const message = `the control plane did not send ${this.type.shortName} "${name}" within ${resourceTimeoutMs} ms`
      resource?.overdue(this.#error('ERR_INMESH_CONTROL_PLANE_UNAVAILABLE', message, name))
    }
  }

  #reject({ version, nonce }: DiscoveryAnswer, { complaints, isRepeat }: Verdict): void {
    const complaint = limited(complaints) + this.#host.errorSuffix()
    const message = `xds: rejected ${this.type.shortName} version "${version}": ${complaint}`
    if (isRepeat) this.#host.logger.debug(message)
    else this.#host.logger.warn(message)
    this.#rejections.add({ nonce, complaint }, isRepeat)
  }

  #error(code: MeshError['code'], message: string, resource: string): MeshError {
    return new MeshError(code, message + this.#host.errorSuffix(), { place: { resource } })
  }

  #forget(name: string): void {
    this.#resources.delete(name)
    this.#timers.cancel(name)
    this.#hints?.cancel(name)
  }
}

function limited(complaints: readonly string[]): string {
  const text = complaints.join('; ')
  return text.length <= complaintLimit ? text : `${text.slice(0, complaintLimit)}... (${complaints.length} in all)`
}
