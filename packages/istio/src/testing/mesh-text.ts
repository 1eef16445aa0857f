import assert from 'node:assert/strict'
import { TypeUrl } from '@inmesh/xds-proto'
import { loadJsonCodec } from '@inmesh/xds-proto/json'
import { ResourceCatalog } from '../catalog/resource-catalog.js'
import type { MeshConfig } from '../model/mesh-config.js'
import { readMeshConfig } from '../read/mesh-config-reader.js'
import type { NodeView } from '../registry/node-view.js'
import type { Registrations } from '../registry/registered-workload.js'

/** A caller in namespace `shop` that says nothing else of itself. */
export const shopNode: NodeView = {
  namespace: 'shop',
  labels: {},
  locality: { region: '', zone: '', subZone: '' },
}

/** Short names of the types. */
export const typeUrls = {
  LDS: TypeUrl.Listener,
  RDS: TypeUrl.RouteConfiguration,
  CDS: TypeUrl.Cluster,
  EDS: TypeUrl.ClusterLoadAssignment,
} as const

/** Files that are read as one configuration. A text is the file `mesh/1.yaml`, the next one `mesh/2.yaml`. */
export function configOf(...texts: readonly string[]): MeshConfig {
  const result = readMeshConfig(filesOf(texts))
  if (result.kind === 'refused') assert.fail(result.errors.map((error) => error.message).join('\n'))
  return result.config
}

/** The messages of what is wrong with files; none when they are taken. */
export function errorsOf(...texts: readonly string[]): readonly string[] {
  const result = readMeshConfig(filesOf(texts))
  return result.kind === 'refused' ? result.errors.map((error) => error.message) : []
}

/** The messages of what is not carried out. */
export function warningsOf(...texts: readonly string[]): readonly string[] {
  return configOf(...texts).warnings.map((warning) => warning.message)
}

/** A resource as proto-JSON, or undefined when there is none. */
export function jsonOf(
  config: MeshConfig,
  type: keyof typeof typeUrls,
  name: string,
  node: NodeView = shopNode,
  registrations?: Registrations,
): JsonObject | undefined {
  const resource = new ResourceCatalog(config, registrations).forNode(node).get(typeUrls[type], name)
  return resource === undefined ? undefined : (codec.decode(resource.typeUrl, resource.bytes) as JsonObject)
}

/** The routes of the only virtual host of a service's port. */
export function routesOf(config: MeshConfig, name: string, node: NodeView = shopNode): readonly JsonObject[] {
  const virtualHosts = jsonOf(config, 'RDS', name, node)?.virtualHosts as readonly JsonObject[] | undefined
  return (virtualHosts?.[0]?.routes ?? []) as readonly JsonObject[]
}

/** A VirtualService of the host `catalog` in namespace `shop`, with routes in YAML, indented by four. */
export function virtualServiceText(http: string, spec = ''): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
${spec}  http:
${http}`
}

/** A DestinationRule of the host `catalog` in namespace `shop` with the subsets v1 and v2, and a spec in YAML, indented by two. */
export function destinationRuleText(spec = ''): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: catalog, namespace: shop }
spec:
  host: catalog
${spec}  subsets:
  - { name: v1, labels: { version: v1 } }
  - { name: v2, labels: { version: v2 } }
`
}

/** The service `catalog` in namespace `shop` on port 80 with one endpoint of each version. */
export const catalogText = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog.shop.svc.cluster.local]
  resolution: STATIC
  ports: [{ name: http, number: 80, protocol: HTTP, targetPort: 8080 }]
  endpoints:
  - { address: 127.0.0.1, labels: { version: v1 } }
  - { address: 127.0.0.2, labels: { version: v2 } }
`

/** A JSON object, looked into without ceremony. */
export interface JsonObject {
  // biome-ignore lint/suspicious/noExplicitAny: assertions compare whole values, and a path that is not there is undefined
  readonly [key: string]: any
}

const codec = loadJsonCodec()

function filesOf(texts: readonly string[]) {
  return texts.map((text, index) => ({ path: `mesh/${index + 1}.yaml`, text }))
}
