import {
  AggregateClusterConfig,
  type Cluster,
  type Cluster_CustomClusterType,
  Cluster_DiscoveryType,
  ClusterLoadAssignment,
  create,
  enumName,
} from '@inmesh/xds-proto'
import { isOwnSource } from '../config-source.js'
import { translateAssignment } from '../endpoint/assignment.js'
import { translatePositiveDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { decodeConfig, typedConfigOf } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import type { ClusterDiscovery } from './cluster-resource.js'
import { translateDns } from './dns-discovery.js'

/** Envoy's default. */
const CLEANUP_MS = 5000

/** Timers hold no more; it is 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Translates where a cluster's endpoints come from.
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param refusals - Its refusals.
 */
export function translateDiscovery(scope: FieldScope, cluster: Cluster, refusals: ViewReasons): ClusterDiscovery {
  const specifier = cluster.clusterDiscoveryType
  if (specifier?.$case === 'clusterType') return translateExtension(scope.at('cluster_type'), specifier.value, refusals)
  // Unset reads as STATIC, the first value of the enum.
  const type = specifier?.value ?? Cluster_DiscoveryType.STATIC
  switch (type) {
    case Cluster_DiscoveryType.EDS:
      return translateEds(scope.at('eds_cluster_config'), cluster, refusals)
    case Cluster_DiscoveryType.STATIC:
      refuseForGrpc(scope, type, refusals)
      return translateStatic(scope, cluster)
    case Cluster_DiscoveryType.STRICT_DNS:
      refuseForGrpc(scope, type, refusals)
      return translateDns(scope, cluster, false)
    case Cluster_DiscoveryType.LOGICAL_DNS:
      return translateDns(scope, cluster, true)
    case Cluster_DiscoveryType.ORIGINAL_DST:
      refuseForGrpc(scope, type, refusals)
      return translateOriginalDestination(scope, cluster)
    default: {
      const reason = `clusters of type ${enumName(Cluster_DiscoveryType, type)} are not supported`
      return unsupportedDiscovery(scope.at('type'), reason, refusals)
    }
  }
}

function refuseForGrpc(scope: FieldScope, type: number, refusals: ViewReasons): void {
  const name = enumName(Cluster_DiscoveryType, type)
  refusals.add(scope.at('type'), `gRPC does not take ${name} clusters (gRFC A27)`, ['grpc'])
}

function translateOriginalDestination(scope: FieldScope, { cleanupInterval }: Cluster): ClusterDiscovery {
  const cleanupMs = cleanupInterval && translatePositiveDuration(scope.at('cleanup_interval'), cleanupInterval)
  return { kind: 'original-destination', cleanupMs: Math.min(cleanupMs ?? CLEANUP_MS, LONGEST_TIMER_MS) }
}

function translateExtension(
  scope: FieldScope,
  { name, typedConfig }: Cluster_CustomClusterType,
  refusals: ViewReasons,
): ClusterDiscovery {
  const place = scope.at('typed_config')
  const config = typedConfig && typedConfigOf(place, typedConfig)
  if (config?.typeName !== AggregateClusterConfig.$type) {
    return unsupportedDiscovery(scope, `clusters of type ${config?.typeName ?? name} are not supported`, refusals)
  }
  const { clusters = [] } = decodeConfig(place, AggregateClusterConfig, config) ?? {}
  if (clusters.length === 0) place.at('clusters').malformed('an aggregate cluster needs at least one other')
  return { kind: 'aggregate', clusters }
}

function translateStatic(scope: FieldScope, cluster: Cluster): ClusterDiscovery {
  const assignment = cluster.loadAssignment ?? create(ClusterLoadAssignment)
  return { kind: 'inline', endpoints: translateAssignment(scope.at('load_assignment'), assignment) }
}

function translateEds(scope: FieldScope, cluster: Cluster, refusals: ViewReasons): ClusterDiscovery {
  const config = cluster.edsClusterConfig
  if (config?.edsConfig === undefined) {
    scope.at('eds_config').malformed('the source is missing')
  } else if (!isOwnSource(config.edsConfig)) {
    return unsupportedDiscovery(scope.at('eds_config'), 'endpoints are taken from ads or self only', refusals)
  }
  const serviceName = config?.serviceName ?? ''
  if (serviceName === '' && cluster.name.startsWith('xdstp:')) {
    refusals.add(scope.at('service_name'), 'gRPC requires the name for xdstp clusters (gRFC A47)', ['grpc'])
  }
  return { kind: 'eds', serviceName: serviceName || cluster.name }
}

function unsupportedDiscovery(scope: FieldScope, reason: string, refusals: ViewReasons): ClusterDiscovery {
  refusals.add(scope, reason)
  return { kind: 'none', reason }
}
