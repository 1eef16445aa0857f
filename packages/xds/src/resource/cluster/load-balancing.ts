import type { LoadBalancingPolicy } from '@inmesh/core'
import {
  type Cluster,
  type Cluster_CommonLbConfig_ConsistentHashingLbConfig,
  Cluster_LbPolicy,
  type Cluster_RingHashLbConfig,
  Cluster_RingHashLbConfig_HashFunction,
  enumName,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { balanceFactor, type HashingTerms, leastRequest, maglev, ROUND_ROBIN, ringHash } from './balancing-rules.js'
import {
  type BalancedCluster,
  clusterProvided,
  MURMUR_REFUSED,
  translateTypedPolicies,
} from './typed-load-balancing.js'

/**
 * Translates how a cluster chooses endpoints: `load_balancing_policy` where it is set, else `lb_policy` (Envoy; gRFC A52).
 *
 * @param scope - The cluster.
 * @param around - The cluster, and what is known beside it.
 */
export function translateLoadBalancing(scope: FieldScope, around: BalancedCluster): LoadBalancingPolicy {
  const { cluster, refusals, hosts } = around
  if (cluster.loadBalancingPolicy !== undefined) {
    const place = scope.at('load_balancing_policy')
    return translateTypedPolicies(place, cluster.loadBalancingPolicy, around) ?? ROUND_ROBIN
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
      const at = scope.at('least_request_lb_config')
      const value = config?.$case === 'leastRequestLbConfig' ? config.value : undefined
      hosts.slowStart(at, value?.slowStartConfig)
      const bias = value?.activeRequestBias?.defaultValue
      return leastRequest(at, { choiceCount: value?.choiceCount, bias, fullScan: false })
    }
    case Cluster_LbPolicy.RANDOM:
      return { kind: 'random' }
    case Cluster_LbPolicy.RING_HASH:
      return translateRing(scope, around, config?.$case === 'ringHashLbConfig' ? config.value : undefined)
    case Cluster_LbPolicy.MAGLEV: {
      const tableSize = config?.$case === 'maglevLbConfig' ? config.value.tableSize : undefined
      return maglev(scope.at('maglev_lb_config'), tableSize, hashingTerms(scope, cluster))
    }
    case Cluster_LbPolicy.CLUSTER_PROVIDED:
      return clusterProvided(place, cluster)
    case Cluster_LbPolicy.LOAD_BALANCING_POLICY_CONFIG:
      place.malformed('LOAD_BALANCING_POLICY_CONFIG needs load_balancing_policy')
      return ROUND_ROBIN
    default:
      refusals.add(place, `the policy ${enumName(Cluster_LbPolicy, cluster.lbPolicy)} is not supported`)
      return ROUND_ROBIN
  }
}

function translateRing(
  scope: FieldScope,
  { cluster, refusals }: BalancedCluster,
  config: Cluster_RingHashLbConfig | undefined,
): LoadBalancingPolicy {
  const place = scope.at('ring_hash_lb_config')
  const murmur = config?.hashFunction === Cluster_RingHashLbConfig_HashFunction.MURMUR_HASH_2
  if (murmur) refusals.add(place.at('hash_function'), MURMUR_REFUSED, ['grpc'])
  const ring = {
    minimum: config?.minimumRingSize,
    maximum: config?.maximumRingSize,
    hashFunction: murmur ? ('murmur-hash-2' as const) : ('xx-hash' as const),
  }
  return ringHash(place, ring, hashingTerms(scope, cluster))
}

function hashingTerms(scope: FieldScope, { commonLbConfig }: Cluster): HashingTerms {
  const config: Cluster_CommonLbConfig_ConsistentHashingLbConfig | undefined = commonLbConfig?.consistentHashingLbConfig
  const place = scope.at('common_lb_config').at('consistent_hashing_lb_config').at('hash_balance_factor')
  return { useHostname: config?.useHostnameForHashing ?? false, ...balanceFactor(place, config?.hashBalanceFactor) }
}
