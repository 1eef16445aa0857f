import type { AttemptReport, CalledRequest, CallReport, ClientSpan, Trace } from '@inmesh/core'
import type { Context, Span } from '@opentelemetry/api'
import { type SpanAttributes, tellAddress, tellMethod, withoutSecrets } from './attributes.js'
import type { OpenTelemetryApi } from './open-telemetry-api.js'

/** Name of the event that tells of an attempt. */
const ATTEMPT = 'inmesh.attempt'

/**
 * @param request - A call.
 * @returns its attributes by the semantic conventions for clients of HTTP, and the name of its span.
 */
export function describeCalled({ method, scheme, host, port, path }: CalledRequest): {
  name: string
  attributes: SpanAttributes
} {
  const usual = port === (scheme === 'https' ? 443 : 80)
  const attributes: SpanAttributes = {
    'url.full': `${scheme}://${host}${usual ? '' : `:${port}`}${withoutSecrets(path)}`,
    'server.address': host,
    'server.port': port,
  }
  const name = tellMethod(attributes, method)
  return { name, attributes }
}

/** What a {@link CallSpan} is made of. */
export interface CallSpanParts {
  /** OpenTelemetry. */
  readonly api: OpenTelemetryApi
  /** The span. */
  readonly span: Span
  /** Whether another, who watches the same client, has made the span and will end it. */
  readonly joined: boolean
  /** The trace as the span tells it. */
  readonly trace: Trace
  /** See {@link ClientSpan.baggage}. */
  readonly baggage: string | undefined
  /** Where nobody makes spans. */
  readonly silent: Context
}

/** The span of a call. */
export class CallSpan implements ClientSpan {
  readonly trace: Trace
  readonly baggage: string | undefined
  readonly recording: boolean
  readonly #api: OpenTelemetryApi
  readonly #span: Span
  readonly #joined: boolean
  readonly #silent: Context

  /**
   * @param parts - Parts of it.
   */
  constructor({ api, span, joined, trace, baggage, silent }: CallSpanParts) {
    this.#api = api
    this.#span = span
    this.#joined = joined
    this.#silent = silent
    this.trace = trace
    this.baggage = baggage
    this.recording = span.isRecording()
  }

  attempted({ number, endpoint, status, failure, backOffMs }: AttemptReport): void {
    const attributes: SpanAttributes = { 'inmesh.attempt': number, 'inmesh.endpoint': endpoint }
    if (status !== undefined) attributes['http.response.status_code'] = status
    else attributes['error.type'] = failure ?? 'cancelled'
    if (backOffMs !== undefined) attributes['inmesh.back_off_ms'] = backOffMs
    this.#span.addEvent(ATTEMPT, attributes)
  }

  end(report: CallReport): void {
    const span = this.#span
    const { status, code, error, attempts } = report
    const attributes = describeReport(report)
    if (attempts > 1) attributes['http.request.resend_count'] = attempts - 1
    const failed = error !== undefined || (status !== undefined && status >= 400)
    if (failed) attributes['error.type'] = code ?? (status === undefined ? error!.name : String(status))
    span.setAttributes(attributes)
    if (this.#joined) return
    if (failed) {
      const { ERROR } = this.#api.SpanStatusCode
      span.setStatus(error === undefined ? { code: ERROR } : { code: ERROR, message: error.message })
    }
    span.end()
  }

  silence<T>(callback: () => T): T {
    return this.#api.context.with(this.#silent, callback)
  }
}

function describeReport({ route, cluster, endpoint, httpVersion, status, flags }: CallReport): SpanAttributes {
  const attributes: SpanAttributes = {}
  if (status !== undefined) attributes['http.response.status_code'] = status
  if (httpVersion !== undefined) attributes['network.protocol.version'] = httpVersion
  if (route !== '') attributes['inmesh.route'] = route
  if (cluster !== '') attributes['inmesh.cluster'] = cluster
  if (endpoint !== undefined) {
    attributes['inmesh.endpoint'] = endpoint
    tellAddress(attributes, 'network.peer', endpoint)
  }
  if (flags !== '-') attributes['inmesh.response_flags'] = flags
  return attributes
}
