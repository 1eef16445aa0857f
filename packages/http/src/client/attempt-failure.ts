import { type AttemptFailure, type Call, type LocalReply, localReplies, MeshError } from '@inmesh/core'
import type { PassedLimit } from './attempt-limits.js'
import { isRefusal } from './http2/stream-errors.js'
import { asNodeStream, isReplayable } from './request-body.js'

/** Raised by undici over what the caller passed, not over what the network did. */
const CALLERS_FAULT: ReadonlySet<unknown> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_ABORTED',
  'ERR_INMESH_OPTIONS',
  'ERR_INMESH_UPGRADE',
])

const TRANSPORT: ReadonlySet<unknown> = new Set([
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_INFO',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
])

/** How the codes of parsers and of TLS begin, which may refuse a certificate of ours only when the request is on its way. */
const ORIGINS: readonly string[] = ['HPE_', 'ERR_HTTP2_', 'ERR_SSL_', 'ERR_TLS_']

/**
 * Whether an error came from the connection or from the peer's answer.
 *
 * @param error - As reported by undici.
 */
export function isTransportError(error: Error): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (TRANSPORT.has(code)) return true
  if (typeof code !== 'string') return false
  return ORIGINS.some((prefix) => code.startsWith(prefix)) || syscall !== undefined
}

/**
 * Tells how an attempt ended that got no response.
 *
 * @param error - As reported by undici.
 * @param connected - Whether the attempt had a connection, so that undici was about to write to it.
 * @param body - The request's body.
 * @returns undefined when the caller is at fault (a bad argument, its own body stream): then the error is the caller's.
 */
export function classifyFailure(error: Error, connected: boolean, body: unknown): AttemptFailure | undefined {
  const code = (error as NodeJS.ErrnoException).code
  if (CALLERS_FAULT.has(code)) return undefined
  if (asNodeStream(body)?.errored === error) return undefined
  if (!connected) return 'connect'
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return 'per-try-timeout'
  if (isRefusal(error)) return 'refused-stream'
  // An error that is none of the network's can only come from a body that undici was reading.
  return isReplayable(body) || isTransportError(error) ? 'reset' : undefined
}

/**
 * @param failure - How the last attempt of a call ended.
 * @param detail - What happened, for people.
 * @returns what Envoy answers then.
 */
export function failureReply(failure: AttemptFailure, detail: string): LocalReply {
  switch (failure) {
    case 'connect':
      return localReplies.connectFailure(detail)
    case 'reset':
    case 'refused-stream':
      return localReplies.reset(detail)
    case 'per-try-timeout':
      return localReplies.timeout(detail)
  }
}

/**
 * Counts a response that broke off after its head.
 *
 * @param call - Whose.
 * @param cause - As reported by undici.
 * @returns the error for the caller.
 */
export function breakOff(call: Call, cause: Error): MeshError {
  call.responseBroken('reset')
  return new MeshError('ERR_INMESH_RESET', `${describe(call)} broke the response off: ${cause.message}`, { cause })
}

/** Where the current or last attempt of a call went, for messages. */
export function describe(call: Call): string {
  return `endpoint ${call.endpoint?.key ?? '(none)'} of cluster ${call.cluster?.name ?? '(none)'}`
}

/**
 * @param limit - The limit that passed.
 * @param call - Whose.
 * @returns what its endpoint did not do, for messages.
 */
export function overdue(limit: PassedLimit, call: Call): string {
  if (limit === 'attempt-stream') return `took longer than ${call.attemptMs} ms`
  if (limit === 'attempt') return `did not answer within ${call.perTryMs} ms`
  return `was idle for ${limit === 'idle' ? call.idleMs : call.perTryIdleMs} ms`
}
