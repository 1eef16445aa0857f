import type { Locality } from '@inmesh/core'
import type { TrafficPolicy } from '../model/traffic-policy.js'

// Istio's ranks, from the same sub-zone to a region that does not stand in for the caller's.
const sameRegion = 2
const otherRegion = 3
const noStandIn = 4

/**
 * Ranks localities by how near they are to a caller, as Istio does: the same sub-zone, zone and region, then the region that stands in,
 * then all others.
 *
 * @param caller - Where the caller runs; without a region all are equally near.
 * @param localities - Where endpoints run.
 * @param failover - Regions that stand in for each other. Where the caller's has none, any region does.
 * @returns a priority for each locality, 0 for the nearest, without gaps.
 */
export function localityPriorities(
  caller: Locality,
  localities: readonly Locality[],
  failover: readonly { readonly from: string; readonly to: string }[],
): readonly number[] {
  if (caller.region === '') return localities.map(() => 0)
  const standIn = failover.find(({ from }) => from === caller.region)?.to
  const ranks = localities.map((locality) => rank(caller, locality, standIn))
  const order = [...new Set(ranks)].sort((one, other) => one - other)
  return ranks.map((value) => order.indexOf(value))
}

function rank(caller: Locality, locality: Locality, standIn: string | undefined): number {
  if (locality.region !== caller.region) {
    return standIn === undefined || standIn === locality.region ? otherRegion : noStandIn
  }
  if (locality.zone !== caller.zone) return sameRegion
  return locality.subZone === caller.subZone ? 0 : 1
}

/**
 * @param policy - What holds for a cluster.
 * @returns whether endpoints near the caller come before others. Without outlier detection nothing would tell that they are gone.
 */
export function prefersLocality(policy: TrafficPolicy): boolean {
  return policy.outlierDetection !== undefined && (policy.loadBalancer?.localityFailover ?? true)
}
