import type { Duplex } from 'node:stream'

/**
 * The handler that undici 7's own `request`, `stream`, `pipeline` and `fetch`, and the `fetch` built into Node 20 and 22, hand to a
 * dispatcher. undici's types still allow it but mark it as deprecated.
 */
export interface LegacyHandler {
  /** The request is about to be sent. */
  onConnect(abort: (reason?: Error) => void, context?: unknown): void
  /** The first byte of the response arrived. */
  onResponseStarted?(): void
  /** Head of the response, or of an informational one. Returning false asks for a pause until `resume` is called. */
  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): unknown
  /** The connection now speaks another protocol. */
  onUpgrade?(status: number, headers: RawHeaders, socket: Duplex): void
  /** A part of the body. Returning false asks for a pause. */
  onData(chunk: Buffer): unknown
  /** The response is complete. */
  onComplete(trailers: RawHeaders): void
  /** The request failed; nothing follows. */
  onError(error: Error): void
  /** A part of the request's body was written. */
  onBodySent?(chunk: unknown): void
  /** The request was written whole. */
  onRequestSent?(): void
}

/** Names and values in turn, as they came over the wire. */
export type RawHeaders = Buffer[]
