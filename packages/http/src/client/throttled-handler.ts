import type { Duplex } from 'node:stream'
import type { Call, Clock, Timer } from '@inmesh/core'
import type { AttemptOwner } from './attempt-owner.js'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'

/** Envoy fills the bucket of a rate limit in steps of so many milliseconds, and keeps those of a second at most. */
const STEP_MS = 50
const MOST_STEPS = 1000 / STEP_MS

const NOTHING = Buffer.alloc(0)

/**
 * @param owner - Told that the response goes on.
 * @param call - A call whose filters are done.
 * @param clock - Its clock.
 * @param handler - The caller's.
 * @returns the handler itself, or what stands before it where the call's response is slowed down.
 */
export function throttled(
  owner: Pick<AttemptOwner, 'attemptActive'>,
  call: Call | undefined,
  clock: Clock,
  handler: LegacyHandler,
): LegacyHandler {
  return call === undefined || call.responseKbps === 0 ? handler : new ThrottledHandler(owner, call, clock, handler)
}

/**
 * Gives the body of a response on no faster than a rate (Envoy, "Fault Injection", response_rate_limit). Head and trailers are not held
 * back. Of the body one piece of the connection's is kept, and the connection is not read until that is gone.
 */
class ThrottledHandler implements LegacyHandler {
  readonly #owner: Pick<AttemptOwner, 'attemptActive'>
  readonly #clock: Clock
  readonly #handler: LegacyHandler
  readonly #stepBytes: number
  /** Steps that may be spent now. */
  #steps = 1
  #filledMs: number
  #kept: Buffer = NOTHING
  #timer: Timer | undefined = undefined
  /** Whether the caller asked for a pause. */
  #paused = false
  #resume: () => void = () => {}

  constructor(owner: Pick<AttemptOwner, 'attemptActive'>, call: Call, clock: Clock, handler: LegacyHandler) {
    this.#owner = owner
    this.#clock = clock
    this.#handler = handler
    this.#stepBytes = Math.ceil((call.responseKbps * 1024) / MOST_STEPS)
    this.#filledMs = clock.now()
    call.atEnd(() => this.#stop())
  }

  onConnect(abort: (reason?: Error) => void, context?: unknown): void {
    this.#handler.onConnect(abort, context)
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.()
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): unknown {
    this.#resume = resume
    const resumed = (): void => {
      this.#paused = false
      this.#drain(true)
    }
    this.#paused = this.#handler.onHeaders(status, headers, resumed, statusText) === false
    return !this.#paused
  }

  onUpgrade(status: number, headers: RawHeaders, socket: Duplex): void {
    this.#handler.onUpgrade!(status, headers, socket)
  }

  onData(chunk: Buffer): unknown {
    // undici gives the bytes of its own buffer, which it uses again.
    this.#kept = this.#kept.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#kept, chunk])
    this.#drain(false)
    return this.#kept.length === 0 && !this.#paused
  }

  onComplete(trailers: RawHeaders): void {
    this.#handler.onComplete(trailers)
  }

  onError(error: Error): void {
    this.#stop()
    this.#handler.onError(error)
  }

  onBodySent(chunk: unknown): void {
    this.#handler.onBodySent?.(chunk)
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.()
  }

  /** Gives on what may go now. `resuming`: the connection waits to be read on. */
  #drain(resuming: boolean): void {
    this.#fill()
    while (this.#kept.length > 0 && this.#steps > 0 && !this.#paused) {
      this.#steps--
      this.#owner.attemptActive()
      const piece = this.#kept.subarray(0, this.#stepBytes)
      this.#kept = this.#kept.subarray(piece.length)
      this.#paused = this.#handler.onData(piece) === false
    }
    if (this.#paused) return
    if (this.#kept.length === 0) {
      if (resuming) this.#resume()
      return
    }
    this.#timer?.cancel()
    const dueMs = this.#filledMs + STEP_MS - this.#clock.now()
    this.#timer = this.#clock.setTimer(dueMs, () => this.#drain(true), true)
  }

  #fill(): void {
    const steps = Math.floor((this.#clock.now() - this.#filledMs) / STEP_MS)
    if (steps === 0) return
    this.#steps = Math.min(MOST_STEPS, this.#steps + steps)
    this.#filledMs += steps * STEP_MS
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#kept = NOTHING
  }
}
