import type { BalancingPolicies, ClusterConfig, LoadReport } from '@inmesh/core'
import {
  Cluster,
  type Cluster_CommonLbConfig,
  type Cluster as ClusterMessage,
  TypeUrl,
  typeNameOf,
  UpstreamHttpProtocolOptions,
} from '@inmesh/xds-proto'
import { decodeResource, type ResourceReader } from '../decode-resource.js'
import { translateDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedFor } from '../field/field-treatments.js'
import { typedConfigOf } from '../field/typed-config.js'
import { ViewReasons } from '../field/view-reasons.js'
import { isHarmlessNetworkFilter } from '../filter/filter-kind.js'
import type { ResourceType } from '../resource-type.js'
import { translateCircuitBreakers } from './circuit-breakers.js'
import { translateDiscovery } from './cluster-discovery.js'
import type { ClusterResource } from './cluster-resource.js'
import { translateConnectionOptions } from './connection-options.js'
import { translateHealthCheck } from './health-check.js'
import { HostPolicyReader } from './host-policy.js'
import { translateLoadBalancing } from './load-balancing.js'
import { translateOutlierDetection } from './outlier-detection.js'
import { readProtocolOptions } from './protocol-options.js'
import { translateTransportSecurity } from './transport-security.js'
import { translateUpstreamProtocol } from './upstream-protocol.js'

const DEFAULT_CONNECT_TIMEOUT_MS = 5000

const CONNECTION_OPTIONS = leftOut('limits of single connections are not applied yet')

const UPSTREAM_EXTENSION = leftOut('upstream extensions are not supported')

const OWN_RESOLVER = leftOut('names are looked up with the resolver of the process')

const FIELDS = new FieldTreatments<ClusterMessage>({
  name: CARRIED,
  clusterDiscoveryType: CARRIED,
  edsClusterConfig: CARRIED,
  loadAssignment: CARRIED,
  connectTimeout: CARRIED,
  lbPolicy: CARRIED,
  lbConfig: CARRIED,
  loadBalancingPolicy: CARRIED,
  commonLbConfig: CARRIED,
  circuitBreakers: CARRIED,
  outlierDetection: CARRIED,
  transportSocket: CARRIED,
  transportSocketMatches: CARRIED,
  transportSocketMatcher: CARRIED,
  typedExtensionProtocolOptions: CARRIED,
  filters: CARRIED,
  lrsServer: CARRIED,
  healthChecks: CARRIED,
  ignoreHealthOnHostRemoval: CARRIED,
  lbSubsetConfig: CARRIED,
  upstreamBindConfig: leftOut('the local address is chosen by the operating system'),
  metadata: leftOut('metadata of clusters is not used yet'),
  lrsReportEndpointMetrics: CARRIED,
  upstreamConfig: ({ typedConfig }) =>
    typeNameOf(typedConfig?.typeUrl ?? '') === UpstreamHttpProtocolOptions.$type
      ? UPSTREAM_EXTENSION
      : refusedFor(['grpc'], 'gRPC takes HttpProtocolOptions only (gRFC A75)'),
  maxRequestsPerConnection: CARRIED,
  perConnectionBufferLimitBytes: CONNECTION_OPTIONS,
  commonHttpProtocolOptions: CARRIED,
  upstreamConnectionOptions: CONNECTION_OPTIONS,
  connectionPoolPerDownstreamConnection: CONNECTION_OPTIONS,
  preconnectPolicy: leftOut('connections are made when requests come'),
  httpProtocolOptions: CARRIED,
  http2ProtocolOptions: CARRIED,
  protocolSelection: CARRIED,
  upstreamHttpProtocolOptions: CARRIED,
  // What a proxy counts and keeps for itself.
  altStatName: MOOT,
  trackTimeoutBudgets: MOOT,
  trackClusterStats: MOOT,
  waitForWarmOnInit: MOOT,
  // For TCP proxies: connections of HTTP are let go when an endpoint is found ill in any case.
  closeConnectionsOnHostHealthFailure: MOOT,
  cleanupInterval: CARRIED,
  dnsJitter: CARRIED,
  dnsRefreshRate: CARRIED,
  dnsFailureRefreshRate: CARRIED,
  respectDnsTtl: CARRIED,
  dnsLookupFamily: CARRIED,
  dnsResolvers: OWN_RESOLVER,
  useTcpForDnsLookups: OWN_RESOLVER,
  dnsResolutionConfig: OWN_RESOLVER,
  typedDnsResolverConfig: OWN_RESOLVER,
})

const COMMON_FIELDS = new FieldTreatments<Cluster_CommonLbConfig>({
  healthyPanicThreshold: CARRIED,
  localityConfigSpecifier: CARRIED,
  updateMergeWindow: leftOut('updates take effect at once'),
  ignoreNewHostsUntilFirstHc: CARRIED,
  closeConnectionsOnHostSetChange: leftOut('connections to endpoints that stay are kept'),
  consistentHashingLbConfig: CARRIED,
  overrideHostStatus: CARRIED,
})

function translateCluster(scope: FieldScope, cluster: ClusterMessage, policies: BalancingPolicies): ClusterResource {
  const refusals = ViewReasons.refusals()
  FIELDS.apply(scope, cluster, refusals)
  checkNetworkFilters(scope, cluster, refusals)
  const extension = readProtocolOptions(scope, cluster.typedExtensionProtocolOptions, refusals)
  const tls = translateTransportSecurity(scope, cluster, extension, refusals)
  if (cluster.commonLbConfig !== undefined) {
    COMMON_FIELDS.apply(scope.at('common_lb_config'), cluster.commonLbConfig, refusals)
  }
  const discovery = translateDiscovery(scope, cluster, refusals)
  const hosts = new HostPolicyReader(scope, cluster, refusals)
  const loadBalancing = translateLoadBalancing(scope, { cluster, refusals, hosts, policies })
  const limits = translateCircuitBreakers(scope.at('circuit_breakers'), cluster.circuitBreakers, refusals)
  const healthCheck = translateHealthCheck(scope, cluster, discovery, refusals)
  if (tls !== undefined && healthCheck !== undefined) {
    refusals.add(scope.at('health_checks'), 'health is not checked over TLS yet, and never in plaintext instead', [
      'http',
    ])
  }
  const connections = translateConnectionOptions(scope, cluster, extension, refusals)
  const protocol = translateUpstreamProtocol(scope, cluster, extension, refusals)
  const outlierDetection =
    cluster.outlierDetection &&
    translateOutlierDetection(scope.at('outlier_detection'), cluster.outlierDetection, refusals)
  const connectTimeoutMs = translateConnectTimeout(scope, cluster, refusals)
  const loadReport = translateLoadReport(scope, cluster, refusals)
  const config: ClusterConfig = {
    name: cluster.name,
    loadBalancing,
    hosts: hosts.toPolicy(),
    ...limits,
    ...(connections && { connections }),
    ...(protocol && { protocol }),
    ...(tls && { tls }),
    ...(outlierDetection && { outlierDetection }),
    // Of a cluster that takes no calls nobody needs to know, least of all in plaintext what is not to be asked so.
    ...(healthCheck && !refusals.has('http') && { healthCheck }),
    connectTimeoutMs,
    ...(loadReport && { loadReport }),
    refused: refusals.toRefusals(),
  }
  return { config, discovery }
}

/** Envoy requires more than 0; gRPC does not read the field. */
function translateConnectTimeout(scope: FieldScope, cluster: ClusterMessage, refusals: ViewReasons): number {
  if (cluster.connectTimeout === undefined) return DEFAULT_CONNECT_TIMEOUT_MS
  const place = scope.at('connect_timeout')
  const timeout = translateDuration(place, cluster.connectTimeout)
  if (timeout === 0) refusals.add(place, 'must be more than 0', ['http'])
  return timeout || DEFAULT_CONNECT_TIMEOUT_MS
}

function checkNetworkFilters(scope: FieldScope, cluster: ClusterMessage, refusals: ViewReasons): void {
  for (const [index, filter] of cluster.filters.entries()) {
    const place = scope.at('filters', index)
    const config = filter.typedConfig && typedConfigOf(place.at('typed_config'), filter.typedConfig)
    if (config !== undefined && isHarmlessNetworkFilter(config.typeName)) {
      place.unsupported('peer metadata is not exchanged yet')
    } else {
      refusals.add(place, `network filters of type ${config?.typeName ?? '(none)'} are not supported`)
    }
  }
}

/** gRFC A27: load is reported where the configuration came from, or nowhere. */
function translateLoadReport(
  scope: FieldScope,
  cluster: ClusterMessage,
  refusals: ViewReasons,
): LoadReport | undefined {
  if (cluster.lrsServer === undefined) return undefined
  if (cluster.lrsServer.configSourceSpecifier?.$case === 'self') {
    return { serviceName: cluster.edsClusterConfig?.serviceName ?? '', metrics: cluster.lrsReportEndpointMetrics }
  }
  const place = scope.at('lrs_server')
  place.unsupported('load is reported to self only')
  refusals.add(place, 'gRPC reports load to self only (gRFC A27)', ['grpc'])
  return undefined
}

/**
 * Clusters (CDS) of a mesh that has load balancing policies of its own.
 *
 * @param policies - The policies: their names are known, and each checks its configuration.
 */
export function clusterTypeWith(policies: BalancingPolicies): ResourceType<ClusterResource> {
  const reader: ResourceReader<ClusterMessage, ClusterResource> = {
    codec: Cluster,
    nameField: 'name',
    nameOf: (cluster) => cluster.name,
    translate: (scope, cluster) => translateCluster(scope, cluster, policies),
  }
  return {
    typeUrl: TypeUrl.Cluster,
    shortName: 'CDS',
    fullState: true,
    decode: (bytes) => decodeResource(reader, bytes),
  }
}

/** Clusters (CDS), by the policies that every mesh has. */
export const clusterType: ResourceType<ClusterResource> = clusterTypeWith(new Map())
