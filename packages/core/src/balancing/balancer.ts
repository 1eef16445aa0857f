import type { Endpoint } from '../cluster/endpoint.js'
import type { PickContext } from './pick-context.js'

/** An endpoint with its share of the requests. */
export interface WeightedEndpoint {
  /** The endpoint. */
  readonly endpoint: Endpoint
  /** Positive; only the ratio to its siblings counts. */
  readonly weight: number
}

/**
 * A load balancing policy over the endpoints that can take a request now. One instance per cluster and view; it outlives updates of
 * its endpoints, so that a change of one does not restart the round of the others.
 */
export interface Balancer {
  /**
   * Takes over the endpoints that can be picked. Called off the request path.
   *
   * @param hosts - In the order of the assignment; may be empty.
   */
  update(hosts: readonly WeightedEndpoint[]): void
  /**
   * Chooses an endpoint for one attempt.
   *
   * @param context - The request, for policies that look at it.
   * @param draw - How often an endpoint was chosen for the attempt and found unwanted, because the call tried it already: 0 for the first. A
   * policy that would choose the same one again goes on from it by so many steps.
   * @returns undefined only when there is no endpoint.
   */
  pick(context: PickContext, draw: number): Endpoint | undefined
  /** Stops timers and observers; only of policies that have some. Nothing is called afterwards. */
  close?(): void
}
