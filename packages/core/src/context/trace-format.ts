/**
 * How calls tell the trace that they belong to: `tracecontext` (W3C `traceparent` and `tracestate`), `b3` (one header) and `b3multi` (several
 * headers, as of Zipkin); `baggage` (W3C) goes beside them. Named as in `OTEL_PROPAGATORS`.
 */
export type TraceFormat = 'tracecontext' | 'baggage' | 'b3' | 'b3multi'

/** All of them. */
export const TRACE_FORMATS: readonly TraceFormat[] = Object.freeze(['tracecontext', 'baggage', 'b3', 'b3multi'])

/** What is spoken unless somebody chooses: as of the SDKs of OpenTelemetry. */
export const DEFAULT_TRACE_FORMATS: readonly TraceFormat[] = Object.freeze(['tracecontext', 'baggage'])
