import {
  type DropOverload,
  type EndpointAssignment,
  finishSlices,
  type LocalityEndpoints,
  type Slices,
} from '@inmesh/core'
import type { ClusterLoadAssignment, ClusterLoadAssignment_Policy } from '@inmesh/xds-proto'
import { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { translateFraction } from '../field/fraction.js'
import { ResourceReport } from '../field/resource-report.js'
import { ViewReasons } from '../field/view-reasons.js'
import { Addresses } from './addresses.js'
import type { EndpointResource } from './endpoint-resource.js'
import { keepAssignment } from './keep-assignment.js'
import { LARGEST_WEIGHT_SUM, translateLocalityEndpoints } from './locality-endpoints.js'
import { decodedLocalities, LocalitiesReader, type LocalitySource } from './locality-source.js'
import { openLocalities, type SerializedAssignment } from './serialized-assignment.js'

const POLICY_FIELDS = new FieldTreatments<ClusterLoadAssignment_Policy>({
  dropOverloads: CARRIED,
  overprovisioningFactor: CARRIED,
  endpointStaleAfter: leftOut('endpoints do not grow stale'),
  weightedPriorityHealth: CARRIED,
})

const FIELDS = new FieldTreatments<ClusterLoadAssignment>({
  clusterName: CARRIED,
  endpoints: CARRIED,
  policy: CARRIED,
  namedEndpoints: leftOut('named endpoints are not looked up'),
})

/**
 * Translates a cluster's endpoints that are inline in a cluster.
 *
 * @param scope - Where the assignment stands.
 * @param message - The assignment.
 * @param allowNames - Whether endpoints may have host names. Default false: IP literals only.
 */
export function translateAssignment(
  scope: FieldScope,
  message: ClusterLoadAssignment,
  allowNames = false,
): EndpointResource {
  const addresses = new Addresses(allowNames)
  return finishSlices(translate(scope, message, decodedLocalities(message, addresses), addresses))
}

/**
 * Translates a cluster's endpoints that are a resource of their own.
 *
 * @param scope - The resource.
 * @param serialized - The assignment.
 * @param previous - What the copy in use means. What did not change since is the same object again.
 */
export function* translateSerialized(
  scope: FieldScope,
  serialized: SerializedAssignment,
  previous: EndpointResource | undefined,
): Slices<EndpointResource> {
  const addresses = new Addresses(false)
  const opened = yield* openLocalities(serialized)
  const localities = new LocalitiesReader(serialized.bytes, opened, addresses, previous?.known)
  const { assignment, refused } = yield* translate(scope, serialized.message, localities.sources, addresses)
  return {
    assignment: keepAssignment(previous?.assignment, assignment),
    refused,
    known: { byKey: addresses.byKey, places: localities.places, metadata: localities.knownMetadata },
  }
}

function* translate(
  scope: FieldScope,
  message: ClusterLoadAssignment,
  sources: readonly LocalitySource[],
  addresses: Addresses,
): Slices<EndpointResource> {
  const refusals = ViewReasons.refusals()
  FIELDS.apply(scope, message, refusals)
  const localities = yield* translateLocalities(scope, sources, addresses, refusals)
  checkPriorities(scope, localities)
  const policy = translatePolicy(scope.at('policy'), message.policy, refusals)
  const assignment: EndpointAssignment = { localities, ...policy }
  return { assignment, refused: refusals.toRefusals() }
}

/**
 * gRPC leaves out localities without weight before it looks into them (gRFC A27); to Envoy they are as good as others, unless localities
 * share requests by their weights.
 */
function* translateLocalities(
  scope: FieldScope,
  sources: readonly LocalitySource[],
  addresses: Addresses,
  refusals: ViewReasons,
): Slices<readonly LocalityEndpoints[]> {
  const weighted = sources.some(({ message }) => message.loadBalancingWeight !== undefined)
  const localities: LocalityEndpoints[] = []
  const places = new Set<string>()
  for (const [index, source] of sources.entries()) {
    const locality = source.message
    const place = scope.at('endpoints', index)
    const unseenByGrpc = weighted && !locality.loadBalancingWeight
    const aside = unseenByGrpc ? new ResourceReport() : undefined
    const translated = yield* translateLocalityEndpoints(aside ? FieldScope.root(aside) : place, source, addresses)
    localities.push(translated)
    if (aside !== undefined) {
      for (const { field, reason } of aside.unsupported) place.unsupported(`${field}: ${reason}`)
      for (const { field, message } of aside.errors) refusals.add(place, `${field}: ${message}`, ['http'])
      continue
    }
    // gRPC reads nothing of a LOGICAL_DNS cluster but its name and port (gRFC A37), and does not take STRICT_DNS at all.
    if (addresses.allowNames) continue
    const { region, zone, subZone } = translated.locality
    const name = JSON.stringify([translated.priority, region, zone, subZone])
    if (locality.locality === undefined) {
      refusals.add(place.at('locality'), 'gRPC requires the locality (gRFC A27)', ['grpc'])
    } else if (places.has(name)) {
      refusals.add(place.at('locality'), 'gRPC takes a locality once per priority (gRFC A27)', ['grpc'])
    }
    places.add(name)
  }
  if (!weighted && !addresses.allowNames && localities.length > 0) {
    const reason = 'no locality has a load_balancing_weight, and gRPC leaves out those without (gRFC A27)'
    refusals.add(scope.at('endpoints'), reason, ['grpc'])
  }
  return localities
}

/** Priorities run from 0 without a gap, and the weights of each can be added up. */
function checkPriorities(scope: FieldScope, localities: readonly LocalityEndpoints[]): void {
  const weights = new Map<number, number>()
  const weighted = localities.some(({ weight }) => weight > 0)
  for (const { priority, weight } of localities) {
    if (weight > 0 || !weighted) weights.set(priority, (weights.get(priority) ?? 0) + weight)
  }
  for (const [priority, weight] of weights) {
    if (priority > 0 && !weights.has(priority - 1)) {
      scope.at('endpoints').malformed(`there is a priority ${priority} and no priority ${priority - 1}`)
    }
    if (weight > LARGEST_WEIGHT_SUM) {
      const sum = `the weights of priority ${priority} are more than ${LARGEST_WEIGHT_SUM} in sum`
      scope.at('endpoints').malformed(sum)
    }
  }
}

function translatePolicy(
  scope: FieldScope,
  policy: ClusterLoadAssignment_Policy | undefined,
  refusals: ViewReasons,
): Omit<EndpointAssignment, 'localities'> {
  if (policy === undefined) return { drops: [] }
  POLICY_FIELDS.apply(scope, policy, refusals)
  // gRPC does not read the factor, so a bad one is none of its errors.
  if (policy.overprovisioningFactor === 0) {
    refusals.add(scope.at('overprovisioning_factor'), 'must be more than 0', ['http'])
  }
  return {
    drops: translateDrops(scope, policy),
    ...(policy.overprovisioningFactor && { overprovisioningFactor: policy.overprovisioningFactor }),
    ...(policy.weightedPriorityHealth && { weightedPriorityHealth: true }),
  }
}

function translateDrops(scope: FieldScope, policy: ClusterLoadAssignment_Policy): readonly DropOverload[] {
  return policy.dropOverloads.flatMap(({ category, dropPercentage }, index) => {
    const fraction = translateFraction(scope.at('drop_overloads', index).at('drop_percentage'), dropPercentage)
    return fraction === undefined ? [] : { category, perMillion: fraction.perMillion }
  })
}
