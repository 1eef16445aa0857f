import { STATUS_CODES } from 'node:http'
import type { Call, LocalReply } from '@inmesh/core'
import { localHead } from '../reply/local-head.js'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'
import { RawResponse } from './raw-response.js'

/** A reply made by the mesh on its way to the caller, as if an upstream had sent it. */
export class LocalResponse {
  readonly #handler: LegacyHandler
  /** HTTP status. */
  readonly status: number
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
    const { status, body } = localHead(reply, request.grpc, call, new RawResponse(reply.httpStatus, headers))
    this.status = status
    this.#body = body.length > 0 && request.method !== 'HEAD' ? body : undefined
  }

  /** Sends head and body, as far as the caller does not pause. */
  send(): void {
    this.#guard(() => {
      const text = STATUS_CODES[this.status] ?? ''
      this.#paused = this.#handler.onHeaders(this.status, this.#headers, this.#resume, text) === false
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
