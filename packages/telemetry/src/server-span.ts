import type { ServedOutcome, ServedRequest, ServerSpan, Trace } from '@inmesh/core'
import type { Span } from '@opentelemetry/api'
import { type SpanAttributes, tellAddress, tellMethod, withoutSecrets } from './attributes.js'
import type { HttpMetadata } from './http-metadata.js'
import type { OpenTelemetryApi } from './open-telemetry-api.js'

/**
 * @param request - A request.
 * @returns its attributes by the semantic conventions for servers of HTTP, and the name of its span as far as it is known.
 */
export function describeServed(request: ServedRequest): { name: string; attributes: SpanAttributes } {
  const { path, peerAddress, peerPort, userAgent } = request
  const question = path.indexOf('?')
  const attributes: SpanAttributes = {
    'url.scheme': request.scheme,
    'url.path': question < 0 ? path : path.slice(0, question),
    'network.protocol.version': request.httpVersion,
  }
  const name = tellMethod(attributes, request.method)
  if (question >= 0) attributes['url.query'] = withoutSecrets(path.slice(question)).slice(1)
  tellAddress(attributes, 'server', request.authority)
  if (peerAddress !== undefined) attributes['network.peer.address'] = peerAddress
  if (peerPort !== undefined) attributes['network.peer.port'] = peerPort
  if (userAgent !== undefined) attributes['user_agent.original'] = userAgent
  return { name, attributes }
}

/** The span of a request that the mesh has made. */
export class OwnServerSpan implements ServerSpan {
  readonly trace: Trace
  readonly joined = false
  readonly #api: OpenTelemetryApi
  readonly #span: Span
  readonly #name: string
  readonly #metadata: HttpMetadata

  /**
   * @param api - OpenTelemetry.
   * @param span - The span.
   * @param name - Its name so far.
   * @param trace - The trace as it tells it.
   * @param metadata - Where instrumentations of frameworks tell the route.
   */
  constructor(api: OpenTelemetryApi, span: Span, name: string, trace: Trace, metadata: HttpMetadata) {
    this.#api = api
    this.#span = span
    this.#name = name
    this.trace = trace
    this.#metadata = metadata
  }

  end(outcome: ServedOutcome): void {
    const span = this.#span
    if (span.isRecording()) {
      const { status, complete, clientAddress } = outcome
      const attributes = describeOutcome(outcome)
      const template = outcome.template || (this.#metadata.route ?? '')
      if (template !== '') {
        attributes['http.route'] = template
        span.updateName(`${this.#name} ${template}`)
      }
      if (status !== undefined) attributes['http.response.status_code'] = status
      if (clientAddress !== '') attributes['client.address'] = clientAddress
      if (status !== undefined && status >= 500) {
        attributes['error.type'] = String(status)
        span.setStatus({ code: this.#api.SpanStatusCode.ERROR })
      } else if (!complete) {
        // The caller went away, which is nothing that the server did wrong.
        attributes['error.type'] = 'cancelled'
      }
      span.setAttributes(attributes)
    }
    span.end()
  }
}

/** The span of a request that another, who watches the same server, has made and will end. */
export class JoinedServerSpan implements ServerSpan {
  readonly trace: Trace
  readonly joined = true
  readonly #span: Span

  /**
   * @param span - The span.
   * @param trace - The trace as it tells it.
   */
  constructor(span: Span, trace: Trace) {
    this.#span = span
    this.trace = trace
  }

  end(outcome: ServedOutcome): void {
    if (this.#span.isRecording()) this.#span.setAttributes(describeOutcome(outcome))
  }
}

/** What only the mesh knows. */
function describeOutcome({ route, flags, complete, tags }: ServedOutcome): SpanAttributes {
  const attributes: SpanAttributes = Object.fromEntries(tags)
  if (route !== '') attributes['inmesh.route'] = route
  // Envoy, "Access logging": downstream connection termination.
  const told = complete || flags !== '-' ? flags : 'DC'
  if (told !== '-') attributes['inmesh.response_flags'] = told
  return attributes
}
