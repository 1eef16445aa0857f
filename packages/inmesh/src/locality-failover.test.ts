import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openMesh } from './create-mesh.js'
import { meshDirectory } from './testing/mesh-directory.js'

/** A server that answers its name, or 500 while it is down. */
async function server(context: TestContext, name: string): Promise<{ port: number; down: boolean }> {
  const state = { port: 0, down: false }
  const made = createServer((_request, response) => {
    response.statusCode = state.down ? 500 : 200
    response.end(name)
  }).listen(0, '127.0.0.1')
  await once(made, 'listening')
  context.after(() => made.close())
  state.port = (made.address() as AddressInfo).port
  return state
}

test('a service of Istio fails over from the own zone to the region, and on to the next', async (context) => {
  const [zone, region, other] = [
    await server(context, 'zone'),
    await server(context, 'region'),
    await server(context, 'other'),
  ]
  const endpoint = (port: number, locality: string): string =>
    `  - { address: 127.0.0.1, ports: { http: ${port} }, locality: ${locality} }\n`
  const config = await meshDirectory(context, {
    'reviews.yaml': `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: shop }
spec:
  hosts: [reviews.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints:
${endpoint(other.port, 'us/us-1')}${endpoint(region.port, 'eu/eu-2')}${endpoint(zone.port, 'eu/eu-1')}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: shop }
spec:
  host: reviews.shop.svc.cluster.local
  trafficPolicy:
    outlierDetection: { consecutive5xxErrors: 2, interval: 1s, baseEjectionTime: 60s, maxEjectionPercent: 100 }
`,
  })
  const locality = { region: 'eu', zone: 'eu-1' }
  const mesh = await openMesh({ namespace: 'shop', logLevel: 'silent', config, locality }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  const answers = async (count: number): Promise<string[]> => {
    const texts: string[] = []
    for (let call = 0; call < count; call++) texts.push(await (await mesh.fetch('http://reviews.shop/')).text())
    return texts
  }
  assert.deepEqual(new Set(await answers(10)), new Set(['zone']))
  zone.down = true
  await answers(2)
  assert.deepEqual(new Set(await answers(10)), new Set(['region']))
  region.down = true
  await answers(2)
  assert.deepEqual(new Set(await answers(10)), new Set(['other']))
})
