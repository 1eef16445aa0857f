import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, beforeEach, describe, it } from 'node:test'
import { createMesh, type Mesh } from 'inmesh'
import { suiteScope } from '../support/suite-scope.js'
import type { TestScope } from '../support/test-process.js'
import { ConfigurationDirectory } from './configuration-directory.js'

const origin = 'https://www.shop.test'

describe('what a VirtualService does with requests besides sending them on', () => {
  const suite = suiteScope()
  let mesh: Mesh
  let catalog: Upstream
  let shadow: Upstream

  before(async () => {
    catalog = await Upstream.start(suite)
    shadow = await Upstream.start(suite)
    const directory = await ConfigurationDirectory.create(suite, {
      'services.yaml': `${service('catalog', catalog.port)}---\n${service('shadow', shadow.port)}`,
      'routes.yaml': routes,
    })
    mesh = await createMesh({ config: directory.path, namespace: 'shop', logLevel: 'silent' })
    suite.after(() => mesh.close())
  })

  beforeEach(() => {
    for (const upstream of [catalog, shadow]) upstream.requests.length = 0
  })

  it('redirects', async () => {
    const response = await mesh.fetch('http://catalog/old/1?a=b', { redirect: 'manual' })
    assert.equal(response.status, 308)
    assert.equal(response.headers.get('location'), 'http://shop.test/new?a=b')
    assert.equal(catalog.requests.length, 0)
  })

  it('answers itself', async () => {
    const response = await mesh.fetch('http://catalog/closed')
    assert.deepEqual([response.status, await response.text()], [410, 'gone for good'])
    assert.equal(catalog.requests.length, 0)
  })

  it('rewrites path and host', async () => {
    await (await mesh.fetch('http://catalog/v1/products?a=b')).text()
    assert.deepEqual(
      catalog.requests.map(({ url, headers }) => [url, headers.host]),
      [['/products?a=b', 'products.test']],
    )
  })

  it('sets, adds and removes headers of requests and responses', async () => {
    const response = await mesh.fetch('http://catalog/headers', {
      headers: { 'x-set': 'caller', 'x-add': 'caller', 'x-remove': 'caller' },
    })
    await response.text()
    const { headers: received } = catalog.requests[0]!
    assert.deepEqual([received['x-set'], received['x-add'], received['x-remove']], ['mesh', 'caller, mesh', undefined])
    const answered = ['x-set', 'x-add', 'x-remove'].map((name) => response.headers.get(name))
    assert.deepEqual(answered, ['mesh', 'upstream, mesh', null])
  })

  it('sends a copy elsewhere, whose answer nobody sees', async () => {
    const copied = shadow.next()
    const response = await mesh.fetch('http://catalog/mirrored', { method: 'POST', body: 'order' })
    assert.equal(await response.text(), String(catalog.port))
    const { method, url } = await copied
    assert.deepEqual([method, url], ['POST', '/mirrored'])
    assert.equal(catalog.requests.length, 1)
  })

  it('answers preflight requests, and tells who may read a response', async () => {
    const preflight = (from: string) =>
      mesh.fetch('http://catalog/cors', {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'PUT' },
      })
    const allowed = await preflight(origin)
    assert.equal(allowed.status, 200)
    const { 'content-length': _, ...answer } = Object.fromEntries(allowed.headers)
    assert.deepEqual(answer, {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-allow-headers': 'x-order',
      'access-control-expose-headers': 'x-total',
      'access-control-max-age': '60',
    })
    assert.equal(catalog.requests.length, 0)

    const read = async (from: string) => {
      const { headers, body } = await mesh.fetch('http://catalog/cors', { headers: { origin: from } })
      await body?.cancel()
      return [headers.get('access-control-allow-origin'), headers.get('access-control-expose-headers')]
    }
    assert.deepEqual(await read(origin), [origin, 'x-total'])
    assert.deepEqual(await read('https://elsewhere.test'), [null, null])
    assert.equal((await preflight('https://elsewhere.test')).headers.get('access-control-allow-origin'), null)
    assert.equal(catalog.requests.at(-1)?.method, 'OPTIONS', 'a preflight of another origin is left to the service')
  })
})

/** A server that keeps what it was asked and answers its port. */
class Upstream {
  readonly requests: IncomingMessage[] = []
  readonly #server = createServer((request, response) => {
    this.requests.push(request)
    request.resume()
    for (const name of ['x-set', 'x-add', 'x-remove']) response.setHeader(name, 'upstream')
    response.end(String(this.port))
  })

  static async start(scope: TestScope): Promise<Upstream> {
    const upstream = new Upstream()
    upstream.#server.listen(0, '127.0.0.1')
    await once(upstream.#server, 'listening')
    scope.after(async () => {
      upstream.#server.close()
      upstream.#server.closeAllConnections()
    })
    return upstream
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The next request. */
  async next(): Promise<IncomingMessage> {
    const [request] = await once(this.#server, 'request')
    return request as IncomingMessage
  }
}

function service(name: string, port: number): string {
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1, ports: { http: ${port} } }]
`
}

const routes = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
  http:
  - match: [{ uri: { prefix: /old } }]
    redirect: { uri: /new, authority: shop.test, redirectCode: 308 }
  - match: [{ uri: { exact: /closed } }]
    directResponse: { status: 410, body: { string: gone for good } }
  - match: [{ uri: { prefix: /v1/ } }]
    rewrite: { uri: /, authority: products.test }
    route: [{ destination: { host: catalog } }]
  - match: [{ uri: { exact: /headers } }]
    headers:
      request: { set: { x-set: mesh }, add: { x-add: mesh }, remove: [x-remove] }
      response: { set: { x-set: mesh }, add: { x-add: mesh }, remove: [x-remove] }
    route: [{ destination: { host: catalog } }]
  - match: [{ uri: { exact: /mirrored } }]
    mirror: { host: shadow }
    route: [{ destination: { host: catalog } }]
  - match: [{ uri: { exact: /cors } }]
    corsPolicy:
      allowOrigins: [{ exact: ${origin} }]
      allowMethods: [GET, PUT]
      allowHeaders: [x-order]
      exposeHeaders: [x-total]
      maxAge: 60s
      allowCredentials: true
    route: [{ destination: { host: catalog } }]
`
