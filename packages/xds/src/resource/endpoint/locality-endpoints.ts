import type { EndpointConfig, LocalityEndpoints } from '@inmesh/core'
import type { LbEndpoint, LocalityLbEndpoints } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'
import { translateLbEndpoint } from './lb-endpoint.js'

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
 * Translates the endpoints of one locality.
 *
 * @param scope - Where the locality stands.
 * @param message - The locality.
 * @param keys - Addresses of the whole assignment so far.
 */
export function translateLocalityEndpoints(
  scope: FieldScope,
  message: LocalityLbEndpoints,
  keys: Set<string>,
): LocalityEndpoints {
  FIELDS.apply(scope, message, ViewReasons.refusals())
  const endpoints: EndpointConfig[] = []
  let total = 0
  for (const [index, lbEndpoint] of endpointsOf(scope, message).entries()) {
    const endpoint = translateLbEndpoint(scope.at('lb_endpoints', index), lbEndpoint, keys)
    if (endpoint === undefined) continue
    endpoints.push(endpoint)
    total += endpoint.weight
  }
  if (total > LARGEST_WEIGHT_SUM) {
    scope.at('lb_endpoints').malformed(`the weights are more than ${LARGEST_WEIGHT_SUM} in sum`)
  }
  const { region = '', zone = '', subZone = '' } = message.locality ?? {}
  return {
    locality: { region, zone, subZone },
    priority: message.priority,
    // Without weights every endpoint takes its share, wherever it is (Envoy without locality weights).
    weight: message.loadBalancingWeight ?? Math.max(1, total),
    endpoints,
  }
}

function endpointsOf(scope: FieldScope, message: LocalityLbEndpoints): readonly LbEndpoint[] {
  switch (message.lbConfig?.$case) {
    case 'loadBalancerEndpoints':
      return message.lbConfig.value.lbEndpoints
    case 'ledsClusterLocalityConfig':
      scope
        .at('leds_cluster_locality_config')
        .unsupported('endpoints are not discovered one by one; the locality has none')
      return []
    case undefined:
      return message.lbEndpoints
  }
}
