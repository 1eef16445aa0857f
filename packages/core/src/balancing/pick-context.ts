import type { RequestView } from '../call/request-view.js'
import type { Endpoint } from '../cluster/endpoint.js'

/** What a pick may look at: the request, and what its call learned from earlier attempts. */
export interface PickContext {
  /** The request. */
  readonly request: RequestView
  /** Endpoints that earlier attempts of the call went to and that are to be avoided; empty on the first. */
  readonly tried: readonly Endpoint[]
  /**
   * How often an endpoint is drawn while the one drawn was tried already, 1 or more; the last one drawn is taken then (Envoy,
   * `host_selection_retry_max_attempts`).
   */
  readonly hostSelectionAttempts: number
  /**
   * Priorities that earlier attempts of the call went to and that are to be avoided; empty on the first (Envoy, `previous_priorities`). gRPC
   * does not read it.
   */
  readonly excludedPriorities: readonly number[]
  /**
   * Whether an attempt should rather go elsewhere, so that another endpoint is drawn as long as
   * {@link PickContext.hostSelectionAttempts} lets it: one that was tried, a canary, one with certain metadata (`retry_host_predicate`).
   *
   * @param endpoint - The endpoint that was drawn.
   */
  rejects(endpoint: Endpoint): boolean
}
