import {
  Cluster,
  Cluster_CommonLbConfig,
  Cluster_CommonLbConfig_LocalityWeightedLbConfig,
  create,
  durationFromMilliseconds,
  Metadata,
  Percent,
} from '@inmesh/xds-proto'
import type { DestinationRule } from '../model/destination-rule.js'
import type { ServicePort } from '../model/service-entry.js'
import type { TrafficPolicy } from '../model/traffic-policy.js'
import type { MeshView } from '../registry/mesh-view.js'
import type { Service } from '../registry/service.js'
import { circuitBreakers } from './circuit-breakers.js'
import { discovery } from './discovery.js'
import { httpProtocolOptions } from './http-protocol-options.js'
import { loadBalancing } from './load-balancing.js'
import { prefersLocality } from './locality-priority.js'
import { outlierDetection } from './outlier-detection.js'
import { clusterName } from './resource-name.js'

// istiod's default (mesh config, connectTimeout).
const defaultConnectTimeoutMs = 10_000

/**
 * Makes the cluster of a service's port, or of a subset of it.
 *
 * It is what istiod sends to a sidecar, not the smaller form that it sends to a gRPC client: with outlier detection, all limits and least
 * request where nothing is said.
 *
 * @param view - The mesh as the caller sees it.
 * @param service - The service.
 * @param port - Its port.
 * @param subset - Name of a subset; empty for the whole service.
 */
export function cluster(view: MeshView, service: Service, port: ServicePort, subset: string): Cluster {
  const name = clusterName(port.number, subset, service.host)
  const policy = view.trafficPolicy(service.host, port.number, subset)
  const rule = view.destinationRule(service.host)
  const { connectionPool } = policy
  return create(Cluster, {
    name,
    connectTimeout: durationFromMilliseconds(connectionPool?.connectTimeoutMs ?? defaultConnectTimeoutMs),
    circuitBreakers: circuitBreakers(policy),
    typedExtensionProtocolOptions: httpProtocolOptions(port, connectionPool),
    outlierDetection: policy.outlierDetection === undefined ? undefined : outlierDetection(policy.outlierDetection),
    commonLbConfig: commonLoadBalancing(policy),
    metadata: originMetadata(service, subset, rule),
    ...loadBalancing(policy.loadBalancer),
    ...discovery(view, service, port, subset),
  })
}

function commonLoadBalancing(policy: TrafficPolicy): Cluster_CommonLbConfig {
  const byHash = policy.loadBalancer?.method?.kind === 'consistent-hash'
  return create(Cluster_CommonLbConfig, {
    // Istio turns panic off unless a rule asks for it.
    healthyPanicThreshold: create(Percent, { value: policy.outlierDetection?.minHealthPercent ?? 0 }),
    localityConfigSpecifier:
      prefersLocality(policy) && !byHash
        ? {
            $case: 'localityWeightedLbConfig',
            value: create(Cluster_CommonLbConfig_LocalityWeightedLbConfig),
          }
        : undefined,
  })
}

// Names the service and the DestinationRule that a cluster comes from, in the form that Istio's tools know.
function originMetadata(service: Service, subset: string, rule: DestinationRule | undefined): Metadata {
  const { host, namespace } = service
  const istio = {
    ...(rule === undefined
      ? {}
      : { config: `/apis/networking.istio.io/v1/namespaces/${rule.namespace}/destination-rule/${rule.name}` }),
    services: [{ host, name: host, namespace }],
    ...(subset === '' ? {} : { subset }),
  }
  return create(Metadata, { filterMetadata: new Map([['istio', istio]]) })
}
