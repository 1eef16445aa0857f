import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openMesh } from './create-mesh.js'
import { meshDirectory } from './testing/mesh-directory.js'

/** A server that speaks HTTP/2 only, without TLS, and answers what it was sent. */
async function http2Server(context: TestContext): Promise<number> {
  const server = createServer((request, response) => request.pipe(response)).listen(0, '127.0.0.1')
  const sessions: { destroy(): void }[] = []
  server.on('session', (session) => sessions.push(session))
  await once(server, 'listening')
  context.after(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  return (server.address() as AddressInfo).port
}

function service(port: number, protocol: string): string {
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: shop }
spec:
  hosts: [reviews.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: main, protocol: ${protocol} }]
  endpoints: [{ address: 127.0.0.1, ports: { main: ${port} } }]
`
}

const UPGRADE = `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: shop }
spec:
  host: reviews.shop.svc.cluster.local
  trafficPolicy: { connectionPool: { http: { h2UpgradePolicy: UPGRADE } } }
`

for (const [what, protocol, rule] of [
  ['a port of Istio that is declared as HTTP/2', 'HTTP2', ''],
  ['a port that a DestinationRule upgrades', 'HTTP', UPGRADE],
] as const) {
  test(`${what} is called in HTTP/2, by fetch as by the dispatcher`, async (context) => {
    const port = await http2Server(context)
    const config = await meshDirectory(context, { 'reviews.yaml': service(port, protocol) + rule })
    const mesh = await openMesh({ namespace: 'shop', logLevel: 'silent', config }, {})
    context.after(() => mesh.close({ timeoutMs: 1000 }))
    const response = await mesh.fetch('http://reviews.shop/', { method: 'POST', body: 'over fetch' })
    assert.deepEqual([response.status, await response.text()], [200, 'over fetch'])
    const options = { origin: 'http://reviews.shop', path: '/', method: 'POST', body: 'over undici' } as const
    const { statusCode, body } = await mesh.dispatcher().request(options)
    assert.deepEqual([statusCode, await body.text()], [200, 'over undici'])
  })
}
