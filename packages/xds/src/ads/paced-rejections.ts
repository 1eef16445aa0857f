import type { Clock, Timer } from '@inmesh/core'
import { NackPacer } from './nack-pacer.js'

/** A response that is rejected. */
export interface RejectedResponse {
  readonly nonce: string
  readonly complaint: string
}

/** Rejections of this many responses wait at most; a server that is not content with so many does not look at any. */
const longestQueue = 16

/** The NACKs of one type, in order and not faster than {@link NackPacer} allows. */
export class PacedRejections {
  readonly #clock: Clock
  readonly #send: (rejected: RejectedResponse) => void
  readonly #pacer = new NackPacer()
  #waiting: { readonly rejected: RejectedResponse; readonly isRepeat: boolean }[] = []
  #timer: Timer | undefined

  constructor(clock: Clock, send: (rejected: RejectedResponse) => void) {
    this.#clock = clock
    this.#send = send
  }

  /**
   * Rejects a response, now or when it may be.
   *
   * @param isRepeat - Whether every complaint was made before, about the same bytes.
   */
  add(rejected: RejectedResponse, isRepeat: boolean): void {
    this.#waiting.push({ rejected, isRepeat })
    if (this.#waiting.length > longestQueue) this.#waiting.shift()
    if (this.#timer === undefined) this.#sendDue()
  }

  /** Nothing that waits needs to be said any more. */
  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting = []
  }

  #sendDue(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const delayMs = this.#pacer.delay(this.#clock.now(), next.isRepeat)
      if (delayMs > 0) {
        this.#timer = this.#clock.setTimer(delayMs, () => {
          this.#timer = undefined
          this.#sendNext()
          this.#sendDue()
        })
        return
      }
      this.#sendNext()
    }
  }

  #sendNext(): void {
    const next = this.#waiting.shift()
    if (next === undefined) return
    this.#pacer.sent(this.#clock.now())
    this.#send(next.rejected)
  }
}
