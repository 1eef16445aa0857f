import type { Response } from 'undici'

/** What says nothing about the upstream: the mesh is closed, the call was wrong, or nobody waits for its answer any more. */
const NOT_THE_UPSTREAM = [
  'ERR_INMESH_CLOSED',
  'ERR_INMESH_OPTIONS',
  'ERR_INMESH_CANCELLED',
  'UND_ERR_ABORTED',
  'UND_ERR_INVALID_ARG',
]

/**
 * Whether a call failed, unless a breaker has its own opinion.
 *
 * @param result - What the call gave.
 */
export function isUpstreamFailure(result: Response | Error): boolean {
  if (!(result instanceof Error)) return result.status >= 500
  if (isTimeLimit(result)) return true
  // fetch gives its reason for what happened on the way; what it refuses at once has none.
  const { cause } = result as { readonly cause?: unknown }
  if (typeof cause !== 'object' || cause === null) return false
  const { code } = cause as { readonly code?: unknown }
  return typeof code !== 'string' || !NOT_THE_UPSTREAM.includes(code)
}

/**
 * Whether the caller did not want the answer any more. A time limit is no such thing: who sets `AbortSignal.timeout()` wanted it sooner.
 *
 * @param error - What the call gave.
 * @param signal - The caller's, if it has one.
 */
export function wasGivenUp(error: unknown, signal: AbortSignal | null | undefined): boolean {
  return signal?.aborted === true && signal.reason === error && !isTimeLimit(error)
}

function isTimeLimit(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError'
}
