import { isDeepStrictEqual } from 'node:util'
import type { EndpointAssignment, LocalityEndpoints } from '@inmesh/core'

/**
 * Keeps the parts of an assignment that did not change the same objects. Endpoints are compared by identity, which tells for those whose
 * bytes were equal: to look into ten thousand would hold up the event loop.
 *
 * @param previous - The assignment as it was.
 * @param next - The assignment as it came.
 */
export function keepAssignment(previous: EndpointAssignment | undefined, next: EndpointAssignment): EndpointAssignment {
  if (previous === undefined) return next
  const localities = next.localities.map((locality, index) => keepLocality(previous.localities[index], locality))
  const drops = isDeepStrictEqual(previous.drops, next.drops) ? previous.drops : next.drops
  const isSame =
    drops === previous.drops &&
    sameItems(localities, previous.localities) &&
    next.overprovisioningFactor === previous.overprovisioningFactor &&
    next.weightedPriorityHealth === previous.weightedPriorityHealth
  return isSame ? previous : { ...next, localities, drops }
}

function keepLocality(previous: LocalityEndpoints | undefined, next: LocalityEndpoints): LocalityEndpoints {
  if (previous === undefined) return next
  const { endpoints, ...rest } = next
  const { endpoints: endpointsBefore, ...restBefore } = previous
  return isDeepStrictEqual(restBefore, rest) && sameItems(endpointsBefore, endpoints) ? previous : next
}

function sameItems<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index])
}
