import type { MeshRequestInit } from '@inmesh/http'
import type { RequestInfo, Response } from 'undici'

/** What a service is called with, each by default. A call's own `mesh` options come before. */
export interface ServiceOptions {
  /**
   * Time limit of a call in milliseconds, all attempts and the response's body included: what is still under way then is cancelled, so that
   * the upstream learns of it. Default: none of its own.
   */
  readonly timeoutMs?: number
  /** Requests may safely be carried out twice; see `idempotent` of a call. Default false. */
  readonly idempotent?: boolean
  /** The application's circuit breaker; of a route, what it has other than its service. Default, and `false`: none. */
  readonly breaker?: BreakerOptions | false
}

/**
 * The application's circuit breaker of a service or route. While it is closed, calls go out and failures are counted; once too many fail it opens
 * and calls are answered at once without being sent; after a while it is half-open and lets one call through, which closes or opens it.
 * The names are those of opossum, which counts and decides.
 */
export interface BreakerOptions {
  /** Opens above this share of failures among the calls of the last `rollingCountTimeout`, in percent, 0 up to less than 100. Default 50. */
  readonly errorThresholdPercentage?: number
  /** Stays closed with fewer calls than this in that time, a positive integer. Default 10. */
  readonly volumeThreshold?: number
  /**
   * Milliseconds for which it stays open before it tries one call. A call tried that is not answered for as long again makes way for another.
   * Default 30,000.
   */
  readonly resetTimeout?: number
  /** Milliseconds over which calls and failures are counted. Default 10,000. */
  readonly rollingCountTimeout?: number
  /**
   * Whether a call failed, by its response's head or by its error. Responses that did not fail count as successes, errors that did not are not
   * counted at all. Not asked about calls that the caller gave up itself, which are not counted; `AbortSignal.timeout()` is a time limit and no
   * giving up. What it throws is the call's error and not counted.
   * Default: responses from 500 on, answers of the mesh itself included; every error but those of wrong arguments and of a closed mesh.
   */
  readonly isFailure?: (result: Response | Error) => boolean
  /** Answers in place of calls that failed or were not let through. Default: the caller gets the failure. */
  readonly fallback?: BreakerFallback
}

/**
 * Answers in place of a call that failed or was not let through.
 *
 * @param failure - What the caller would have got: a response, or an error. Where the breaker is open: the mesh's own 503, or with
 * `localReply: 'throw'` an error whose cause has the code `ERR_INMESH_CIRCUIT_OPEN`. A response whose body nobody reads is discarded.
 * @param input - Path, URL or request of the call, as the caller gave it.
 * @param init - Options of the call, as the caller gave them.
 * @returns what the caller gets; what it throws the caller gets as the call's error.
 */
export type BreakerFallback = (
  failure: Response | Error,
  input: RequestInfo,
  init: MeshRequestInit | undefined,
) => FallbackResponse | Promise<FallbackResponse>

/** A response of undici's, or of Node's own `fetch`. */
export type FallbackResponse = Response | globalThis.Response
