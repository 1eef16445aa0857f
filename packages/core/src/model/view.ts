/**
 * The two ways of reading one configuration: HTTP calls follow Envoy's rules, gRPC calls their gRFCs.
 */
export type View = 'http' | 'grpc'

/**
 * Why a part of the configuration cannot be used, by view. An absent key means that the view can use it. What one view refuses is
 * not an error of the resource: calls of that view which come to it fail with the reason, calls of the other view go on.
 */
export interface Refusals {
  /** Reason for HTTP calls, a sentence without the final stop. */
  readonly http?: string
  /** Reason for gRPC calls, a sentence without the final stop. */
  readonly grpc?: string
}

/** Nothing is refused. */
export const NOTHING_REFUSED: Refusals = Object.freeze({})
