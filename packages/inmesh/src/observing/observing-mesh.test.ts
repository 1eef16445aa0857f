import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { request } from 'undici'
import { openMesh } from '../create-mesh.js'
import type { Mesh } from '../mesh.js'
import type { MeshOptions } from '../options/mesh-options.js'
import { inboundListener } from '../testing/inbound-listener.js'
import { meshDirectory } from '../testing/mesh-directory.js'
import { RecordingLogger } from '../testing/recording-logger.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** What the mesh would do with calls to a port of this machine: change them, send them elsewhere and repeat them, or break them. */
function configuration(port: number): string {
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: here, namespace: shop }
spec:
  hosts: [localhost]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: ${port}, name: http, protocol: HTTP }]
  endpoints: [{ address: 192.0.2.1, ports: { http: 9 } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: here, namespace: shop }
spec:
  hosts: [localhost]
  http:
  - name: broken
    match: [{ uri: { prefix: /broken } }]
    fault: { delay: { fixedDelay: 60s, percentage: { value: 100 } }, abort: { httpStatus: 418, percentage: { value: 100 } } }
    route: [{ destination: { host: localhost } }]
  - name: changed
    rewrite: { uri: /rewritten }
    headers: { request: { set: { x-changed: "yes" } } }
    retries: { attempts: 3, retryOn: 5xx }
    route: [{ destination: { host: localhost } }]
`
}

interface Observed {
  readonly mesh: Mesh
  readonly url: string
  readonly path: string
  readonly port: number
  readonly logger: RecordingLogger
  /** How many requests the server has got. */
  readonly calls: () => number
}

/** A server that answers 500 with what it saw, and a mesh that observes what is said to it. */
async function observing(context: TestContext, options: MeshOptions = {}): Promise<Observed> {
  let calls = 0
  const server = createServer(({ url, headers }, response) => {
    calls += 1
    response.writeHead(500).end(JSON.stringify({ url, headers }))
  })
  const path = await meshDirectory(context, {})
  const logger = new RecordingLogger()
  const settings = { mode: 'observe', namespace: 'shop', config: path, logger, meshHosts: ['localhost'] } as const
  server.listen(0, 'localhost')
  await once(server, 'listening')
  context.after(() => server.close())
  const { port } = server.address() as AddressInfo
  await writeFile(join(path, 'here.yaml'), configuration(port))
  const mesh = await openMesh({ ...settings, ...options }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  const url = `http://localhost:${port}`
  // The first call makes the mesh ask for its host.
  while (mesh.outcome(await drained(await mesh.fetch(url))) === undefined);
  calls = 0
  return { mesh, url, path, port, logger, calls: () => calls }
}

async function drained<T extends { text(): Promise<string> }>(answer: T): Promise<T> {
  await answer.text()
  return answer
}

test('calls go as they are to where they would have gone, once, and it is known what the mesh would have done', async (context) => {
  const { mesh, url, port, calls } = await observing(context)
  const cluster = `outbound|${port}||localhost.shop.svc.cluster.local`
  const answers: [object, string][] = []
  const headers = { 'x-own': '1', 'x-envoy-expected-rq-timeout-ms': '1' }
  const fetched = await mesh.fetch(`${url}/a`, { headers, mesh: { timeoutMs: 60_000 } })
  answers.push([fetched, await fetched.text()])
  const asked = await request(`${url}/a`, { dispatcher: mesh.dispatcher(), headers })
  answers.push([asked, await asked.body.text()])
  mesh.installGlobal({ nodeHttp: true })
  const [got] = (await once(get(`${url}/a`, { headers }), 'response')) as [IncomingMessage]
  answers.push([got, await text(got)])
  for (const [answer, body] of answers) {
    const seen = JSON.parse(body) as { url: string; headers: Record<string, string> }
    assert.equal(seen.url, '/a')
    assert.deepEqual([seen.headers['x-own'], seen.headers['x-envoy-expected-rq-timeout-ms']], ['1', '1'])
    assert.deepEqual([seen.headers['x-changed'], seen.headers.traceparent], [undefined, undefined])
    const outcome = mesh.outcome(answer)!
    assert.deepEqual([outcome.route, outcome.cluster, outcome.endpoint], ['changed', cluster, '192.0.2.1:9'])
    assert.deepEqual([outcome.code, outcome.flags], [undefined, '-'])
  }
  assert.equal(calls(), 3)
})

test('what the mesh would have answered itself is answered by the server, counted, and said once', async (context) => {
  const { mesh, url, logger } = await observing(context)
  const before = mesh.observations()!.calls
  for (const path of ['/broken', '/broken/again']) {
    const answer = await drained(await mesh.fetch(url + path))
    const { route, status, code, flags } = mesh.outcome(answer)!
    assert.deepEqual([route, status, code, flags], ['broken', 500, 'ERR_INMESH_FAULT', 'DI,FI'])
  }
  assert.deepEqual(mesh.observations()!.calls, { ...before, answered: { FI: 2 } })
  const said = logger.lines.filter((line) => line.includes('observed:'))
  assert.equal(said.length, 1)
  assert.match(said[0]!, /^warn: observed: a call to localhost:\d+ would have been answered 418 \(FI\)/)
})

test('requests reach the application as they are, whatever the listener of the server says', async (context) => {
  const { mesh, path, logger } = await observing(context)
  const server = await mesh.listen(
    ({ headers, mesh: { traceparent } }, response) => response.end(JSON.stringify({ headers, traceparent })),
    { host: '127.0.0.1', port: 0 },
  )
  const { port } = server.boundAddress!
  const routes = [{ match: { prefix: '/' }, directResponse: { status: 403, body: { inlineString: 'no' } } }]
  await writeFile(join(path, 'inbound.json'), inboundListener(port, { routes }))
  const headers = { traceparent: TRACE, 'x-envoy-expected-rq-timeout-ms': '1' }
  do {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers })
    assert.equal(answer.status, 200)
    const seen = (await answer.json()) as { headers: Record<string, string> }
    assert.equal(seen.headers['x-envoy-expected-rq-timeout-ms'], '1')
  } while (mesh.observations()!.requests.answered['-'] === undefined)
  assert.match(logger.lines.join('\n'), new RegExp(`observed: a request to port ${port} would have been answered 403`))
})

test('only a mesh that observes has observations, and one whose servers need their listener cannot', async (context) => {
  const mesh = await openMesh({ mode: 'off' }, {})
  context.after(() => mesh.close())
  assert.equal(mesh.observations(), undefined)
  const required = { mode: 'observe', inboundListener: 'required', controlPlane: 'a:1' } as const
  await assert.rejects(openMesh(required, {}), { code: 'ERR_INMESH_OPTIONS' })
})
