import type { RequestView } from '../call/request-view.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { RequestHash } from '../hashing/request-hash.js'
import type { RequestHasher } from '../hashing/request-hasher.js'
import type { SubsetMatch } from '../hosts/subset-match.js'
import type { OverrideHost } from '../model/override-host.js'

/** What a pick may look at: the request, and what its call learned from earlier attempts. */
export interface PickContext {
  /** `host:port` that the request is meant for. */
  readonly target: string
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
   * Endpoints that earlier attempts of the call went to and whose priorities are to be avoided; empty on the first (Envoy,
   * `previous_priorities`). gRPC does not read it.
   */
  readonly avoidedPriorities: readonly Endpoint[]
  /**
   * Whether an attempt should rather go elsewhere, so that another endpoint is drawn as long as
   * {@link PickContext.hostSelectionAttempts} lets it: one that was tried, a canary, one with certain metadata (`retry_host_predicate`).
   *
   * @param endpoint - The endpoint that was drawn.
   */
  rejects(endpoint: Endpoint): boolean
  /**
   * The hash of the request, for policies that choose by it: worked out when first asked for, and the same for all attempts of a call.
   *
   * @param own - Hash policies of the balancer, which go before those of the route.
   * @returns undefined when there is no policy or none finds anything in the request.
   */
  hash(own?: RequestHasher): RequestHash | undefined
  /** Attempts started so far. */
  readonly attempts: number
  /** The endpoint that the request is pinned to; undefined when it is to none. */
  readonly overrideHost: OverrideHost | undefined
  /** What the route asks of endpoints' metadata; undefined when it asks nothing. gRPC does not read it. */
  readonly subset: SubsetMatch | undefined
}
