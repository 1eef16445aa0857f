import { type Cluster, Cluster_DiscoveryType, ClusterLoadAssignment, create, enumName } from '@inmesh/xds-proto'
import { isOwnSource } from '../config-source.js'
import { translateAssignment } from '../endpoint/assignment.js'
import type { FieldScope } from '../field/field-scope.js'
import type { ViewReasons } from '../field/view-reasons.js'
import type { ClusterDiscovery } from './cluster-resource.js'

/**
 * Translates where a cluster's endpoints come from.
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param refusals - Its refusals.
 */
export function translateDiscovery(scope: FieldScope, cluster: Cluster, refusals: ViewReasons): ClusterDiscovery {
  const specifier = cluster.clusterDiscoveryType
  if (specifier?.$case === 'clusterType') {
    const reason = `clusters of type ${specifier.value.name} are not supported yet`
    return unsupportedDiscovery(scope.at('cluster_type'), reason, refusals)
  }
  // Unset reads as STATIC, the first value of the enum.
  const type = specifier?.value ?? Cluster_DiscoveryType.STATIC
  if (type === Cluster_DiscoveryType.EDS) return translateEds(scope.at('eds_cluster_config'), cluster, refusals)
  if (type === Cluster_DiscoveryType.STATIC) return translateStatic(scope, cluster, refusals)
  const name = enumName(Cluster_DiscoveryType, type)
  return unsupportedDiscovery(scope.at('type'), `clusters of type ${name} are not supported yet`, refusals)
}

function translateStatic(scope: FieldScope, cluster: Cluster, refusals: ViewReasons): ClusterDiscovery {
  refusals.add(scope.at('type'), 'gRPC does not take STATIC clusters (gRFC A27)', ['grpc'])
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
