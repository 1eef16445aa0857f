import { addB3, asB3, B3_HEADER, type ReceivedB3, type ReceivedHeaders, readB3 } from './b3.js'
import { isTraceparent } from './trace-context.js'
import { DEFAULT_TRACE_FORMATS, type TraceFormat } from './trace-format.js'

/** A trace as headers told it. */
export interface ReceivedTrace {
  /** A valid `traceparent`; empty where none came. */
  readonly traceparent: string
  /** Its `tracestate`; may be empty. */
  readonly tracestate: string
  /** What came in B3; undefined where nothing did. */
  readonly b3: ReceivedB3 | undefined
}

/**
 * Reads traces from requests and tells them to others. Every format is read. Calls tell the formats that were chosen, and B3 in the form in which
 * the request had it that they are made for: whoever speaks only that hears of the trace as behind any proxy.
 */
export class TracePropagation {
  /** Whether W3C `baggage` is carried. */
  readonly baggage: boolean
  readonly #w3c: boolean
  readonly #b3: boolean
  readonly #b3multi: boolean

  /**
   * @param formats - What calls tell. Default: {@link DEFAULT_TRACE_FORMATS}.
   */
  constructor(formats: readonly TraceFormat[] = DEFAULT_TRACE_FORMATS) {
    this.baggage = formats.includes('baggage')
    this.#w3c = formats.includes('tracecontext')
    this.#b3 = formats.includes('b3')
    this.#b3multi = formats.includes('b3multi')
  }

  /**
   * Reads the trace of a request. Where W3C and B3 name different ones, that of the format that calls tell counts, first of W3C.
   *
   * @param headers - Of the request.
   */
  read(headers: ReceivedHeaders): ReceivedTrace {
    const { traceparent, tracestate } = headers
    const w3c = typeof traceparent === 'string' && isTraceparent(traceparent)
    const received = readB3(headers)
    if (w3c && (this.#w3c || !received?.traceparent)) {
      return { traceparent, tracestate: typeof tracestate === 'string' ? tracestate : '', b3: received?.b3 }
    }
    return { traceparent: received?.traceparent ?? '', tracestate: '', b3: received?.b3 }
  }

  /**
   * @param traceparent - A valid one.
   * @param trace - Its state and what came in B3.
   * @returns headers for calls, names in lower case and values in turn.
   */
  write(traceparent: string, { tracestate, b3 }: Omit<ReceivedTrace, 'traceparent'>): readonly string[] {
    const headers: string[] = []
    if (this.#w3c) {
      headers.push('traceparent', traceparent)
      if (tracestate !== '') headers.push('tracestate', tracestate)
    }
    const asItCame = b3 !== undefined && b3.headers.length > 0
    if (asItCame) headers.push(...b3.headers)
    if (asItCame ? this.#b3 && !b3.single : this.#b3 || b3?.single) headers.push(B3_HEADER, asB3(traceparent))
    if (asItCame ? this.#b3multi && !b3.multi : this.#b3multi || b3?.multi) addB3(traceparent, headers)
    return headers
  }
}
