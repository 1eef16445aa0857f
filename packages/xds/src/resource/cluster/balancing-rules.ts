import type { LoadBalancingPolicy } from '@inmesh/core'
import type { FieldScope } from '../field/field-scope.js'

/** The policy of a cluster that does not say. */
export const ROUND_ROBIN: LoadBalancingPolicy = { kind: 'round-robin' }

/** Availability before affinity: a cluster that cannot pin its requests still serves them. */
export const NO_HASHING = 'requests are not hashed to an endpoint yet; they go round robin'

const DEFAULT_CHOICES = 2
const MOST_CHOICES = 10
const LARGEST_RING = 8_388_608n

/** Least request with its choice count: less than 2 is an error, more than 10 counts as 10 (gRFC A48). */
export function leastRequest(scope: FieldScope, choiceCount: number | undefined): LoadBalancingPolicy {
  const choices = choiceCount ?? DEFAULT_CHOICES
  const place = scope.at('choice_count')
  if (choices < 2) place.malformed('must be 2 or more')
  if (choices > MOST_CHOICES) place.unsupported(`no more than ${MOST_CHOICES} endpoints are compared`)
  return { kind: 'least-request', choiceCount: Math.min(choices, MOST_CHOICES) }
}

/** The sizes of a ring, which Envoy and gRPC check alike (gRFC A42). */
export function checkRing(scope: FieldScope, minimum: bigint | undefined, maximum: bigint | undefined): void {
  const largest = maximum ?? LARGEST_RING
  if (largest > LARGEST_RING) scope.at('maximum_ring_size').malformed(`must be ${LARGEST_RING} or less`)
  if (minimum === undefined) return
  if (minimum > LARGEST_RING) scope.at('minimum_ring_size').malformed(`must be ${LARGEST_RING} or less`)
  else if (minimum > largest) scope.at('minimum_ring_size').malformed('must not be more than maximum_ring_size')
}
