import type { Duplex } from 'node:stream'
import { Agent, type Dispatcher } from 'undici'
import type { CallObserver } from './call-observer.js'
import type { MeshDispatchOptions } from './call-options.js'
import type { CallOutcome } from './call-outcome.js'
import type { CallProgress, CallRecords, FollowedCall } from './call-progress.js'
import { FrontDispatcher } from './front-dispatcher.js'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'
import { asLegacyHandler } from './response-handler-adapter.js'

/**
 * An undici dispatcher that sends every request where it would go without a mesh, as it is, and notes what the mesh would have done with it.
 */
export class ObservingDispatcher extends FrontDispatcher {
  readonly #observer: CallObserver
  readonly #records: CallRecords

  /**
   * @param observer - Decides.
   * @param records - Where it is found out what was decided.
   */
  constructor(observer: CallObserver, records: CallRecords) {
    super(new Agent())
    this.#observer = observer
    this.#records = records
  }

  /** Sends a request. Options of the mesh are without effect. */
  override dispatch(options: MeshDispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#dispatch(this.behind, options, handler)
  }

  /** See `MeshDispatcher.standingInFor`. */
  standingInFor(previous: Dispatcher): Pick<Dispatcher, 'dispatch'> {
    return { dispatch: (options, handler) => this.#dispatch(previous, options, handler) }
  }

  /** @internal */
  follow(options: MeshDispatchOptions, handler: Dispatcher.DispatchHandler, followed: FollowedCall): boolean {
    return this.#dispatch(this.behind, options, handler, followed)
  }

  /** See `MeshDispatcher.outcome`. */
  outcome(answer: object): CallOutcome | undefined {
    return this.#records.find(answer)
  }

  /** @internal */
  record(answer: unknown, { progress }: FollowedCall): void {
    this.#records.record(answer, progress)
  }

  #dispatch(
    dispatcher: Dispatcher,
    options: MeshDispatchOptions,
    handler: Dispatcher.DispatchHandler,
    followed?: FollowedCall,
  ): boolean {
    const progress = this.#observer.observe(options)
    // What the mesh has no word about goes on untouched.
    if (progress === undefined) return dispatcher.dispatch(options, handler)
    if (followed !== undefined) followed.progress = progress
    const legacy = asLegacyHandler(handler)
    const observed = new ObservedHandler(legacy, progress)
    // undici's types know legacy handlers, with narrower signatures than they have.
    return dispatcher.dispatch(options, observed as unknown as Dispatcher.DispatchHandler)
  }
}

/** Tells the caller everything as it comes, and notes how it went. */
class ObservedHandler implements LegacyHandler {
  readonly #handler: LegacyHandler
  readonly #progress: CallProgress

  constructor(handler: LegacyHandler, progress: CallProgress) {
    this.#handler = handler
    this.#progress = progress
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#handler.onConnect(abort, this.#progress)
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.()
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): unknown {
    if (status >= 200) this.#progress.replying(status)
    return this.#handler.onHeaders(status, headers, resume, statusText)
  }

  onUpgrade(status: number, headers: RawHeaders, socket: Duplex): void {
    this.#progress.replying(status)
    this.#handler.onUpgrade?.(status, headers, socket)
  }

  onData(chunk: Buffer): unknown {
    return this.#handler.onData(chunk)
  }

  onComplete(trailers: RawHeaders): void {
    this.#progress.ended()
    this.#handler.onComplete(trailers)
  }

  onError(error: Error): void {
    this.#progress.records.failed(error, this.#progress)
    this.#progress.ended()
    this.#handler.onError(error)
  }

  onBodySent(chunk: unknown): void {
    this.#handler.onBodySent?.(chunk)
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.()
  }
}
