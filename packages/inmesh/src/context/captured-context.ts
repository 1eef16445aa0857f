import {
  boundedBaggage,
  type Clock,
  isTraceparent,
  isUrgency,
  MeshError,
  type Random,
  RequestContext,
  Trace,
} from '@inmesh/core'

/** Shape of what is captured; a process that knows only another one refuses it. */
const VERSION = 1

/**
 * The context of a request as a plain object that can leave the process: as JSON in a message of a queue or in a job, or by
 * `postMessage`. What does not apply is absent; outside a request all but the version is.
 */
export interface CapturedContext {
  /** Shape of the object. */
  readonly version: typeof VERSION
  /** W3C `traceparent`. */
  readonly traceparent?: string
  /** W3C `tracestate`. */
  readonly tracestate?: string
  /** W3C `baggage`. */
  readonly baggage?: string
  /** When the request's time is over, in milliseconds since the Unix epoch. */
  readonly deadline?: number
  /** Urgency from 0, the highest, to 7 (RFC 9218). */
  readonly priority?: number
}

/**
 * @param context - Context of a request; undefined outside one.
 * @param clock - The clock on whose scale its deadline lies.
 * @param random - Source of trace ids.
 * @param trace - The trace that the running code works in. Default: that of the context.
 * @returns what of it can cross to another thread, process or time. Neither who sent the request nor whether the sender still waits.
 */
export function captureContext(
  context: RequestContext | undefined,
  clock: Clock,
  random: Random,
  trace = context?.trace,
): CapturedContext {
  const traced = trace && {
    traceparent: trace.traceparent(random),
    ...(trace.tracestate !== '' && { tracestate: trace.tracestate }),
  }
  if (context === undefined) return { version: VERSION, ...traced }
  const { deadline, baggage, priority } = context
  return {
    version: VERSION,
    ...traced,
    ...(baggage !== '' && { baggage }),
    ...(deadline !== Number.POSITIVE_INFINITY && { deadline: clock.wallTime() + (deadline - clock.now()) }),
    ...(priority !== undefined && { priority }),
  }
}

/**
 * @param captured - What {@link captureContext} gave, here or elsewhere.
 * @param clock - The clock on whose scale the deadline shall lie.
 * @returns a context with no end of its own; undefined for what was captured outside a request.
 * @throws MeshError ERR_INMESH_CONTEXT naming the field that is wrong.
 */
export function restoreContext(captured: CapturedContext, clock: Clock): RequestContext | undefined {
  // It may come from anywhere: the types tell what it should be.
  if (captured === null || typeof captured !== 'object') throw wrong('it', 'an object', captured)
  const { version, traceparent, tracestate = '', baggage = '', deadline, priority } = captured
  if (version !== VERSION) throw wrong('version', String(VERSION), version)
  if (traceparent !== undefined && !(typeof traceparent === 'string' && isTraceparent(traceparent))) {
    throw wrong('traceparent', 'a W3C traceparent', traceparent)
  }
  if (!isHeaderValue(tracestate)) throw wrong('tracestate', 'the value of a header', tracestate)
  if (!isHeaderValue(baggage)) throw wrong('baggage', 'the value of a header', baggage)
  if (deadline !== undefined && !Number.isFinite(deadline)) {
    throw wrong('deadline', 'milliseconds since the Unix epoch', deadline)
  }
  if (priority !== undefined && !isUrgency(priority)) throw wrong('priority', 'a whole number from 0 to 7', priority)
  if (traceparent === undefined && baggage === '' && deadline === undefined && priority === undefined) return undefined
  const limit = deadline === undefined ? Number.POSITIVE_INFINITY : clock.now() + (deadline - clock.wallTime())
  const trace = new Trace(traceparent, tracestate)
  return new RequestContext(limit, { trace, baggage: boundedBaggage(baggage), priority })
}

/** Visible ASCII, spaces and tabs: anything else would be refused, or change the request, when it is sent. */
function isHeaderValue(value: unknown): boolean {
  return typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value)
}

function wrong(field: string, expected: string, given: unknown): MeshError {
  const what = typeof given === 'string' ? JSON.stringify(given.slice(0, 100)) : String(given)
  const place = field === 'it' ? {} : { place: { field } }
  return new MeshError('ERR_INMESH_CONTEXT', `captured context: ${field} must be ${expected}, not ${what}`, place)
}
