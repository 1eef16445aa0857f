import type { AttemptHeaders } from '../model/router-options.js'

/** No headers. */
export const NOTHING: readonly string[] = Object.freeze([])

/** Nearly every request is sent once, and Istio lets all of them tell so. */
const FIRST: readonly string[] = Object.freeze(['x-envoy-attempt-count', '1'])

/**
 * Headers that tell the upstream of an attempt (Envoy, "x-envoy-attempt-count" and "x-envoy-is-timeout-retry").
 *
 * @param told - What is told.
 * @param attempts - Attempts started, this one among them.
 * @param afterTimeout - Whether the attempt before took too long.
 * @returns names and values in turn.
 */
export function attemptHeaders(told: AttemptHeaders, attempts: number, afterTimeout: boolean): readonly string[] {
  if (attempts === 1) return told.inRequest ? FIRST : NOTHING
  const headers: string[] = []
  if (told.inRequest) headers.push('x-envoy-attempt-count', String(attempts))
  if (told.timeoutRetry) headers.push('x-envoy-is-timeout-retry', String(afterTimeout))
  return headers
}
