import type { EndpointAssignment, Refusals } from '@inmesh/core'

/** What a cluster's endpoints (EDS) mean. */
export interface EndpointResource {
  /** The endpoints. */
  readonly assignment: EndpointAssignment
  /** Views that cannot use them as they were sent; calls to the cluster fail with the reason. */
  readonly refused: Refusals
}
