import type { EndpointLoadReport } from '../load/endpoint-load-report.js'
import type { View } from '../model/view.js'
import type { AttemptFailure } from '../retry/attempt-failure.js'
import type { Endpoint } from './endpoint.js'

/**
 * Hears of every attempt on a cluster's endpoints, whatever carries it: outlier detection, policies that weigh endpoints by their answers,
 * load reports. Called on the request path, so an implementation counts and leaves the thinking to a timer.
 *
 * Of one attempt it hears `started`, then at most one of `responded` and `failed`, perhaps `broken` after `responded`, then `ended`.
 */
export interface AttemptObserver {
  /** The request is sent to the endpoint. */
  started(endpoint: Endpoint): void
  /**
   * The head of a response arrived.
   *
   * @param endpoint - Who answered.
   * @param status - HTTP status.
   * @param grpcStatus - gRPC status, or -1 when there is none yet.
   * @param elapsedMs - Milliseconds since the attempt started.
   * @param view - Whose call it is.
   */
  responded(endpoint: Endpoint, status: number, grpcStatus: number, elapsedMs: number, view: View): void
  /**
   * The attempt got no response.
   *
   * @param endpoint - Who did not answer.
   * @param failure - How it ended.
   * @param elapsedMs - Milliseconds since the attempt started.
   * @param view - Whose call it is.
   */
  failed(endpoint: Endpoint, failure: AttemptFailure, elapsedMs: number, view: View): void
  /**
   * The response broke off after its head.
   *
   * @param endpoint - Who answered.
   * @param failure - How it ended.
   * @param view - Whose call it is.
   */
  broken?(endpoint: Endpoint, failure: AttemptFailure, view: View): void
  /**
   * The endpoint told how it is doing. Carriers read such reports only while somebody has this method.
   *
   * @param endpoint - Who told.
   * @param report - What it told.
   */
  reported?(endpoint: Endpoint, report: EndpointLoadReport): void
  /** The attempt is over: its response is complete, or it failed, or the caller gave it up. */
  ended(endpoint: Endpoint): void
}
