import { GrpcStatus } from '../call/local-reply.js'
import type { RequestView } from '../call/request-view.js'
import type { ResponseView } from '../call/response-view.js'
import type { Endpoint } from '../cluster/endpoint.js'
import { compileHeaderMatch, compileHeaderTest, type RequestMatcher } from '../matching/request-matcher.js'
import type { RetryPolicy } from '../model/retry-policy.js'
import type { View } from '../model/view.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { AttemptFailure } from './attempt-failure.js'
import { HostPredicate } from './host-predicate.js'
import { backOffMs, NO_PAUSE, pushbackMs, rateLimitMs } from './retry-pause.js'

/** gRFC A44: five attempts at most. */
const MOST_GRPC_RETRIES = 4

interface HeaderTest {
  readonly name: string
  readonly test: (value: string | undefined) => boolean
}

/** A retry policy made ready for the calls of one view: Envoy's rules for HTTP, those of gRFC A44 for gRPC. Immutable. */
export class RetryRules {
  /** The policy as configured. */
  readonly policy: RetryPolicy
  /** Repeats after the first attempt. */
  readonly retries: number
  /** Limit of one attempt in milliseconds, 0 for none. */
  readonly perTryTimeoutMs: number
  /** Limit of the time between two pieces of an attempt's response in milliseconds, 0 for none. */
  readonly perTryIdleTimeoutMs: number
  /** How often an endpoint is drawn for a retry; gRPC takes the first (A44 knows no host predicates). */
  readonly hostSelectionAttempts: number
  /** Whether gRPC statuses of responses are asked for. */
  readonly readsGrpcStatus: boolean
  readonly #view: View
  readonly #statusCodes: ReadonlySet<number>
  /** Answers with a lower status and no gRPC error, nearly all, meet no condition. */
  readonly #leastStatus: number
  readonly #retriableHeaders: readonly HeaderTest[]
  readonly #requestConditions: readonly RequestMatcher[]
  readonly #hosts: HostPredicate

  /**
   * @param policy - The policy.
   * @param view - Whose calls they are for.
   */
  constructor(policy: RetryPolicy, view: View) {
    const http = view === 'http'
    this.policy = policy
    this.#view = view
    this.retries = http ? policy.retries : Math.min(policy.retries, MOST_GRPC_RETRIES)
    this.perTryTimeoutMs = http ? policy.perTryTimeoutMs : 0
    this.perTryIdleTimeoutMs = http ? (policy.perTryIdleTimeoutMs ?? 0) : 0
    this.hostSelectionAttempts = http ? policy.hostSelectionAttempts : 1
    this.readsGrpcStatus = policy.conditions.grpcStatuses.length > 0
    this.#statusCodes = new Set(policy.conditions.retriableStatusCodes ? policy.retriableStatusCodes : [])
    this.#retriableHeaders = (policy.conditions.retriableHeaders ? (policy.retriableHeaders ?? []) : []).map(
      (match) => ({
        name: match.name,
        test: compileHeaderTest(match),
      }),
    )
    this.#leastStatus = leastStatus(policy)
    this.#requestConditions = (policy.retriableRequestHeaders ?? []).map(compileHeaderMatch)
    this.#hosts = new HostPredicate(policy)
  }

  /**
   * Whether attempts of a request may be repeated at all (`retriable_request_headers`).
   *
   * @param request - The request.
   */
  appliesTo(request: RequestView): boolean {
    const conditions = this.#requestConditions
    return conditions.length === 0 || this.#view === 'grpc' || conditions.some((condition) => condition(request))
  }

  /**
   * Whether an answer may be asked for again. Envoy, "x-envoy-retry-on" and "x-envoy-retry-grpc-on"; gRPC looks at its status alone.
   *
   * @param status - HTTP status.
   * @param grpcStatus - gRPC status, or -1 when the answer has none.
   * @param response - Its headers.
   */
  retriesResponse(status: number, grpcStatus: number, response: ResponseView): boolean {
    if (status < this.#leastStatus && grpcStatus <= 0) return false
    const { envoyRateLimited } = this.policy.conditions
    const meets = this.#meetsCondition(status, grpcStatus, response)
    if (this.#view === 'grpc' || (!meets && !envoyRateLimited)) return meets
    // Whoever limits a rate does not want more requests, unless the policy says so.
    return response.header('x-envoy-ratelimited') === undefined ? meets : envoyRateLimited
  }

  /**
   * Whether an attempt that got no answer may be repeated. Envoy counts every kind of reset under `5xx`, `gateway-error` and `reset`; gRPC
   * calls it UNAVAILABLE.
   *
   * @param failure - How the attempt ended.
   * @param written - Whether any byte of the request may have reached the upstream. What never left is safe to send elsewhere under
   * `connect-failure` and `reset-before-request` alike: the upstream cannot have acted on it.
   */
  retriesFailure(failure: AttemptFailure, written: boolean): boolean {
    const on = this.policy.conditions
    if (this.#view === 'grpc') return failure !== 'per-try-timeout' && on.grpcStatuses.includes(GrpcStatus.UNAVAILABLE)
    if (on.serverError || on.gatewayError || on.reset) return true
    if (!written && (on.connectFailure || on.resetBeforeRequest)) return true
    return failure === 'refused-stream' && on.refusedStream
  }

  /**
   * The pause before a retry: what the response asks for, else a draw.
   *
   * @param retry - Number of the retry, from 1.
   * @param response - Headers of the answer; undefined when there was none.
   * @param clock - For pauses given as a date.
   * @param random - The dice.
   * @returns milliseconds, -1 when the server of a gRPC call forbids a retry.
   */
  pauseMs(retry: number, response: ResponseView | undefined, clock: Clock, random: Random): number {
    if (response !== undefined) {
      const asked =
        this.#view === 'grpc'
          ? pushbackMs(response)
          : rateLimitMs(this.policy.rateLimitedBackOff, response, clock, random)
      if (asked !== NO_PAUSE) return asked
    }
    return backOffMs(this.policy.backOff, this.#view, retry, random)
  }

  /**
   * Whether a retry should rather go elsewhere (`retry_host_predicate`).
   *
   * @param endpoint - The endpoint that was drawn.
   * @param tried - Where earlier attempts went.
   */
  rejects(endpoint: Endpoint, tried: readonly Endpoint[]): boolean {
    return this.#hosts.rejects(endpoint, tried)
  }

  #meetsCondition(status: number, grpcStatus: number, response: ResponseView): boolean {
    const on = this.policy.conditions
    if (this.#view === 'http') {
      if (status >= 500 && on.serverError) return true
      if (on.gatewayError && (status === 502 || status === 503 || status === 504)) return true
      if (on.retriable4xx && status === 409) return true
      if (this.#statusCodes.has(status) || this.#hasRetriableHeader(response)) return true
    }
    return grpcStatus > 0 && on.grpcStatuses.includes(grpcStatus)
  }

  #hasRetriableHeader(response: ResponseView): boolean {
    for (const { name, test } of this.#retriableHeaders) if (test(response.header(name))) return true
    return false
  }
}

/** The lowest HTTP status that may meet a condition; 0 where headers alone may. */
function leastStatus({ conditions: on, retriableStatusCodes }: RetryPolicy): number {
  if (on.retriableHeaders || on.envoyRateLimited) return 0
  return Math.min(on.retriable4xx ? 409 : 500, ...(on.retriableStatusCodes ? retriableStatusCodes : []))
}
