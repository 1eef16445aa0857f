import { type Clock, type Logger, MeshError, type Timer } from '@inmesh/core'
import type { ResourceSetWatcher, ResourceWatcher } from '../resource/resource-provider.js'
import type { ResourceType } from '../resource/resource-type.js'
import type { Slices } from '../slices/slices.js'
import type { DeliveryQueue } from '../source/delivery-queue.js'
import { ResourceSet } from '../source/resource-set.js'
import { WatchedResource } from '../source/watched-resource.js'
import { applyResponse, type NamelessRejection, type Verdict } from './apply-response.js'
import { deletionPolicy } from './deletion-policy.js'
import type { ReceivedResource, RequestFields, ResponseFields } from './discovery-messages.js'
import { NackPacer } from './nack-pacer.js'
import { peekResourceName } from './resource-name.js'

/** A resource that never came does not exist after this time on a connected stream (gRFC A57). */
const doesNotExistMs = 15_000

/** Subscribes to every resource of a type. */
const wildcard = '*'

/** A server reads error_detail into its log and may refuse a large request: the rest of the complaints is counted only. */
const complaintLimit = 64 * 1024

/** What a subscription needs of its client. */
export interface SubscriptionHost {
  readonly clock: Clock
  readonly logger: Logger
  readonly queue: DeliveryQueue
  /** Ends every error that a watcher or the server gets: the node id. */
  errorSuffix(): string
  /** Sends a request on the stream that is open. */
  send(request: RequestFields): void
  /** Does a piece of work, in turn with that of the other types. */
  work(slices: Slices<void>): void
}

/** What was asked for on the present stream. Names, nonce and answers die with it; versions do not. */
interface StreamState {
  /** The names of the last request. */
  names: readonly string[]
  nonce: string
  /** Names by the request that brought them up, for requests that no response followed yet. */
  readonly unanswered: string[][]
}

/** One type of resource on an ADS client: its names, versions, nonces and resources. Types know nothing of each other. */
export class TypeSubscription {
  readonly type: ResourceType<unknown>
  readonly #host: SubscriptionHost
  readonly #resources = new Map<string, WatchedResource<unknown>>()
  /** What a wildcard subscription, as long as there is one, brought. */
  readonly #all: ResourceSet<unknown>
  /** Resources asked for by name in the last request, on whatever stream. */
  #namedBefore: ReadonlySet<string> = new Set()
  readonly #timers = new Map<string, Timer>()
  readonly #pacer = new NackPacer()
  /** Version of the last response accepted, on whatever stream. */
  #version = ''
  #nameless: readonly NamelessRejection[] = []
  /** Undefined while this stream has seen no request of this type. */
  #stream: StreamState | undefined
  #namesMayDiffer = false
  /** Of the responses that are not dealt with yet: the names that a later one brings again. */
  readonly #superseded = new Set<Set<string>>()
  #pendingNack: { readonly timer: Timer; readonly complaint: string } | undefined

  constructor(type: ResourceType<unknown>, host: SubscriptionHost) {
    this.type = type
    this.#host = host
    this.#all = new ResourceSet(host.queue)
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
    const resource = new WatchedResource(this.type, name, this.#host.queue)
    this.#resources.set(name, resource)
    return resource
  }

  /** Forgets what nobody watches any more, and asks the server for what is watched, where that differs from the last request. */
  flush(isStreamOpen: boolean): void {
    if (!this.#namesMayDiffer) return
    for (const [name, resource] of this.#resources) if (!resource.isWatched) this.#forget(name)
    if (!isStreamOpen) return
    this.#namesMayDiffer = false
    const names = this.#wantedNames()
    const asked = new Set(this.#stream?.names)
    const added = names.filter((name) => !asked.has(name))
    // An empty list is "nothing any more" after names, but "everything" in the first request of a stream.
    if (added.length === 0 && names.length === asked.size) return
    // istiod drops what else a NACK says: it goes first, in a request of its own.
    this.#sendPendingNack()
    this.#stream ??= this.#newStream(names)
    this.#stream.names = names
    if (added.length > 0) this.#stream.unanswered.push(added)
    this.#send()
    for (const name of added) this.#expectWithin(name)
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
      if (this.#namedBefore.has(name) || (this.#all.isComplete && !this.#all.has(name))) named.add(name)
    }
    this.#namedBefore = named
    return [wildcard, ...named]
  }

  #newStream(names: readonly string[]): StreamState {
    // With nothing left of a version, a server that takes it for known would not answer.
    const holdsAny = [...this.#resources.values()].some((resource) => resource.isCached)
    if (!holdsAny) this.#version = ''
    return { names, nonce: '', unanswered: [] }
  }

  /** A stream was opened: nothing was asked for on it yet. */
  streamOpened(): void {
    this.streamLost()
    this.#namesMayDiffer = true
  }

  /** The stream is gone, and with it all that was said on it. Time without a stream does not count against a resource. */
  streamLost(): void {
    this.#stream = undefined
    this.#pendingNack?.timer.cancel()
    this.#pendingNack = undefined
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
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

  /** Takes a response to this type, and acknowledges or rejects it. */
  receive(response: ResponseFields): void {
    const stream = this.#stream
    // Nothing was asked for on this stream: an ACK without names would ask for everything.
    if (stream === undefined) return
    // A newer response takes the place of the one whose rejection still waits.
    this.#pendingNack?.timer.cancel()
    this.#pendingNack = undefined
    if (this.#superseded.size > 0) this.#supersede(response.resources)
    const superseded = new Set<string>()
    this.#superseded.add(superseded)
    this.#host.work(this.#apply(response, stream, superseded))
  }

  #supersede(received: readonly ReceivedResource[]): void {
    for (const item of received) {
      const name = item.kind === 'resource' ? peekResourceName(item.bytes) : undefined
      if (name !== undefined) for (const names of this.#superseded) names.add(name)
    }
  }

  *#apply(response: ResponseFields, stream: StreamState, superseded: Set<string>): Slices<void> {
    const verdict = yield* applyResponse(response.resources, {
      type: this.type,
      wanted: (name) => this.#resources.get(name) ?? (this.#all.isWatched ? this.#add(name) : undefined),
      nameless: this.#nameless,
      superseded,
      suffix: this.#host.errorSuffix(),
    })
    this.#superseded.delete(superseded)
    this.#nameless = verdict.nameless
    for (const [name, timer] of this.#timers) {
      if (this.#resources.get(name)?.status === 'requested') continue
      timer.cancel()
      this.#timers.delete(name)
    }
    // The stream ended meanwhile: there is nobody to answer.
    if (stream !== this.#stream) return
    if (superseded.size === 0) this.#noteState(stream, verdict)
    stream.nonce = response.nonce
    if (verdict.complaints.length === 0) {
      this.#version = response.version
      this.#send()
    } else {
      this.#nack(response, verdict)
    }
  }

  /** Of what there is and what there is not, the newest response says most; it is passed over in those that a newer one follows. */
  #noteState(stream: StreamState, verdict: Verdict): void {
    const answered = this.#answered(stream)
    if (this.type.fullState) this.#noteAbsences(answered, verdict)
    if (this.#all.isWatched) this.#noteSet(answered, verdict)
  }

  /** A response of a full-state type says of every resource whether it exists. */
  #noteAbsences(answered: readonly string[], { present, nameless }: Verdict): void {
    // A resource whose name cannot be read may be any of those that seem to be absent.
    if (nameless.length > 0) return
    for (const [name, resource] of this.#resources) {
      if (present.has(name)) continue
      this.#all.remove(name)
      if (!resource.isWatched) this.#forget(name)
      else if (resource.isCached) this.#delete(resource)
    }
    for (const name of answered) if (!present.has(name)) this.#resources.get(name)?.hintAbsent()
  }

  #noteSet(answered: readonly string[], { present, nameless }: Verdict): void {
    for (const name of present) {
      const resource = this.#resources.get(name)
      if (resource !== undefined) this.#all.add(resource)
    }
    if (nameless.length > 0 || !(this.#all.isComplete || answered.includes(wildcard))) return
    if (!this.#all.isComplete) {
      // Others are told of a loss by noteAbsences, or of an absence when they are watched.
      for (const resource of this.#resources.values()) if (resource.status === 'requested') resource.drop()
      this.#namesMayDiffer = true
    }
    this.#all.complete()
  }

  /**
   * The names that a response answers: those of the oldest request that no response followed. Servers answer requests in order; one
   * response more or less, such as a push on the way, makes the hint early or late, which is all that a hint may be.
   */
  #answered(stream: StreamState): readonly string[] {
    for (;;) {
      const names = stream.unanswered.shift()
      if (names === undefined) return []
      const open = names.filter((name) => name === wildcard || this.#resources.get(name)?.status === 'requested')
      if (open.length > 0 || stream.unanswered.length === 0) return open
    }
  }

  #delete(resource: WatchedResource<unknown>): void {
    if (deletionPolicy() === 'drop') {
      resource.drop()
      return
    }
    const message = `${this.type.shortName} "${resource.name}" was deleted by the control plane; its last value stays in use`
    const error = new MeshError('ERR_INMESH_RESOURCE_MISSING', message + this.#host.errorSuffix(), {
      place: { resource: resource.name },
    })
    if (resource.keepDeleted(error)) this.#host.logger.warn(`xds: ${message}`)
  }

  #nack(response: ResponseFields, { complaints, isRepeat }: Verdict): void {
    const complaint = limited(complaints) + this.#host.errorSuffix()
    const message = `xds: rejected ${this.type.shortName} version "${response.version}": ${complaint}`
    if (isRepeat) this.#host.logger.debug(message)
    else this.#host.logger.warn(message)
    const delayMs = this.#pacer.delay(this.#host.clock.now(), isRepeat)
    if (delayMs === 0) {
      this.#sendNack(complaint)
      return
    }
    const timer = this.#host.clock.setTimer(delayMs, () => this.#sendPendingNack())
    this.#pendingNack = { timer, complaint }
  }

  #sendPendingNack(): void {
    if (this.#pendingNack === undefined) return
    const { timer, complaint } = this.#pendingNack
    timer.cancel()
    this.#pendingNack = undefined
    this.#sendNack(complaint)
  }

  #sendNack(complaint: string): void {
    this.#pacer.sent(this.#host.clock.now())
    this.#send(complaint)
  }

  #send(complaint?: string): void {
    if (this.#stream === undefined) return
    const { names, nonce } = this.#stream
    const fields = { typeUrl: this.type.typeUrl, names, version: this.#version, nonce }
    this.#host.send(complaint === undefined ? fields : { ...fields, complaint })
  }

  #expectWithin(name: string): void {
    if (this.#resources.get(name)?.status !== 'requested') return
    const timer = this.#host.clock.setTimer(doesNotExistMs, () => {
      this.#timers.delete(name)
      this.#resources.get(name)?.drop()
    })
    this.#timers.set(name, timer)
  }

  #forget(name: string): void {
    this.#resources.delete(name)
    this.#timers.get(name)?.cancel()
    this.#timers.delete(name)
  }
}

function limited(complaints: readonly string[]): string {
  const text = complaints.join('; ')
  return text.length <= complaintLimit ? text : `${text.slice(0, complaintLimit)}... (${complaints.length} in all)`
}
