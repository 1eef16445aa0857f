import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { EndpointAssignment, EndpointHealth, LocalityEndpoints } from '../model/endpoint.js'
import type { View } from '../model/view.js'
import type { Endpoint } from './endpoint.js'

/**
 * Decides which endpoints of an assignment a view may use: those of the first priority that has a usable one. HTTP falls back to degraded
 * endpoints before it gives up (Envoy, "Degraded endpoints"); gRPC knows only healthy ones (gRFC A27).
 *
 * @param view - Whose rules apply.
 * @param assignment - As the control plane sent it.
 * @param endpoints - The running endpoints by key.
 * @param usable - Further condition on an endpoint, connectivity for example.
 * @returns the endpoints with their weights, in the order of the assignment.
 */
export function selectHosts(
  view: View,
  assignment: EndpointAssignment,
  endpoints: ReadonlyMap<string, Endpoint>,
  usable: (endpoint: Endpoint) => boolean,
): WeightedEndpoint[] {
  const healths: readonly EndpointHealth[] = view === 'http' ? ['healthy', 'degraded'] : ['healthy']
  const priorities = [...new Set(assignment.localities.map((locality) => locality.priority))].sort(
    (left, right) => left - right,
  )
  for (const health of healths) {
    for (const priority of priorities) {
      const hosts: WeightedEndpoint[] = []
      for (const locality of assignment.localities) {
        if (locality.priority === priority) collect(view, locality, health, endpoints, usable, hosts)
      }
      if (hosts.length > 0) return hosts
    }
  }
  return []
}

function collect(
  view: View,
  locality: LocalityEndpoints,
  health: EndpointHealth,
  endpoints: ReadonlyMap<string, Endpoint>,
  usable: (endpoint: Endpoint) => boolean,
  into: WeightedEndpoint[],
): void {
  const members: Endpoint[] = []
  let sum = 0
  for (const { key, weight } of locality.endpoints) {
    const endpoint = endpoints.get(key)
    if (endpoint === undefined || endpoint.health !== health) continue
    members.push(endpoint)
    sum += weight
  }
  // gRPC weighs localities first and endpoints within them (gRFC A27); Envoy looks at locality weights only where the cluster asks for it.
  const scale = view === 'grpc' ? locality.weight / sum : 1
  for (const endpoint of members) {
    if (usable(endpoint)) into.push({ endpoint, weight: endpoint.config.weight * scale })
  }
}
