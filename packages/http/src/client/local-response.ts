import { STATUS_CODES } from 'node:http'
import type { LocalReply } from '@inmesh/core'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'

/** A reply made by the mesh on its way to the caller, as if an upstream had sent it. */
export class LocalResponse {
  readonly #handler: LegacyHandler
  readonly #status: number
  readonly #headers: RawHeaders
  readonly #onEnd: () => void
  #body: Buffer | undefined
  #paused = false
  #cancelled = false

  /**
   * @param reply - The reply.
   * @param request - Whether it answers a gRPC request, and the request's method.
   * @param handler - The caller's.
   * @param onEnd - Called before the last event.
   */
  constructor(
    reply: LocalReply,
    request: { readonly grpc: boolean; readonly method: string },
    handler: LegacyHandler,
    onEnd: () => void,
  ) {
    this.#handler = handler
    this.#onEnd = onEnd
    // Envoy answers gRPC requests with a status of theirs and no body ("Local reply modification").
    const body = Buffer.from(request.grpc ? '' : reply.body)
    this.#status = request.grpc ? 200 : reply.httpStatus
    this.#headers = raw(['content-length', String(body.length)])
    // Tells callers that asking again makes it worse (Envoy, "x-envoy-overloaded").
    if (reply.flag === 'UO') this.#headers.push(...raw(['x-envoy-overloaded', 'true']))
    if (request.grpc) this.#headers.push(...raw(['content-type', 'application/grpc']))
    else if (body.length > 0) this.#headers.push(...raw(['content-type', 'text/plain']))
    // A fault given as a gRPC status answers other requests too, with 200 (Envoy, "Fault Injection").
    if (request.grpc || (reply.flag === 'FI' && reply.httpStatus === 200)) {
      const message = reply.body === '' ? reply.detail : reply.body
      this.#headers.push(...raw(['grpc-status', String(reply.grpcStatus), 'grpc-message', encodeURI(message)]))
    }
    this.#body = body.length > 0 && request.method !== 'HEAD' ? body : undefined
  }

  /** Sends head and body, as far as the caller does not pause. */
  send(): void {
    this.#guard(() => {
      const text = STATUS_CODES[this.#status] ?? ''
      this.#paused = this.#handler.onHeaders(this.#status, this.#headers, this.#resume, text) === false
      if (!this.#paused) this.#continue()
    })
  }

  /** Sends nothing more. */
  cancel(): void {
    this.#cancelled = true
  }

  readonly #resume = (): void => {
    if (!this.#paused) return
    this.#paused = false
    this.#guard(() => this.#continue())
  }

  #continue(): void {
    if (this.#cancelled) return
    const body = this.#body
    if (body !== undefined) {
      this.#body = undefined
      this.#paused = this.#handler.onData(body) === false
      if (this.#paused || this.#cancelled) return
    }
    this.#cancelled = true
    this.#onEnd()
    this.#handler.onComplete([])
  }

  /** What the caller's handler throws is reported to it, as undici does. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#cancelled = true
      this.#onEnd()
      this.#handler.onError(error as Error)
    }
  }
}

function raw(headers: readonly string[]): Buffer[] {
  return headers.map((text) => Buffer.from(text, 'latin1'))
}
