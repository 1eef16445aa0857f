import type { Random } from '../ports/random.js'
import type { ActiveSpan } from './active-span.js'
import type { ReceivedB3 } from './b3.js'
import { newTraceparent } from './trace-context.js'
import type { TracePropagation } from './trace-propagation.js'

/** What is known of a {@link Trace} beside its ids. */
export interface TraceParts {
  /** What came in B3. Default: nothing. */
  readonly b3?: ReceivedB3 | undefined
  /** The span that `traceparent` names, where one of this process. Default: it is that of somebody else. */
  readonly span?: ActiveSpan | undefined
}

const NOTHING: TraceParts = {}

/** The trace that a request belongs to (W3C Trace Context). All that is left of a request when it is over. */
export class Trace {
  /** `tracestate` as it came; empty when there was none. */
  readonly tracestate: string
  /** What came in B3; undefined where nothing did. */
  readonly b3: ReceivedB3 | undefined
  /** The span of this process that `traceparent` names; undefined where nobody traces here. */
  readonly span: ActiveSpan | undefined
  #traceparent: string
  /** Made when first asked for: a request makes its calls in one way. */
  #headers: readonly string[] | undefined
  #writer: TracePropagation | undefined

  /**
   * @param traceparent - A valid `traceparent`, or the empty string to begin a trace when one is first needed.
   * @param tracestate - Its `tracestate`; ignored without a `traceparent`.
   * @param parts - What else is known. Default: nothing.
   */
  constructor(traceparent = '', tracestate = '', parts: TraceParts = NOTHING) {
    this.#traceparent = traceparent
    this.tracestate = traceparent === '' ? '' : tracestate
    this.b3 = parts.b3
    this.span = parts.span
  }

  /** Whether it has ids by now. */
  get begun(): boolean {
    return this.#traceparent !== ''
  }

  /**
   * The `traceparent` for outbound calls; made when first asked for, so that a request that makes no call pays nothing.
   *
   * @param random - Source of the ids.
   */
  traceparent(random: Random): string {
    if (this.#traceparent === '') this.#traceparent = newTraceparent(random)
    return this.#traceparent
  }

  /**
   * The headers by which calls tell it.
   *
   * @param propagation - In which formats.
   * @param random - Source of the ids.
   * @returns names in lower case and values in turn.
   */
  headers(propagation: TracePropagation, random: Random): readonly string[] {
    if (this.#headers === undefined || this.#writer !== propagation) {
      this.#headers = propagation.write(this.traceparent(random), this)
      this.#writer = propagation
    }
    return this.#headers
  }
}
