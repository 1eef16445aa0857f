import type { Duplex } from 'node:stream'
import { type Dispatcher, util } from 'undici'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'

type Controller = Dispatcher.DispatchController

/** Abort, pause and resume for a handler of the new kind. */
class ResponseController implements Controller {
  rawHeaders: RawHeaders | null = null
  rawTrailers: RawHeaders | null = null
  /** Set with the head of each response. */
  resumeParser: (() => void) | undefined
  readonly #abort: (reason?: Error) => void
  #paused = false
  #aborted = false
  #reason: Error | null = null

  constructor(abort: (reason?: Error) => void) {
    this.#abort = abort
  }

  get aborted(): boolean {
    return this.#aborted
  }

  get paused(): boolean {
    return this.#paused
  }

  get reason(): Error | null {
    return this.#reason
  }

  abort(reason: Error): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#abort(reason)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.resumeParser?.()
  }
}

/**
 * Lets a handler of undici's new kind (`onRequestStart` and its siblings) be driven as a legacy one. Composed dispatchers hand in such
 * handlers, and so does undici 8.
 */
export class ResponseHandlerAdapter implements LegacyHandler {
  readonly #handler: Dispatcher.DispatchHandler
  #controller: ResponseController | undefined

  /**
   * @param handler - A handler with `onRequestStart`.
   */
  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler
  }

  onConnect(abort: (reason?: Error) => void, context?: unknown): void {
    this.#controller = new ResponseController(abort)
    this.#handler.onRequestStart?.(this.#controller, context)
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): boolean {
    const controller = this.#controller!
    controller.resumeParser = resume
    controller.rawHeaders = headers
    this.#handler.onResponseStart?.(controller, status, util.parseHeaders(headers), statusText)
    return !controller.paused
  }

  onUpgrade(status: number, headers: RawHeaders, socket: Duplex): void {
    this.#controller!.rawHeaders = headers
    this.#handler.onRequestUpgrade?.(this.#controller!, status, util.parseHeaders(headers), socket)
  }

  onData(chunk: Buffer): boolean {
    this.#handler.onResponseData?.(this.#controller!, chunk)
    return !this.#controller!.paused
  }

  onComplete(trailers: RawHeaders): void {
    this.#controller!.rawTrailers = trailers
    this.#handler.onResponseEnd?.(this.#controller!, util.parseHeaders(trailers))
  }

  onError(error: Error): void {
    // A call can fail before it was announced (a closed dispatcher); the handler still needs a controller to look at.
    this.#controller ??= new ResponseController(() => {})
    this.#handler.onResponseError?.(this.#controller, error)
  }
}

/**
 * @param handler - Of either kind.
 * @returns the same as one of undici's older kind.
 */
export function asLegacyHandler(handler: Dispatcher.DispatchHandler): LegacyHandler {
  return typeof handler.onRequestStart === 'function'
    ? new ResponseHandlerAdapter(handler)
    : (handler as unknown as LegacyHandler)
}
