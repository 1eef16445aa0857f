import { isTraceparent } from './trace-context.js'

/** The one header of B3. */
export const B3_HEADER = 'b3'

/** The several headers of B3, in lower case. */
export const B3_HEADERS: readonly string[] = Object.freeze([
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
])

/** Of ids, flags and the id of a parent's span. */
const LONGEST = 100

/** Whether to record, from somebody who says no more than that. */
const DECISIONS: ReadonlySet<string | undefined> = new Set(['0', '1', 'd', 'true', 'false'])

/** Headers of a request by their names in lower case, as Node delivers them. */
export type ReceivedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** What a request brought in B3, to be told on as it came to whoever understands nothing else. */
export interface ReceivedB3 {
  /** Whether it came in one header. */
  readonly single: boolean
  /** Whether it came in several. */
  readonly multi: boolean
  /** The headers as they came, names in lower case and values in turn. Empty once the trace has a span of its own here. */
  readonly headers: readonly string[]
  /** Whether it says no more than that nobody shall record the request. */
  readonly denies: boolean
}

/** A trace that came in B3. */
export interface B3Trace {
  /** The same as a `traceparent`; empty where only a decision came. */
  readonly traceparent: string
  /** What came. */
  readonly b3: ReceivedB3
}

/**
 * Reads the trace of a request. Where one header and several tell different things, the one counts (openzipkin/b3-propagation).
 *
 * @param headers - Of the request.
 * @returns undefined where there is nothing of B3, or nothing that can be read.
 */
export function readB3(headers: ReceivedHeaders): B3Trace | undefined {
  if (!holdsB3(headers)) return undefined
  const one = textOf(headers[B3_HEADER])
  const several: string[] = []
  for (const name of B3_HEADERS) {
    const value = textOf(headers[name])
    if (value !== undefined) several.push(name, value)
  }
  if (one === undefined && several.length === 0) return undefined
  const [id, span, sampled] = one === undefined ? partsOf(headers) : one.split('-')
  const traceparent = asTraceparent(id ?? '', span ?? '', sampled ?? '')
  const decision = one ?? sampled
  if (traceparent === '' && !DECISIONS.has(decision)) return undefined
  return {
    traceparent,
    b3: {
      single: one !== undefined,
      multi: several.length > 0,
      headers: one === undefined ? several : [B3_HEADER, one, ...several],
      denies: traceparent === '' && (decision === '0' || decision === 'false'),
    },
  }
}

/**
 * @param traceparent - A valid one.
 * @returns the value of the one header.
 */
export function asB3(traceparent: string): string {
  return `${traceparent.slice(3, 35)}-${traceparent.slice(36, 52)}-${sampledOf(traceparent)}`
}

/**
 * Adds the several headers.
 *
 * @param traceparent - A valid one.
 * @param added - Names and values in turn; extended.
 */
export function addB3(traceparent: string, added: string[]): void {
  added.push('x-b3-traceid', traceparent.slice(3, 35))
  added.push('x-b3-spanid', traceparent.slice(36, 52))
  added.push('x-b3-sampled', sampledOf(traceparent))
}

/** To look once at all names costs less than to ask for six that are not there, as nearly always. */
function holdsB3(headers: ReceivedHeaders): boolean {
  for (const name in headers) if (name === B3_HEADER || name.startsWith('x-b3-')) return true
  return false
}

function sampledOf(traceparent: string): string {
  // The lowest bit of the flags.
  return (Number.parseInt(traceparent.slice(53, 55), 16) & 1) === 1 ? '1' : '0'
}

function partsOf(headers: ReceivedHeaders): readonly (string | undefined)[] {
  const decision = textOf(headers['x-b3-flags']) === '1' ? 'd' : textOf(headers['x-b3-sampled'])
  return [textOf(headers['x-b3-traceid']), textOf(headers['x-b3-spanid']), decision]
}

/** An id of 64 bits is one of 128 whose upper half is zero. */
function asTraceparent(id: string, span: string, sampled: string): string {
  if (id.length !== 16 && id.length !== 32) return ''
  const recorded = sampled === '1' || sampled === 'd' || sampled === 'true'
  const traceparent = `00-${id.toLowerCase().padStart(32, '0')}-${span.toLowerCase()}-${recorded ? '01' : '00'}`
  return isTraceparent(traceparent) ? traceparent : ''
}

/** What is longer is none, and is not told on. */
function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' && value.length <= LONGEST ? value : undefined
}
