import type { Context, Span } from '@opentelemetry/api'
import type { OpenTelemetryApi } from './open-telemetry-api.js'

/** What instrumentations of frameworks and of node:http tell each other of the request that the running code works for. */
export interface HttpMetadata {
  /** Of a request over HTTP. */
  readonly type: 'http'
  /** Its span. */
  readonly span: Span
  /** Path of the route that a framework took; set by its instrumentation. */
  route?: string
}

/** Of a span of the mesh. */
export class OwnHttpMetadata implements HttpMetadata {
  readonly type = 'http'
  readonly span: Span
  // Only assigned by others.
  route?: string

  /**
   * @param span - The span.
   */
  constructor(span: Span) {
    this.span = span
  }
}

/** What instrumentations of OpenTelemetry keep in its contexts. The names are theirs (`@opentelemetry/core`), which is no part of the API. */
export class ContextKeys {
  readonly #metadata: symbol
  readonly #suppressed: symbol

  /**
   * @param api - OpenTelemetry.
   */
  constructor(api: OpenTelemetryApi) {
    this.#metadata = api.createContextKey('OpenTelemetry SDK Context Key RPC_METADATA')
    this.#suppressed = api.createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
  }

  /**
   * @param context - Where a server hands over a request.
   * @returns what another has told of a request; undefined where nobody has, or the mesh itself.
   */
  foreignMetadata(context: Context): HttpMetadata | undefined {
    const metadata = context.getValue(this.#metadata) as HttpMetadata | undefined
    return metadata?.type === 'http' && !(metadata instanceof OwnHttpMetadata) ? metadata : undefined
  }

  /**
   * @param context - Where a request is handled.
   * @param metadata - What is told of it.
   */
  withMetadata(context: Context, metadata: HttpMetadata): Context {
    return context.setValue(this.#metadata, metadata)
  }

  /**
   * @param context - Where a request is sent.
   * @returns the same, in which nobody makes spans.
   */
  suppressed(context: Context): Context {
    return context.setValue(this.#suppressed, true)
  }
}
