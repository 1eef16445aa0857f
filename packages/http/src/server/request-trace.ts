import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServedRequest, ServerSpan, Tracer } from '@inmesh/core'
import type { MeshRequest } from './mesh-request.js'

/** A request as Express leaves it. */
interface RoutedRequest extends IncomingMessage {
  /** Where the router is mounted. */
  readonly baseUrl?: unknown
  /** The route that was taken. */
  readonly route?: { readonly path?: unknown }
}

/** The span of a request, from when it is taken in until its response is over. */
export class RequestTrace {
  readonly #span: ServerSpan
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #ended = false

  private constructor(span: ServerSpan, request: IncomingMessage, response: ServerResponse) {
    this.#span = span
    this.#request = request
    this.#response = response
  }

  /**
   * Begins the span of a request, whose trace it becomes.
   *
   * @param tracer - Makes it.
   * @param mesh - What the mesh knows of the request.
   * @param request - The request.
   * @param response - Its response.
   */
  static begin(tracer: Tracer, mesh: MeshRequest, request: IncomingMessage, response: ServerResponse): void {
    const { context } = mesh
    const span = tracer.server(describe(request), context.trace, context.baggage)
    if (span === undefined) return
    context.traced(span.trace)
    const trace = new RequestTrace(span, request, response)
    mesh.follow(trace)
    // Whoever made the span ends it when the response closes, and it takes nothing more then.
    if (span.joined) response.prependOnceListener('close', () => trace.end(mesh, response.writableFinished))
  }

  /** Whether others who watch the server are to be kept from making a span of their own. */
  get isOwn(): boolean {
    return !this.#span.joined
  }

  /**
   * The response is over. Calling it again does nothing.
   *
   * @param mesh - What the mesh knows of the request.
   * @param complete - Whether all of it was handed to the network.
   */
  end(mesh: MeshRequest, complete: boolean): void {
    if (this.#ended) return
    this.#ended = true
    const { statusCode, headersSent } = this.#response
    this.#span.end({
      status: headersSent ? statusCode : undefined,
      complete,
      template: mesh.template || templateOf(this.#request),
      route: mesh.route ?? '',
      flags: mesh.flags,
      clientAddress: mesh.context.clientAddress,
      tags: mesh.tags,
    })
  }
}

function describe(request: IncomingMessage): ServedRequest {
  const { headers, socket } = request
  return {
    method: request.method ?? '',
    path: request.url ?? '/',
    authority: headers.host ?? (headers[':authority'] as string | undefined) ?? '',
    scheme: 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http',
    httpVersion: request.httpVersionMajor === 1 ? request.httpVersion : String(request.httpVersionMajor),
    userAgent: headers['user-agent'],
    peerAddress: socket.remoteAddress,
    peerPort: socket.remotePort,
  }
}

function templateOf({ route, baseUrl }: RoutedRequest): string {
  const path = route?.path
  if (typeof path !== 'string') return ''
  return typeof baseUrl === 'string' ? baseUrl + path : path
}
