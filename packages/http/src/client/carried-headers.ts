import {
  BAGGAGE_HEADER,
  EXPECTED_TIMEOUT_HEADER,
  formatGrpcTimeout,
  formatTimeoutMs,
  formatUrgency,
  GRPC_TIMEOUT_HEADER,
  mergedBaggage,
  PRIORITY_HEADER,
  parseGrpcTimeoutMs,
  parseTimeoutMs,
  type Random,
  type Trace,
  type TracePropagation,
} from '@inmesh/core'
import {
  BAGGAGE,
  EXPECTED_TIMEOUT,
  GRPC_TIMEOUT,
  PRIORITY,
  type RequestHeaders,
  readHeader,
} from './request-headers.js'

/**
 * Adds the trace that a call belongs to: all that goes to hosts outside the mesh too.
 *
 * @param trace - The trace.
 * @param propagation - How it is told.
 * @param random - Source of trace ids.
 * @param added - Names and values in turn; extended.
 */
export function addTrace(trace: Trace, propagation: TracePropagation, random: Random, added: string[]): void {
  const headers = trace.headers(propagation, random)
  for (let index = 0; index < headers.length; index++) added.push(headers[index]!)
}

/**
 * Adds how urgent an inbound request is. A call that says how urgent it is knows better.
 *
 * @param priority - Of the inbound request; undefined when nobody told.
 * @param present - Which headers the caller set itself.
 * @param added - Names and values in turn; extended.
 */
export function addPriority(priority: number | undefined, present: number, added: string[]): void {
  if (priority !== undefined && (present & PRIORITY) === 0) added.push(PRIORITY_HEADER, formatUrgency(priority))
}

/**
 * Adds what an application said of an inbound request.
 *
 * @param baggage - That; not empty.
 * @param headers - The caller's, repeatable.
 * @param present - Which of them there are.
 * @param added - Names and values in turn; extended.
 * @returns the bits of the caller's headers whose place the added ones take.
 */
export function addBaggage(baggage: string, headers: RequestHeaders, present: number, added: string[]): number {
  const own = (present & BAGGAGE) === 0 ? undefined : readHeader(headers, BAGGAGE_HEADER)
  added.push(BAGGAGE_HEADER, own === undefined ? baggage : mergedBaggage(own, baggage))
  return present & BAGGAGE
}

/**
 * Announces the time left, unless the caller announces less.
 *
 * @param leftMs - Milliseconds left, finite.
 * @param forms - In which headers: {@link EXPECTED_TIMEOUT}, {@link GRPC_TIMEOUT} or both.
 * @param headers - The caller's, repeatable.
 * @param present - Which of them there are.
 * @param added - Names and values in turn; extended.
 * @returns the bits of the caller's headers whose place the added ones take.
 */
export function addTimeLeft(
  leftMs: number,
  forms: number,
  headers: RequestHeaders,
  present: number,
  added: string[],
): number {
  let replaced = 0
  if ((forms & EXPECTED_TIMEOUT) !== 0) {
    const own = (present & EXPECTED_TIMEOUT) === 0 ? undefined : readHeader(headers, EXPECTED_TIMEOUT_HEADER)
    if (own === undefined || isLonger(parseTimeoutMs(own), leftMs)) {
      added.push(EXPECTED_TIMEOUT_HEADER, formatTimeoutMs(leftMs))
      replaced |= present & EXPECTED_TIMEOUT
    }
  }
  if ((forms & GRPC_TIMEOUT) !== 0) {
    const own = (present & GRPC_TIMEOUT) === 0 ? undefined : readHeader(headers, GRPC_TIMEOUT_HEADER)
    if (own === undefined || isLonger(parseGrpcTimeoutMs(own), leftMs)) {
      added.push(GRPC_TIMEOUT_HEADER, formatGrpcTimeout(leftMs))
      replaced |= present & GRPC_TIMEOUT
    }
  }
  return replaced
}

/** What cannot be read is no limit, and neither is 0, as Envoy has it. */
function isLonger(ownMs: number | undefined, leftMs: number): boolean {
  return ownMs === undefined || ownMs === 0 || ownMs > leftMs
}
