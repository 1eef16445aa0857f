import type { Duplex } from 'node:stream'
import type { LegacyHandler, RawHeaders } from './legacy-handler.js'
import { MAX_BODY_BYTES } from './mirror-limits.js'

/** Stands before the handler of a request whose body can be read only once, and keeps what is written of it. */
export class MirrorTee implements LegacyHandler {
  readonly #handler: LegacyHandler
  readonly #onSent: (body: Buffer | undefined) => void
  #chunks: Buffer[] = []
  #length = 0

  /**
   * @param handler - The handler.
   * @param onSent - Called when the body was written whole, with the body; undefined for one that is too large to be kept.
   */
  constructor(handler: LegacyHandler, onSent: (body: Buffer | undefined) => void) {
    this.#handler = handler
    this.#onSent = onSent
  }

  onConnect(abort: (reason?: Error) => void, context?: unknown): void {
    this.#handler.onConnect(abort, context)
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.()
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): unknown {
    return this.#handler.onHeaders(status, headers, resume, statusText)
  }

  onUpgrade(status: number, headers: RawHeaders, socket: Duplex): void {
    this.#handler.onUpgrade!(status, headers, socket)
  }

  onData(chunk: Buffer): unknown {
    return this.#handler.onData(chunk)
  }

  onComplete(trailers: RawHeaders): void {
    this.#handler.onComplete(trailers)
  }

  onError(error: Error): void {
    this.#handler.onError(error)
  }

  onBodySent(chunk: unknown): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
    this.#length += bytes.byteLength
    if (this.#length <= MAX_BODY_BYTES) this.#chunks.push(Buffer.from(bytes))
    else this.#chunks = []
    this.#handler.onBodySent?.(chunk)
  }

  onRequestSent(): void {
    const chunks = this.#chunks
    this.#chunks = []
    this.#onSent(this.#length <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined)
    this.#handler.onRequestSent?.()
  }
}
