import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { RequestView } from '../call/request-view.js'
import { parseRetryConditions } from '../retry/retry-conditions.js'

/** The headers that may be checked (Envoy, Router.strict_check_headers), and what their values must be. */
const CHECKS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['x-envoy-upstream-rq-timeout-ms', isWholeNumber],
  ['x-envoy-upstream-rq-per-try-timeout-ms', isWholeNumber],
  ['x-envoy-max-retries', isWholeNumber],
  ['x-envoy-retry-on', areHttpConditions],
  ['x-envoy-retry-grpc-on', areGrpcConditions],
])

/** Names of the headers that can be checked. */
export const CHECKABLE_HEADERS: readonly string[] = [...CHECKS.keys()]

/**
 * Checks headers by which a request steers the mesh.
 *
 * @param names - Those to check.
 * @param request - The request.
 * @returns the answer to a request of which one is wrong; undefined when none is.
 */
export function checkHeaders(names: readonly string[], request: RequestView): LocalReply | undefined {
  for (const name of names) {
    const value = request.header(name)
    if (value !== undefined && !CHECKS.get(name)!(value)) return localReplies.invalidHeader(name, value)
  }
  return undefined
}

function isWholeNumber(value: string): boolean {
  return /^\s*\d{1,20}\s*$/.test(value)
}

function areHttpConditions(value: string): boolean {
  const { conditions, unknown } = parseRetryConditions(value)
  return unknown.length === 0 && conditions.grpcStatuses.length === 0
}

function areGrpcConditions(value: string): boolean {
  const { conditions, unknown } = parseRetryConditions(value)
  return unknown.length === 0 && !Object.values(conditions).includes(true)
}
