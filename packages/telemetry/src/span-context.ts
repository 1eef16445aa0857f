import type { SpanContext } from '@opentelemetry/api'
import type { OpenTelemetryApi } from './open-telemetry-api.js'

/**
 * @param span - Ids and flags of a span.
 * @returns the same as a W3C `traceparent`.
 */
export function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags < 16 ? '0' : ''}${traceFlags.toString(16)}`
}

/**
 * @param api - OpenTelemetry.
 * @param traceparent - A valid W3C `traceparent`.
 * @param tracestate - Its `tracestate`; may be empty.
 * @returns the same as the ids and flags of a span of another process.
 */
export function toSpanContext(api: OpenTelemetryApi, traceparent: string, tracestate: string): SpanContext {
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    // The other flags mean nothing to version 00.
    traceFlags: Number.parseInt(traceparent.slice(53, 55), 16) & 1,
    isRemote: true,
    ...(tracestate !== '' && { traceState: api.createTraceState(tracestate) }),
  }
}

/**
 * @param span - A span.
 * @param traceparent - A valid W3C `traceparent`.
 */
export function isNamedBy({ traceId, spanId }: SpanContext, traceparent: string): boolean {
  return traceparent.startsWith(traceId, 3) && traceparent.startsWith(spanId, 36)
}

/** Ids of a span that is none, as those have that are made while nothing is to be traced, are zero. */
export function isValid({ traceId, spanId }: SpanContext): boolean {
  return traceId !== '00000000000000000000000000000000' && spanId !== '0000000000000000'
}
