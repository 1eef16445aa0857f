import {
  Address,
  ClusterLoadAssignment,
  create,
  Endpoint,
  LbEndpoint,
  Locality,
  LocalityLbEndpoints,
  Metadata,
  SocketAddress,
} from '@inmesh/xds-proto'

/** An endpoint with the metadata that istiod gives it. */
export function istioEndpoint(number: number, weight = 1): LbEndpoint {
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
  const socketAddress = create(SocketAddress, { address, portSpecifier: { $case: 'portValue', value: 8080 } })
  const endpoint = create(Endpoint, {
    address: create(Address, { address: { $case: 'socketAddress', value: socketAddress } }),
  })
  const filterMetadata = new Map([
    ['envoy.transport_socket_match', { tlsMode: 'istio' }],
    ['istio', { workload: `shop-v1-${number};demo;shop;v1;Kubernetes` }],
  ])
  return create(LbEndpoint, {
    hostIdentifier: { $case: 'endpoint', value: endpoint },
    metadata: create(Metadata, { filterMetadata }),
    loadBalancingWeight: weight,
  })
}

/** An assignment with localities of these endpoints. */
export function assignmentOf(name: string, localities: readonly (readonly LbEndpoint[])[]): ClusterLoadAssignment {
  return create(ClusterLoadAssignment, {
    clusterName: name,
    endpoints: localities.map((lbEndpoints, index) =>
      create(LocalityLbEndpoints, {
        locality: create(Locality, { region: 'region', zone: `zone-${index}` }),
        loadBalancingWeight: Math.max(1, lbEndpoints.length),
        lbEndpoints,
      }),
    ),
  })
}
