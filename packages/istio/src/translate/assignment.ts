import {
  ClusterLoadAssignment,
  create,
  Endpoint,
  LbEndpoint,
  Locality,
  LocalityLbEndpoints,
  Metadata,
} from '@inmesh/xds-proto'
import { localityText } from '../model/locality.js'
import type { ServicePort } from '../model/service-entry.js'
import type { MeshView } from '../registry/mesh-view.js'
import { subsetOf } from '../registry/mesh-view.js'
import { hasLabels, type Service, type ServiceEndpoint } from '../registry/service.js'
import { socketAddress } from './listener.js'
import { localityPriorities, prefersLocality } from './locality-priority.js'
import { clusterName } from './resource-name.js'

// istiod's default cluster id, which it puts at the end of a workload's description.
const clusterId = 'Kubernetes'
const tlsModeLabel = 'security.istio.io/tlsMode'

/**
 * Makes the endpoints of a service's port, or of a subset of it, by locality.
 *
 * @param view - The mesh as the caller sees it.
 * @param service - The service.
 * @param port - Its port.
 * @param subset - Name of a subset; empty for the whole service.
 */
export function assignment(view: MeshView, service: Service, port: ServicePort, subset: string): ClusterLoadAssignment {
  const rule = view.destinationRule(service.host)
  const labels = rule === undefined || subset === '' ? {} : (subsetOf(rule, subset)?.labels ?? {})
  const endpoints = service.endpoints.filter(
    (endpoint) => endpoint.ports.has(port.number) && hasLabels(endpoint.labels, labels),
  )
  const localities = [...byLocality(endpoints).values()]
  const policy = view.trafficPolicy(service.host, port.number, subset)
  const priorities = prefersLocality(policy)
    ? localityPriorities(
        view.node.locality,
        localities.map(([first]) => first.locality),
        policy.loadBalancer?.failover ?? [],
      )
    : []
  return create(ClusterLoadAssignment, {
    clusterName: clusterName(port.number, subset, service.host),
    endpoints: localities.map((members, index) => localityEndpoints(members, port.number, priorities[index] ?? 0)),
  })
}

type Members = [ServiceEndpoint, ...ServiceEndpoint[]]

function byLocality(endpoints: readonly ServiceEndpoint[]): ReadonlyMap<string, Members> {
  const localities = new Map<string, Members>()
  for (const endpoint of endpoints) {
    const key = localityText(endpoint.locality)
    const members = localities.get(key)
    if (members === undefined) localities.set(key, [endpoint])
    else members.push(endpoint)
  }
  return localities
}

function localityEndpoints(members: Members, port: number, priority: number): LocalityLbEndpoints {
  return create(LocalityLbEndpoints, {
    locality: create(Locality, members[0].locality),
    lbEndpoints: members.map((endpoint) => lbEndpoint(endpoint, port)),
    loadBalancingWeight: members.reduce((sum, endpoint) => sum + endpoint.weight, 0),
    priority,
  })
}

function lbEndpoint(endpoint: ServiceEndpoint, port: number): LbEndpoint {
  const address = socketAddress(endpoint.address, endpoint.ports.get(port) ?? port)
  return create(LbEndpoint, {
    hostIdentifier: { $case: 'endpoint', value: create(Endpoint, { address }) },
    metadata: endpointMetadata(endpoint),
    loadBalancingWeight: endpoint.weight,
  })
}

function endpointMetadata(endpoint: ServiceEndpoint): Metadata {
  const { workload, namespace, labels, serviceAccount } = endpoint
  const app = labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels.app ?? workload
  const version =
    labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels.version ?? ''
  // Istio takes a workload with a service account for one that speaks its TLS, unless a label says otherwise.
  const tlsMode = labels[tlsModeLabel] ?? (serviceAccount === '' ? 'disabled' : 'istio')
  const metadata = new Map<string, { readonly [key: string]: unknown }>()
  if (tlsMode === 'istio') metadata.set('envoy.transport_socket_match', { tlsMode })
  metadata.set('istio', { workload: [workload, namespace, app, version, clusterId].join(';') })
  return create(Metadata, { filterMetadata: metadata })
}
