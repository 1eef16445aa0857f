import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { before, describe, it } from 'node:test'
import axios from 'axios'
import got from 'got'
import { createMesh, type Mesh, MeshError } from 'inmesh'
import { suiteScope } from '../support/suite-scope.js'
import type { TestScope } from '../support/test-process.js'
import { ConfigurationDirectory } from './configuration-directory.js'
import { httpClients } from './node-http-clients.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('clients that are built on node:http, with agents of the mesh', () => {
  const suite = suiteScope()
  let mesh: Mesh
  let throwing: Mesh
  let flaky = 0
  /** Never answers. */
  const held = createServer(() => {})

  before(async () => {
    const answer = (version: string): RequestListener => {
      return async (request, response) => {
        const body: Buffer[] = []
        for await (const chunk of request) body.push(chunk as Buffer)
        if (request.url === '/flaky' && flaky++ % 2 === 0) response.statusCode = 503
        response.setHeader('x-version', version)
        if (request.url === '/context') response.end(JSON.stringify(request.headers))
        else response.end(`${request.method} ${request.url} ${Buffer.concat(body)}`)
      }
    }
    const servers = [createServer(answer('v1')), createServer(answer('v2')), held]
    const [v1, v2, holding] = await Promise.all(servers.map((server) => listening(suite, server)))
    const { path: config } = await ConfigurationDirectory.create(suite, {
      'services.yaml': services(v1!, v2!, holding!),
      'routes.yaml': routes,
    })
    mesh = await createMesh({ config, namespace: 'shop', logLevel: 'silent' })
    throwing = await createMesh({ config, namespace: 'shop', logLevel: 'silent', localReply: 'throw' })
    suite.after(() => Promise.all([mesh.close(), throwing.close()]).then(() => {}))
  })

  for (const client of httpClients) {
    describe(client.name, () => {
      it('reaches both sides of a split', async () => {
        const versions = new Set<unknown>()
        for (let call = 0; call < 100 && versions.size < 2; call++) {
          const { status, headers, text } = await client.send(mesh, 'http://catalog/split')
          assert.deepEqual([status, text], [200, 'GET /split '])
          versions.add(headers['x-version'])
        }
        assert.deepEqual([...versions].sort(), ['v1', 'v2'])
      })

      it('is routed by its headers', async () => {
        const { headers } = await client.send(mesh, 'http://catalog/header', { headers: { 'x-user': 'tester' } })
        assert.equal(headers['x-version'], 'v2')
      })

      it('has its requests tried again, with their bodies', async () => {
        flaky = 0
        const question = { method: 'POST', body: 'order', headers: { 'content-type': 'text/plain' } }
        const { status, text } = await client.send(mesh, 'http://catalog/flaky', question)
        assert.deepEqual([status, text, flaky], [200, 'POST /flaky order', 2])
      })

      it('gets faults, and answers of the mesh itself, as responses', async () => {
        const asked = ['/fault', '/nowhere', '/empty', '/slow'].map((path) =>
          client.send(mesh, `http://catalog${path}`),
        )
        const answers = (await Promise.all(asked)).map(({ status, text }) => [status, text])
        assert.deepEqual(answers, [
          [418, 'fault filter abort'],
          [404, ''],
          [503, 'no healthy upstream'],
          [504, 'upstream request timeout'],
        ])
      })

      it('gets them as errors with their codes where the mesh is told to throw', async () => {
        for (const [path, code] of [
          ['/fault', 'ERR_INMESH_FAULT'],
          ['/nowhere', 'ERR_INMESH_NO_ROUTE'],
          ['/empty', 'ERR_INMESH_NO_HEALTHY_ENDPOINT'],
          ['/slow', 'ERR_INMESH_TIMEOUT'],
        ] as const) {
          await assert.rejects(client.send(throwing, `http://catalog${path}`), (error: Error & { code?: string }) => {
            assert.equal(error.code, code)
            assert.ok((client.name === 'http.request' ? error : error.cause) instanceof MeshError)
            return true
          })
        }
      })

      it('follows a redirect of a route', async () => {
        const plain = await client.send(mesh, 'http://catalog/old')
        assert.deepEqual([plain.status, plain.headers.location], [301, 'http://catalog/new'])
        assert.equal((await client.send(mesh, 'http://catalog/old', { follow: true })).text, 'GET /new ')
      })

      it('has its requests copied to a mirror', async () => {
        const copied = once(held, 'request')
        const question = { method: 'POST', body: 'order' }
        assert.equal((await client.send(mesh, 'http://catalog/mirrored', question)).text, 'POST /mirrored order')
        const [{ url, method }] = (await copied) as [IncomingMessage]
        assert.deepEqual([method, url], ['POST', '/mirrored'])
      })

      it('ends a call when it is aborted', async () => {
        const abort = new AbortController()
        const arrived = once(held, 'request')
        const sent = client.send(mesh, 'http://held/', { signal: abort.signal })
        const [{ socket }] = (await arrived) as [IncomingMessage]
        const left = once(socket, 'close')
        abort.abort()
        await assert.rejects(sent, /abort|cancel/i)
        await left
      })

      it('passes deadline and trace of the incoming request on', async () => {
        const server = await mesh.listen(
          async (_request, response) => {
            const { text } = await client.send(mesh, 'http://catalog/context')
            response.end(text)
          },
          { port: 0, host: '127.0.0.1' },
        )
        const headers = { traceparent: TRACE, 'x-envoy-expected-rq-timeout-ms': '5000' }
        const { port } = server.address() as AddressInfo
        const passed = (await (await fetch(`http://127.0.0.1:${port}/`, { headers })).json()) as Record<string, string>
        assert.equal(passed.traceparent, TRACE)
        assert.ok(Number(passed['x-envoy-expected-rq-timeout-ms']) <= 5000)
        await server.drain()
      })

      it('reaches hosts outside the mesh', async () => {
        const port = await listening(
          suite,
          createServer((_request, response) => void response.end('outside')),
        )
        assert.equal((await client.send(mesh, `http://127.0.0.1:${port}/`)).text, 'outside')
      })

      it('sends nothing of an https: request in plaintext', async (t) => {
        const first: number[] = []
        const server = createTcpServer((socket) => {
          socket.on('error', () => {})
          socket.once('data', (data) => {
            first.push(data[0]!)
            socket.destroy()
          })
        }).listen(0, '127.0.0.1')
        t.after(() => server.close())
        await once(server, 'listening')
        const { port } = server.address() as AddressInfo
        await assert.rejects(client.send(mesh, `https://127.0.0.1:${port}/`))
        assert.deepEqual(first, [0x16], 'the first byte of a TLS handshake')
      })
    })
  }

  it('axios and got stream both ways', async () => {
    const piece = 'x'.repeat(100_000)
    const body = () => Readable.from(Array.from({ length: 20 }, () => piece))
    const url = 'http://catalog/stream'
    const answered = await axios.post<Readable>(url, body(), {
      adapter: 'http',
      httpAgent: mesh.httpAgent(),
      responseType: 'stream',
      maxRedirects: 0,
    })
    assert.equal(await lengthOf(answered.data), 2_000_000 + 'POST /stream '.length)

    const streamed = got.stream.post(url, { agent: { http: mesh.httpAgent() } })
    const [length] = await Promise.all([lengthOf(streamed), pipeline(body(), streamed)])
    assert.equal(length, 2_000_000 + 'POST /stream '.length)
  })
})

async function listening(scope: TestScope, server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.after(async () => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

async function lengthOf(stream: AsyncIterable<Buffer>): Promise<number> {
  let length = 0
  for await (const chunk of stream) length += chunk.length
  return length
}

function services(v1: number, v2: number, held: number): string {
  const endpoint = (port: number, version: string) =>
    `  - { address: 127.0.0.1, ports: { http: ${port} }, labels: { version: ${version} } }\n`
  const entry = (name: string, endpoints: string) => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints:
${endpoints}---
`
  return `${entry('catalog', endpoint(v1, 'v1') + endpoint(v2, 'v2'))}${entry('held', endpoint(held, 'v1'))}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: catalog, namespace: shop }
spec:
  host: catalog
  subsets:
  - { name: v1, labels: { version: v1 } }
  - { name: v2, labels: { version: v2 } }
  - { name: none, labels: { version: none } }
`
}

const routes = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
  http:
  - match: [{ headers: { x-user: { exact: tester } } }]
    route: [{ destination: { host: catalog, subset: v2 } }]
  - match: [{ uri: { exact: /split } }]
    route:
    - { destination: { host: catalog, subset: v1 }, weight: 50 }
    - { destination: { host: catalog, subset: v2 }, weight: 50 }
  - match: [{ uri: { exact: /flaky } }]
    retries: { attempts: 2, retryOn: 5xx }
    route: [{ destination: { host: catalog } }]
  - match: [{ uri: { exact: /fault } }]
    fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
    route: [{ destination: { host: catalog } }]
  - match: [{ uri: { exact: /empty } }]
    route: [{ destination: { host: catalog, subset: none } }]
  - match: [{ uri: { exact: /slow } }]
    timeout: 50ms
    route: [{ destination: { host: held } }]
  - match: [{ uri: { exact: /mirrored } }]
    mirror: { host: held }
    route: [{ destination: { host: catalog } }]
  - match: [{ uri: { exact: /old } }]
    redirect: { uri: /new }
  - match: [{ uri: { exact: /new } }, { uri: { exact: /context } }, { uri: { exact: /stream } }]
    route: [{ destination: { host: catalog } }]
`
