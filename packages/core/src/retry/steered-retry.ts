import type { RequestView } from '../call/request-view.js'
import type { HeaderMatch } from '../model/match.js'
import type { RetryConditions, RetryPolicy } from '../model/retry-policy.js'
import { parseRetryConditions } from './retry-conditions.js'

/** Envoy's, where a request asks for retries and its route says nothing of them. */
const BARE_POLICY: Omit<RetryPolicy, 'conditions'> = {
  retries: 1,
  retriableStatusCodes: [],
  perTryTimeoutMs: 0,
  backOff: { baseMs: 25, maxMs: 250 },
  avoidPreviousHosts: false,
  hostSelectionAttempts: 1,
}

/**
 * Merges what a request's own headers ask for into its route's policy (Envoy, "x-envoy-retry-on" and its siblings): conditions, statuses
 * and header names are added, the number of retries and the limit per try take the place of the policy's.
 *
 * @param policy - The route's policy; undefined for none.
 * @param request - A request with `x-envoy-` headers.
 * @returns the policy itself when the request asks for nothing of the kind.
 */
export function steeredPolicy(policy: RetryPolicy | undefined, request: RequestView): RetryPolicy | undefined {
  const retryOn = request.header('x-envoy-retry-on')
  const grpcOn = request.header('x-envoy-retry-grpc-on')
  if (policy === undefined && retryOn === undefined && grpcOn === undefined) return undefined
  const retries = wholeNumber(request.header('x-envoy-max-retries'))
  const perTryTimeoutMs = wholeNumber(request.header('x-envoy-upstream-rq-per-try-timeout-ms'))
  const statuses = list(request.header('x-envoy-retriable-status-codes')).map(wholeNumber)
  const names = list(request.header('x-envoy-retriable-header-names'))
  const base = policy ?? { ...BARE_POLICY, conditions: parseRetryConditions('').conditions }
  return {
    ...base,
    conditions: mergeConditions(base.conditions, `${retryOn ?? ''},${grpcOn ?? ''}`),
    ...(retries !== undefined && { retries }),
    ...(perTryTimeoutMs !== undefined && { perTryTimeoutMs }),
    retriableStatusCodes: [...base.retriableStatusCodes, ...statuses.filter((status) => status !== undefined)],
    retriableHeaders: [...(base.retriableHeaders ?? []), ...names.map(present)],
  }
}

function mergeConditions(configured: RetryConditions, asked: string): RetryConditions {
  const { conditions } = parseRetryConditions(asked)
  return {
    serverError: configured.serverError || conditions.serverError,
    gatewayError: configured.gatewayError || conditions.gatewayError,
    reset: configured.reset || conditions.reset,
    resetBeforeRequest: configured.resetBeforeRequest || conditions.resetBeforeRequest,
    connectFailure: configured.connectFailure || conditions.connectFailure,
    refusedStream: configured.refusedStream || conditions.refusedStream,
    retriable4xx: configured.retriable4xx || conditions.retriable4xx,
    retriableStatusCodes: configured.retriableStatusCodes || conditions.retriableStatusCodes,
    retriableHeaders: configured.retriableHeaders || conditions.retriableHeaders,
    envoyRateLimited: configured.envoyRateLimited || conditions.envoyRateLimited,
    grpcStatuses: [...new Set([...configured.grpcStatuses, ...conditions.grpcStatuses])],
  }
}

function list(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  return text
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '')
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined
}

function present(name: string): HeaderMatch {
  return { name, value: { kind: 'present', present: true }, invert: false, treatMissingAsEmpty: false }
}
