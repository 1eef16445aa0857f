import type { Duplex } from 'node:stream'
import type { ClientSpan } from '@inmesh/core'
import { type Dispatcher, errors } from 'undici'
import type { AttemptOwner } from './attempt-owner.js'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'

/** Bodies of error answers are small as a rule; reading them to the end is cheaper than a new connection. */
const DISCARD_LIMIT = 65_536

/** Where an attempt is sent: a pool of the mesh, or a dispatcher of undici's. */
export interface AttemptDispatcher {
  /** As of any dispatcher of undici's. */
  dispatch(options: Dispatcher.DispatchOptions, attempt: Attempt): unknown
}

/** A connection that served requests before, and that the server may have closed just when it was given another. */
export interface UsedConnection {
  /**
   * Sends the request that it was given last over another connection, if that does no harm.
   *
   * @param attempt - The request's attempt, to which nothing arrived.
   * @param error - How it failed.
   * @returns whether it does.
   */
  resends(attempt: Attempt, error: Error): boolean
}

/**
 * What undici drives during one attempt of a call. It reports to the call until the call goes on without it: undici may still tell of an
 * attempt that was given up.
 */
export class Attempt implements LegacyHandler {
  /** Whether the request was about to be written, so that some of it may have reached the upstream. */
  connected = false
  /** Whether it was sent a second time over another connection, because the first broke before anything arrived. */
  repeated = false
  /** The connection that it is sent over, unless that is a new one. */
  usedConnection: UsedConnection | undefined = undefined
  /** Of the call; undefined where nobody traces. */
  readonly span: ClientSpan | undefined
  #begun = false
  readonly #handler: LegacyHandler
  #call: AttemptOwner | undefined
  #abort: ((reason?: Error) => void) | undefined = undefined
  #discardable = DISCARD_LIMIT
  /** By which the caller's handler refused the head of the response. */
  #thrown: unknown = undefined

  /**
   * @param call - The call.
   * @param handler - The caller's: hears what needs no decision.
   * @param span - Of the call.
   */
  constructor(call: AttemptOwner, handler: LegacyHandler, span?: ClientSpan) {
    this.#call = call
    this.span = span
    this.#handler = handler
  }

  /** The call goes on without this attempt, whose response is read to its end, so that the connection stays usable, unless it is large. */
  discard(): void {
    this.#call = undefined
  }

  /**
   * The call goes on without this attempt, which ends now.
   *
   * @param reason - Why, for those who watch undici's diagnostics.
   */
  cut(reason: Error): void {
    this.#call = undefined
    this.#abort?.(reason)
  }

  /**
   * There is no connection for it yet.
   *
   * @param withdraw - Takes it out of the queue.
   */
  waiting(withdraw: () => void): void {
    this.connected = false
    this.#abort = withdraw
  }

  onConnect(abort: (reason?: Error) => void): void {
    // Given up while it waited for its connection: by throwing, undici forgets the request and keeps the connection.
    if (this.#call === undefined || !this.#call.attemptConnected()) throw new errors.RequestAbortedError()
    this.connected = true
    this.#abort = abort
  }

  onResponseStarted(): void {
    this.#begun = true
    if (this.#call !== undefined) this.#handler.onResponseStarted?.()
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): unknown {
    if (this.#call === undefined) return true
    this.#call.attemptActive()
    if (status >= 200 && !this.#call.attemptAnswered(status, headers)) return true
    try {
      return this.#handler.onHeaders(status, headers, resume, statusText)
    } catch (error) {
      this.#thrown = error
      throw error
    }
  }

  onUpgrade(status: number, headers: RawHeaders, socket: Duplex): void {
    if (this.#call === undefined || !this.#call.attemptUpgraded(status, headers, socket)) return
    this.#handler.onUpgrade!(status, headers, socket)
  }

  onData(chunk: Buffer): unknown {
    if (this.#call !== undefined) {
      this.#call.attemptActive()
      return this.#handler.onData(chunk)
    }
    this.#discardable -= chunk.length
    if (this.#discardable < 0) this.#abort?.()
    return true
  }

  onComplete(trailers: RawHeaders): void {
    if (this.#call === undefined) return
    this.#call.attemptCompleted()
    this.#handler.onComplete(trailers)
  }

  onError(error: Error): void {
    this.#abort = undefined
    if (this.#call === undefined) return
    const used = this.usedConnection
    if (used !== undefined && this.connected && !this.#begun && used.resends(this, error)) return
    this.#call.attemptFailed(error, error === this.#thrown)
  }

  onBodySent(chunk: unknown): void {
    if (this.#call === undefined) return
    this.#call.attemptActive()
    this.#handler.onBodySent?.(chunk)
  }

  onRequestSent(): void {
    if (this.#call === undefined) return
    this.#call.attemptSent()
    this.#handler.onRequestSent?.()
  }
}

/**
 * A dispatcher of undici's to which attempts are handed. Those who watch undici's diagnostics make no span of them, as their calls have one.
 */
export class SilentDispatcher implements AttemptDispatcher {
  readonly #dispatcher: Pick<Dispatcher, 'dispatch'>

  /**
   * @param dispatcher - The dispatcher.
   */
  constructor(dispatcher: Pick<Dispatcher, 'dispatch'>) {
    this.#dispatcher = dispatcher
  }

  dispatch(options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    // undici's types know legacy handlers, with narrower signatures than they have.
    const handler = attempt as unknown as Dispatcher.DispatchHandler
    if (attempt.span === undefined) this.#dispatcher.dispatch(options, handler)
    else attempt.span.silence(() => this.#dispatcher.dispatch(options, handler))
  }
}
