import { STATUS_CODES } from 'node:http'
import type { Call, LocalReply, RewrittenReply } from '@inmesh/core'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'
import { RawResponse } from './raw-response.js'

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
   * @param call - The call that it ends, whose filters see it; undefined where there is none yet.
   * @param handler - The caller's.
   * @param onEnd - Called before the last event.
   */
  constructor(
    reply: LocalReply,
    request: { readonly grpc: boolean; readonly method: string },
    call: Call | undefined,
    handler: LegacyHandler,
    onEnd: () => void,
  ) {
    this.#handler = handler
    this.#onEnd = onEnd
    const headers = raw(reply.headers ?? [])
    this.#headers = headers
    const made: RewrittenReply = call?.rewriteReply(reply, new RawResponse(reply.httpStatus, headers)) ?? reply
    // Envoy answers gRPC requests with a status of theirs and no body ("Local reply modification").
    const body = request.grpc || hasNoBody(made.httpStatus) ? EMPTY : asBuffer(made.body)
    this.#status = request.grpc ? 200 : made.httpStatus
    const head = new RawResponse(this.#status, headers)
    if (!hasNoBody(this.#status)) head.headers.set('content-length', String(body.length))
    // As Envoy: a type that a format gives takes the place of one that is there, unless it is that of any text.
    const { contentType } = made
    if (
      body.length > 0 &&
      contentType !== undefined &&
      (contentType !== TEXT || head.headers.get(TYPE) === undefined)
    ) {
      head.headers.set(TYPE, contentType)
    }
    // Tells callers that asking again makes it worse (Envoy, "x-envoy-overloaded").
    const silent = call?.route?.suppressesEnvoyHeaders === true
    if (reply.flag === 'UO' && !silent) head.headers.set('x-envoy-overloaded', 'true')
    if (request.grpc) head.headers.set(TYPE, 'application/grpc')
    // A fault given as a gRPC status answers other requests too, with 200 (Envoy, "Fault Injection").
    if (request.grpc || (reply.flag === 'FI' && reply.httpStatus === 200)) {
      head.headers.set('grpc-status', String(made.grpcStatus))
      head.headers.set('grpc-message', encodeURI(grpcMessage(made)))
    }
    call?.changeReply(head)
    if (body.length > 0 && head.headers.get(TYPE) === undefined) head.headers.set(TYPE, TEXT)
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

const EMPTY = Buffer.alloc(0)
const TYPE = 'content-type'
const TEXT = 'text/plain'

function asBuffer(body: string | Uint8Array): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

/** RFC 9110, 6.4.1: these end with their head. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 304
}

/** Of JSON without the line break at its end, as Envoy has it. */
function grpcMessage({ body, detail, contentType }: RewrittenReply): string {
  if (typeof body !== 'string' || body === '') return detail
  return contentType === 'application/json' ? body.trimEnd() : body
}

function raw(headers: readonly string[]): Buffer[] {
  return headers.map((text) => Buffer.from(text, 'latin1'))
}
