import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/**
 * Whether a body can be sent any number of times. Streams and iterables cannot once they were read from.
 *
 * @param body - As given to `dispatch`.
 */
export function isReplayable(body: unknown): boolean {
  if (body === null || body === undefined || typeof body === 'string') return true
  return ArrayBuffer.isView(body) || body instanceof ArrayBuffer || body instanceof Blob
}

/**
 * @param body - As given to `dispatch`.
 * @returns the body when it is a Node stream, which reports errors by events.
 */
export function asNodeStream(body: unknown): Readable | undefined {
  if (body instanceof Readable) return body
  const stream = body as Partial<Readable> | null | undefined
  return typeof stream?.pipe === 'function' && typeof stream.on === 'function' ? (stream as Readable) : undefined
}

/**
 * @param body - As given to `dispatch`.
 * @param callback - Told of an error when the body is a Node stream.
 * @returns a function that stops listening; undefined for any other body.
 */
export function onBodyError(body: unknown, callback: (error: Error) => void): (() => void) | undefined {
  if (body === null || typeof body !== 'object') return undefined
  const stream = asNodeStream(body)
  if (stream === undefined) return undefined
  stream.on('error', callback)
  return () => stream.off('error', callback)
}

/**
 * Lets go of a stream that nobody will read any more, so that what is behind it (a file, a socket) is not kept open.
 *
 * @param body - Body of a request that was answered without it.
 */
export function discardBody(body: unknown): void {
  const stream = asNodeStream(body)
  // Destroying an inbound request would cut the connection that its response still has to take.
  if (stream !== undefined && !(stream instanceof IncomingMessage)) stream.destroy()
}
