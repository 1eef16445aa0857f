import { discardBody, onBodyError } from './request-body.js'

/** The body of a request that can be read only once, while its call is under way. Any other body needs no attention. */
export class StreamedBody {
  /** Whether any attempt came so far that it may have been read. */
  touched = false
  /** Whether it is still being produced, so that limits that begin with its end do not run yet. */
  producing = true
  readonly #source: unknown
  readonly #stopListening: (() => void) | undefined

  /**
   * @param source - As given to `dispatch`.
   * @param failed - Told of an error. While no attempt is under way nobody else listens, and an error of a stream that nobody hears ends
   * the process.
   */
  constructor(source: unknown, failed: (error: Error) => void) {
    this.#source = source
    this.#stopListening = onBodyError(source, failed)
  }

  /** The call was answered without an attempt that would read it. */
  leave(): void {
    if (!this.touched) discardBody(this.#source)
  }

  /** The call is over. */
  release(): void {
    this.#stopListening?.()
  }
}
