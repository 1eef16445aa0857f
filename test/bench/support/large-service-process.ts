import { TypeUrl } from '@inmesh/xds-proto'
import { type JsonValue, loadJsonCodec } from '@inmesh/xds-proto/json'

/*
 * Prints the responses of a control plane for a service of so many endpoints, one per line, in base64: listener, routes, cluster, endpoints,
 * and then further copies of the endpoints, each with another one changed. Its own process, so that what is measured meets no code that
 * writing them has warmed up.
 */
const TARGET = 'shop.demo.svc.cluster.local:80'
const CLUSTER = 'outbound|80||shop.demo.svc.cluster.local'
const ZONES = 6
const WORKLOADS = 50
const [endpoints = 0, updates = 0] = process.argv.slice(2).map(Number)
const codec = loadJsonCodec()

function endpoint(number: number, weight: number): JsonValue {
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
  return {
    endpoint: { address: { socketAddress: { address, portValue: 8080 } } },
    metadata: {
      filterMetadata: {
        'envoy.transport_socket_match': { tlsMode: 'istio' },
        istio: { workload: `shop-${number % WORKLOADS};demo;shop;v1;Kubernetes` },
      },
    },
    loadBalancingWeight: weight,
  }
}

function assignment(changed: number): JsonValue {
  const zones = Array.from({ length: ZONES }, (_, zone) => {
    const numbers = Array.from({ length: endpoints }, (_, number) => number).filter((number) => number % ZONES === zone)
    return {
      locality: { region: 'region', zone: `zone-${zone}` },
      loadBalancingWeight: numbers.length,
      lbEndpoints: numbers.map((number) => endpoint(number, number === changed ? 2 : 1)),
    }
  })
  return { clusterName: CLUSTER, endpoints: zones }
}

function print(typeUrl: string, version: number, resource: { readonly [key: string]: JsonValue }): void {
  const response = {
    typeUrl,
    versionInfo: `${version}`,
    nonce: `${version}`,
    resources: [{ '@type': typeUrl, ...resource }],
  }
  const bytes = codec.encode(TypeUrl.DiscoveryResponse, response)
  process.stdout.write(`${Buffer.from(bytes).toString('base64')}\n`)
}

const route = { match: { prefix: '/' }, route: { cluster: CLUSTER } }
const connectionManager = {
  '@type': TypeUrl.HttpConnectionManager,
  rds: { routeConfigName: 'shop', configSource: { ads: {} } },
  httpFilters: [{ name: 'router', typedConfig: { '@type': TypeUrl.Router } }],
}
print(TypeUrl.Listener, 1, { name: TARGET, apiListener: { apiListener: connectionManager } })
print(TypeUrl.RouteConfiguration, 1, {
  name: 'shop',
  virtualHosts: [{ name: 'shop', domains: ['*'], routes: [route] }],
})
print(TypeUrl.Cluster, 1, { name: CLUSTER, type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } } })
for (let version = 0; version <= updates; version++) {
  print(TypeUrl.ClusterLoadAssignment, version, assignment(version - 1) as { [key: string]: JsonValue })
}
