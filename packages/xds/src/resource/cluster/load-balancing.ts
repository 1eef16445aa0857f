import type { LoadBalancingPolicy } from '@inmesh/core'
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  type Cluster_LeastRequestLbConfig,
  Cluster_RingHashLbConfig_HashFunction,
  enumName,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'
import { checkRing, leastRequest, NO_HASHING, ROUND_ROBIN } from './balancing-rules.js'
import type { HostPolicyReader } from './host-policy.js'
import { translateTypedPolicies } from './typed-load-balancing.js'

const LEAST_REQUEST_FIELDS = new FieldTreatments<Cluster_LeastRequestLbConfig>({
  choiceCount: CARRIED,
  activeRequestBias: leftOut('the bias is 1 for every cluster'),
  slowStartConfig: CARRIED,
})

/**
 * Translates how a cluster chooses endpoints: `load_balancing_policy` where it is set, else `lb_policy` (Envoy; gRFC A52).
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param refusals - Its refusals.
 * @param hosts - Told which endpoints the policy chooses from.
 */
export function translateLoadBalancing(
  scope: FieldScope,
  cluster: Cluster,
  refusals: ViewReasons,
  hosts: HostPolicyReader,
): LoadBalancingPolicy {
  if (cluster.loadBalancingPolicy !== undefined) {
    const place = scope.at('load_balancing_policy')
    return translateTypedPolicies(place, cluster.loadBalancingPolicy, refusals, hosts) ?? ROUND_ROBIN
  }
  const config = cluster.lbConfig
  const place = scope.at('lb_policy')
  switch (cluster.lbPolicy) {
    case Cluster_LbPolicy.ROUND_ROBIN:
      if (config?.$case === 'roundRobinLbConfig') {
        hosts.slowStart(scope.at('round_robin_lb_config'), config.value.slowStartConfig)
      }
      return ROUND_ROBIN
    case Cluster_LbPolicy.LEAST_REQUEST: {
      if (config?.$case !== 'leastRequestLbConfig') return leastRequest(place, undefined)
      const at = scope.at('least_request_lb_config')
      LEAST_REQUEST_FIELDS.apply(at, config.value, ViewReasons.refusals())
      hosts.slowStart(at, config.value.slowStartConfig)
      return leastRequest(at, config.value.choiceCount)
    }
    case Cluster_LbPolicy.RANDOM:
      return { kind: 'random' }
    case Cluster_LbPolicy.RING_HASH:
      if (config?.$case === 'ringHashLbConfig') {
        const { minimumRingSize, maximumRingSize, hashFunction } = config.value
        checkRing(scope.at('ring_hash_lb_config'), minimumRingSize, maximumRingSize)
        if (hashFunction !== Cluster_RingHashLbConfig_HashFunction.XX_HASH) {
          const at = scope.at('ring_hash_lb_config').at('hash_function')
          refusals.add(at, 'gRPC knows no hash function but XX_HASH (gRFC A42)', ['grpc'])
        }
      }
      place.unsupported(NO_HASHING)
      return ROUND_ROBIN
    case Cluster_LbPolicy.MAGLEV:
      place.unsupported(NO_HASHING)
      return ROUND_ROBIN
    case Cluster_LbPolicy.CLUSTER_PROVIDED:
      // Right for the kinds of cluster that bring their own policy along; those are refused for their kind.
      if (cluster.clusterDiscoveryType?.value === Cluster_DiscoveryType.EDS) {
        place.malformed('CLUSTER_PROVIDED is not for EDS clusters')
      }
      return ROUND_ROBIN
    case Cluster_LbPolicy.LOAD_BALANCING_POLICY_CONFIG:
      place.malformed('LOAD_BALANCING_POLICY_CONFIG needs load_balancing_policy')
      return ROUND_ROBIN
    default:
      refusals.add(place, `the policy ${enumName(Cluster_LbPolicy, cluster.lbPolicy)} is not supported`)
      return ROUND_ROBIN
  }
}
