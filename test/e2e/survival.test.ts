import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshClient } from '../support/mesh-client.js'
import { eventually } from '../support/patience.js'
import type { TestScope } from '../support/test-process.js'
import { listedCatalog } from './catalog-configuration.js'
import { CatalogInstance } from './catalog-instance.js'
import { ConfigurationDirectory } from './configuration-directory.js'
import { catalogUrl } from './shop-mesh.js'

const clusterName = 'outbound|80||catalog.shop.svc.cluster.local'

/** A DestinationRule for the catalog. */
function rule(trafficPolicy: object): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: catalog
  namespace: shop
spec:
  host: catalog
  trafficPolicy: ${JSON.stringify(trafficPolicy)}
`
}

/** One try for each request, so that every failure shows. */
const noRetries = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: catalog
  namespace: shop
spec:
  hosts: [catalog]
  http:
    - route:
        - destination:
            host: catalog
      retries:
        attempts: 0
`

interface Shop {
  readonly client: MeshClient
  readonly directory: ConfigurationDirectory
  readonly instances: readonly CatalogInstance[]
}

/** A caller without a control plane, and instances that it knows by their ports. */
async function shop(scope: TestScope, policy: string, ...names: readonly string[]): Promise<Shop> {
  const instances = names.map((name) => new CatalogInstance(scope, name, { INMESH_MODE: 'off' }))
  await Promise.all(instances.map((instance) => instance.listen()))
  const catalog = listedCatalog(instances.map(({ port }) => port))
  const files = { 'catalog.yaml': catalog, 'routes.yaml': noRetries, 'policy.yaml': policy }
  const directory = await ConfigurationDirectory.create(scope, files)
  const client = await MeshClient.start(scope, { INMESH_CONFIG: directory.path, INMESH_NAMESPACE: 'shop' })
  return { client, directory, instances }
}

/** Who answers so many calls with 200. */
async function answering(client: MeshClient): Promise<string> {
  const { servers } = await client.calls({ url: catalogUrl, callers: 1, calls: 20 })
  return Object.keys(servers).sort().join(' ')
}

function ejecting(baseEjectionTime: string): string {
  return rule({
    loadBalancer: { simple: 'ROUND_ROBIN' },
    outlierDetection: { consecutive5xxErrors: 3, interval: '1s', baseEjectionTime, maxEjectionPercent: 100 },
  })
}

describe('an instance that fails', () => {
  it('is left alone after three failures in a row, and taken back when its time is over', async (t) => {
    const { client, directory, instances } = await shop(t, ejecting('1h'), 'good', 'bad')
    assert.equal(await answering(client), 'bad good')
    await instances[1]!.fail()
    const { failed, servers } = await client.calls({ url: catalogUrl, callers: 1, calls: 40 })
    assert.deepEqual([failed, servers], [3, { good: 37 }])
    await instances[1]!.fail(false)
    assert.equal(await answering(client), 'good')
    // How long an ejection lasts is asked when it may end.
    await directory.write('policy.yaml', ejecting('1s'))
    await client.answeredBy('bad', catalogUrl)
  })
})

describe('requests in flight', () => {
  it('are as many as the rule allows: one more is answered by the mesh at once', async (t) => {
    const limit = rule({ connectionPool: { http: { http2MaxRequests: 2 } } })
    const { client, instances } = await shop(t, limit, 'only')
    await client.answeredBy('only', catalogUrl)
    await instances[0]!.hold()
    const load = await client.load({ url: catalogUrl, callers: 2 })
    await instances[0]!.holds('GET', 2)
    const { status, server } = await client.get(catalogUrl)
    assert.equal(status, 503)
    assert.match(server, /^the mesh: .*overflow$/)
    await load.end()
    await instances[0]!.release()
    assert.equal((await load.stop()).failed, 0)
    assert.equal((await client.get(catalogUrl)).status, 200)
  })
})

/** The catalog's cluster with active health checks, which Istio's rules cannot ask for. */
function checked(ports: readonly number[]): string {
  const lbEndpoints = ports.map((portValue) => ({
    endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue } } },
  }))
  return JSON.stringify({
    '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
    name: clusterName,
    type: 'STATIC',
    loadAssignment: { clusterName, endpoints: [{ loadBalancingWeight: 1, lbEndpoints }] },
    healthChecks: [
      {
        timeout: '5s',
        interval: '0.05s',
        unhealthyThreshold: 2,
        healthyThreshold: 2,
        httpHealthCheck: { path: '/health' },
      },
    ],
  })
}

describe('an instance that fails its health checks', () => {
  it('takes no requests, from the first one on, until it passes them again', async (t) => {
    const { client, directory, instances } = await shop(t, rule({}), 'well', 'ill')
    await instances[1]!.sicken()
    await directory.write('catalog.json', checked(instances.map(({ port }) => port)))
    await eventually(
      'the ill one is left alone',
      () => answering(client),
      (names) => names === 'well',
    )
    await instances[1]!.sicken(false)
    await client.answeredBy('ill', catalogUrl)
    await instances[0]!.sicken()
    await eventually(
      'the other one is left alone',
      () => answering(client),
      (names) => names === 'ill',
    )
  })
})
