import { STATUS_CODES } from 'node:http'
import type { Call, LocalReply } from '@inmesh/core'
import { localHead } from '../reply/local-head.js'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'
import { RawResponse } from './raw-response.js'

/** Who is told how a local response ended. */
export interface LocalResponseOwner {
  /** The last event is about to go to the caller. */
  ended(): void
  /** The caller's handler threw, and is to hear of that. */
  failed(error: Error): void
}

/** A reply made by the mesh on its way to the caller, as if an upstream had sent it. */
export class LocalResponse {
  readonly #handler: LegacyHandler
  /** HTTP status. */
  readonly status: number
  readonly #headers: RawHeaders
  readonly #owner: LocalResponseOwner
  #body: Buffer | undefined
  #paused = false
  #cancelled = false

  /**
   * @param reply - The reply.
   * @param request - Whether it answers a gRPC request, and the request's method.
   * @param call - The call that it ends, whose filters see it; undefined where there is none yet.
   * @param handler - The caller's.
   * @param owner - Told how it ended.
   */
  constructor(
    reply: LocalReply,
    request: { readonly grpc: boolean; readonly method: string },
    call: Call | undefined,
    handler: LegacyHandler,
    owner: LocalResponseOwner,
  ) {
    this.#handler = handler
    this.#owner = owner
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
    this.#owner.ended()
    this.#handler.onComplete([])
  }

  /** What the caller's handler throws is reported to it, as undici does. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#cancelled = true
      this.#owner.failed(error as Error)
    }
  }
}

function raw(headers: readonly string[]): Buffer[] {
  return headers.map((text) => Buffer.from(text, 'latin1'))
}
