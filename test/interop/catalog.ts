import assert from 'node:assert/strict'
import { MeshClient } from '../support/mesh-client.js'
import { TestProcess, type TestScope } from '../support/test-process.js'
import { GoControlPlane } from './go-control-plane.js'
import { cluster, endpoints, listener, type ProtoJson, routes, type WeightedRoute } from './resources.js'

export const nodeId = 'shop~127.0.0.1~shop-1.interop'
export const catalog = 'catalog.interop:8080'
export const catalogUrl = `http://${catalog}/products`

export const toV1: WeightedRoute = { weights: { 'catalog-v1': 100 } }
export const toV2: WeightedRoute = { weights: { 'catalog-v2': 100 } }

/** Two versions of a catalog, each a process that answers with its name. */
export class Catalog {
  /** Port of each version. */
  readonly ports: { readonly v1: number; readonly v2: number }

  private constructor(ports: Catalog['ports']) {
    this.ports = ports
  }

  static async start(scope: TestScope): Promise<Catalog> {
    const [v1, v2] = await Promise.all(
      ['v1', 'v2'].map(async (name) => {
        const upstream = TestProcess.node(scope, new URL('./upstream.js', import.meta.url), { args: [name] })
        return Number((await upstream.event('listening')).port)
      }),
    )
    return new Catalog({ v1: v1!, v2: v2! })
  }

  /** Both versions, and where calls to the catalog go. */
  resources(...rules: WeightedRoute[]): ProtoJson[] {
    return [
      listener(catalog),
      routes(catalog, ...rules),
      cluster('catalog-v1'),
      endpoints('catalog-v1', this.ports.v1),
      cluster('catalog-v2'),
      endpoints('catalog-v2', this.ports.v2),
    ]
  }
}

/** Starts both sides, and makes a first call. */
export async function connected(
  scope: TestScope,
  version: string,
  resources: readonly ProtoJson[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ controlPlane: GoControlPlane; client: MeshClient }> {
  const controlPlane = await GoControlPlane.start(scope)
  await controlPlane.serve(version, resources)
  const bootstrap = { GRPC_XDS_BOOTSTRAP_CONFIG: controlPlane.bootstrap(nodeId) }
  const client = await MeshClient.start(scope, { ...bootstrap, ...env })
  const first = await client.get(catalogUrl)
  assert.equal(first.status, 200, first.server)
  return { controlPlane, client }
}
