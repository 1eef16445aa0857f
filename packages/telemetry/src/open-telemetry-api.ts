import type * as OpenTelemetry from '@opentelemetry/api'

/**
 * What is used of `@opentelemetry/api`. It is handed in, since it may not be installed, and the copy that is counts: what an application registers
 * is found by every copy of the same major version.
 */
export type OpenTelemetryApi = Pick<
  typeof OpenTelemetry,
  'context' | 'createContextKey' | 'createTraceState' | 'propagation' | 'SpanKind' | 'SpanStatusCode' | 'trace'
>
