import {
  type Cluster,
  Cluster_LbPolicy,
  Cluster_LeastRequestLbConfig,
  Cluster_MaglevLbConfig,
  Cluster_RingHashLbConfig,
  Cluster_RoundRobinLbConfig,
  Cluster_SlowStartConfig,
  create,
  durationFromMilliseconds,
  Percent,
  RuntimeDouble,
} from '@inmesh/xds-proto'
import type { BalancingMethod, LoadBalancerSettings, Warmup } from '../model/traffic-policy.js'

/**
 * Translates how an endpoint is chosen. Without a rule it is least request, as for a sidecar; a gRPC client of istiod would get round
 * robin, because not every gRPC library knows least request.
 *
 * @param settings - What a rule says.
 */
export function loadBalancing(settings: LoadBalancerSettings | undefined): Pick<Cluster, 'lbPolicy' | 'lbConfig'> {
  const method = settings?.method ?? { kind: 'least-request' }
  const slowStartConfig = settings?.warmup === undefined ? undefined : slowStart(settings.warmup)
  switch (method.kind) {
    case 'least-request':
      return {
        lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
        lbConfig:
          slowStartConfig === undefined
            ? undefined
            : { $case: 'leastRequestLbConfig', value: create(Cluster_LeastRequestLbConfig, { slowStartConfig }) },
      }
    case 'round-robin':
      return {
        lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
        lbConfig:
          slowStartConfig === undefined
            ? undefined
            : { $case: 'roundRobinLbConfig', value: create(Cluster_RoundRobinLbConfig, { slowStartConfig }) },
      }
    case 'random':
      return { lbPolicy: Cluster_LbPolicy.RANDOM, lbConfig: undefined }
    case 'consistent-hash':
      return consistentHash(method)
  }
}

function consistentHash(
  method: Extract<BalancingMethod, { kind: 'consistent-hash' }>,
): Pick<Cluster, 'lbPolicy' | 'lbConfig'> {
  const { algorithm } = method
  if (algorithm.kind === 'ring-hash') {
    const minimumRingSize = BigInt(algorithm.minimumRingSize)
    return {
      lbPolicy: Cluster_LbPolicy.RING_HASH,
      lbConfig: { $case: 'ringHashLbConfig', value: create(Cluster_RingHashLbConfig, { minimumRingSize }) },
    }
  }
  const tableSize = algorithm.tableSize === undefined ? undefined : BigInt(algorithm.tableSize)
  return {
    lbPolicy: Cluster_LbPolicy.MAGLEV,
    lbConfig: { $case: 'maglevLbConfig', value: create(Cluster_MaglevLbConfig, { tableSize }) },
  }
}

function slowStart(warmup: Warmup): Cluster_SlowStartConfig {
  return create(Cluster_SlowStartConfig, {
    slowStartWindow: durationFromMilliseconds(warmup.durationMs),
    // Envoy asks for a runtime key here although nothing sets it.
    aggression: create(RuntimeDouble, { defaultValue: warmup.aggression, runtimeKey: 'inmesh.warmup.aggression' }),
    minWeightPercent: create(Percent, { value: warmup.minimumPercent }),
  })
}
