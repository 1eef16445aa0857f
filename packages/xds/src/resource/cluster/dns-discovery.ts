import { type Cluster, Cluster_DnsLookupFamily, ClusterLoadAssignment, create } from '@inmesh/xds-proto'
import { translateAssignment } from '../endpoint/assignment.js'
import type { EndpointResource } from '../endpoint/endpoint-resource.js'
import { translateDuration, translatePositiveDuration } from '../field/duration.js'
import type { FieldScope } from '../field/field-scope.js'
import type { ClusterDiscovery, DnsFailureRefresh, DnsLookupFamily, DnsSettings } from './cluster-resource.js'

/** Envoy's default. */
const REFRESH_MS = 5000

/** Envoy: the longest wait after a failure is this many times the shortest. */
const FAILURE_SPAN = 10

const FAMILIES: ReadonlyMap<number, DnsLookupFamily> = new Map([
  [Cluster_DnsLookupFamily.AUTO, 'auto'],
  [Cluster_DnsLookupFamily.V4_ONLY, 'ipv4-only'],
  [Cluster_DnsLookupFamily.V6_ONLY, 'ipv6-only'],
  [Cluster_DnsLookupFamily.V4_PREFERRED, 'ipv4-preferred'],
  [Cluster_DnsLookupFamily.ALL, 'all'],
])

/**
 * Translates the names of a STRICT_DNS or LOGICAL_DNS cluster and how they are looked up.
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param logical - Whether it is LOGICAL_DNS.
 */
export function translateDns(scope: FieldScope, cluster: Cluster, logical: boolean): ClusterDiscovery {
  const place = scope.at('load_assignment')
  const assignment = cluster.loadAssignment ?? create(ClusterLoadAssignment)
  if (logical && (assignment.endpoints.length !== 1 || assignment.endpoints[0]?.lbEndpoints.length !== 1)) {
    place.malformed('a LOGICAL_DNS cluster must have one locality with one endpoint')
  }
  const endpoints = translateAssignment(place, assignment, true)
  const settings = translateSettings(scope, cluster)
  return { kind: 'dns', logical, endpoints: logical ? withWeight(endpoints) : endpoints, settings }
}

/** Of a LOGICAL_DNS cluster gRPC reads nothing but the name and its port (gRFC A37): its one locality needs no weight. */
function withWeight(endpoints: EndpointResource): EndpointResource {
  const { assignment } = endpoints
  const localities = assignment.localities.map((locality) => ({ ...locality, weight: locality.weight || 1 }))
  return { ...endpoints, assignment: { ...assignment, localities } }
}

function translateSettings(scope: FieldScope, cluster: Cluster): DnsSettings {
  const refresh =
    cluster.dnsRefreshRate && translatePositiveDuration(scope.at('dns_refresh_rate'), cluster.dnsRefreshRate)
  const jitter = cluster.dnsJitter && translateDuration(scope.at('dns_jitter'), cluster.dnsJitter)
  const refreshMs = refresh ?? REFRESH_MS
  return {
    family: FAMILIES.get(cluster.dnsLookupFamily) ?? 'auto',
    refreshMs,
    jitterMs: jitter ?? 0,
    respectTtl: cluster.respectDnsTtl,
    failureRefresh: translateFailureRefresh(scope.at('dns_failure_refresh_rate'), cluster, refreshMs),
  }
}

function translateFailureRefresh(
  scope: FieldScope,
  { dnsFailureRefreshRate: rate }: Cluster,
  refreshMs: number,
): DnsFailureRefresh {
  if (rate === undefined) return { baseMs: refreshMs, maxMs: refreshMs }
  if (rate.baseInterval === undefined) scope.at('base_interval').malformed('is missing')
  const base = rate.baseInterval && translatePositiveDuration(scope.at('base_interval'), rate.baseInterval)
  const baseMs = base ?? refreshMs
  const max = rate.maxInterval && translatePositiveDuration(scope.at('max_interval'), rate.maxInterval)
  const maxMs = max ?? FAILURE_SPAN * baseMs
  if (maxMs < baseMs) scope.at('max_interval').malformed('must not be less than base_interval')
  return { baseMs, maxMs }
}
