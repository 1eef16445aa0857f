import type { EndpointAssignment, EndpointConfig, Refusals } from '@inmesh/core'
import type { KnownMetadata } from './metadata-reader.js'
import type { EndpointPlaces } from './unchanged-endpoints.js'

/** What is remembered of an assignment, so that the parts of the next which did not change are found again. */
export interface KnownEndpoints {
  /** Endpoints by `host:port`; undefined for an address whose endpoint has more to it than the model says. */
  readonly byKey: ReadonlyMap<string, EndpointConfig | undefined>
  /** Where they stand in the bytes that they were read from. */
  readonly places: EndpointPlaces
  /** Their metadata. */
  readonly metadata: KnownMetadata
}

/** What a cluster's endpoints (EDS) mean. */
export interface EndpointResource {
  /** The endpoints. */
  readonly assignment: EndpointAssignment
  /** Views that cannot use them as they were sent; calls to the cluster fail with the reason. */
  readonly refused: Refusals
  /** Absent where the endpoints are inline in a cluster. */
  readonly known?: KnownEndpoints
}
