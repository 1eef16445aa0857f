/** The server told that it did not act on a request and will not, so that it is safe to send it again (RFC 9113, 8.7). */
export class RefusedStreamError extends Error {
  override readonly name = 'RefusedStreamError'
  /** As of the error that node:http2 raises. */
  readonly code = 'ERR_HTTP2_STREAM_ERROR'
}

/**
 * @param error - As raised by node:http2.
 * @returns whether the server refused the stream.
 */
export function isRefusal(error: Error | undefined): boolean {
  if (error instanceof RefusedStreamError) return true
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'ERR_HTTP2_STREAM_ERROR' && error!.message.includes('NGHTTP2_REFUSED_STREAM')
}
