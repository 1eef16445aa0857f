import type { EndpointConfig, LocalityEndpoints, Slices } from '@inmesh/core'
import type { LocalityLbEndpoints } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'
import type { Addresses } from './addresses.js'
import { type LocalitySource, translateLbEndpoints } from './locality-source.js'

/** Weights are added up in 32 bits, by Envoy as by gRPC (gRFC A27). */
export const LARGEST_WEIGHT_SUM = 0xffff_ffff

const FIELDS = new FieldTreatments<LocalityLbEndpoints>({
  locality: CARRIED,
  lbEndpoints: CARRIED,
  lbConfig: CARRIED,
  loadBalancingWeight: CARRIED,
  priority: CARRIED,
  metadata: leftOut('metadata of localities is not used yet'),
  proximity: leftOut('proximity is not used'),
})

/**
 * Translates one locality with its endpoints.
 *
 * @param scope - Where the locality stands.
 * @param source - The locality.
 * @param addresses - Addresses of the whole assignment so far.
 */
export function* translateLocalityEndpoints(
  scope: FieldScope,
  { message, endpoints: read }: LocalitySource,
  addresses: Addresses,
): Slices<LocalityEndpoints> {
  FIELDS.apply(scope, message, ViewReasons.refusals())
  const endpoints = listedElsewhere(scope, message, addresses) ?? (yield* read(scope))
  let total = 0
  for (const { weight } of endpoints) total += weight
  if (total > LARGEST_WEIGHT_SUM) {
    scope.at('lb_endpoints').malformed(`the weights are more than ${LARGEST_WEIGHT_SUM} in sum`)
  }
  const { region = '', zone = '', subZone = '' } = message.locality ?? {}
  return {
    locality: { region, zone, subZone },
    priority: message.priority,
    weight: message.loadBalancingWeight ?? 0,
    endpoints,
  }
}

/** The list of `lb_config` takes the place of `lb_endpoints`. */
function listedElsewhere(
  scope: FieldScope,
  { lbConfig }: LocalityLbEndpoints,
  addresses: Addresses,
): EndpointConfig[] | undefined {
  switch (lbConfig?.$case) {
    case 'loadBalancerEndpoints':
      return translateLbEndpoints(scope, lbConfig.value.lbEndpoints, addresses)
    case 'ledsClusterLocalityConfig':
      scope
        .at('leds_cluster_locality_config')
        .unsupported('endpoints are not discovered one by one; the locality has none')
      return []
    case undefined:
      return undefined
  }
}
