import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener, Server } from 'node:http'
import { get as getSecurely, Agent as HttpsAgent } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openMesh } from '../create-mesh.js'
import type { Mesh } from '../mesh.js'
import type { MeshOptions } from '../options/mesh-options.js'
import { meshDirectory, serviceEntry } from '../testing/mesh-directory.js'

async function capturing(context: TestContext, options: MeshOptions = {}, ports?: readonly number[]): Promise<Mesh> {
  const { controlPlane, config = await meshDirectory(context, {}) } = options
  const origin = controlPlane === undefined ? { config } : { controlPlane }
  const mesh = await openMesh({ logLevel: 'silent', ...options, ...origin }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  mesh.installGlobal({ nodeHttp: true, servers: ports === undefined ? true : { ports } })
  return mesh
}

async function serve(context: TestContext, answer: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

/** A request that the test answers. */
async function held(context: TestContext) {
  const requests: (() => void)[] = []
  let arrived!: () => void
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const served = await serve(context, (_request, response) => {
    requests.push(() => response.end('complete'))
    arrived()
  })
  const answer = fetch(served.url)
  await arrival
  return { ...served, answer, release: () => requests.splice(0).map((answer) => answer()) }
}

test('a captured server ends with the mesh: in-flight requests are answered, and no connection is taken any more', async (context) => {
  const mesh = await capturing(context)
  const { server, url, answer, release } = await held(context)
  const { port } = new URL(url)
  const unused = connect(Number(port), '127.0.0.1')
  await once(unused, 'connect')
  const ended = once(unused, 'close')
  const closing = mesh.close()
  await ended
  assert.equal(server.listening, false)
  release()
  const response = await answer
  assert.equal(response.headers.get('connection'), 'close')
  assert.equal(await response.text(), 'complete')
  await closing
})

test('an application that closes its server itself hears of no error, and the mesh waits for it', async (context) => {
  const mesh = await capturing(context)
  const { server, answer, release } = await held(context)
  const closing = mesh.close()
  const closed = new Promise<Error | undefined>((resolve) => server.close(resolve))
  release()
  assert.equal((await answer).headers.get('connection'), 'close')
  assert.equal(await closed, undefined)
  await closing
})

test('requests that are too long are cut when the time for closing is over', async (context) => {
  const mesh = await capturing(context)
  const { answer } = await held(context)
  answer.catch(() => {})
  await mesh.close({ timeoutMs: 1 })
  await assert.rejects(answer)
})

test('requests that say how to verify a server, or that know a way of their own, stay with their agent', async (context) => {
  const path = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [1]) })
  await capturing(context, { config: path, namespace: 'shop' })
  const certain = getSecurely('https://reviews/', { agent: new HttpsAgent({ ca: 'of its own' }) })
  const [unverified] = (await once(certain, 'error')) as [NodeJS.ErrnoException]
  assert.doesNotMatch(unverified.code ?? '', /^ERR_INMESH/)
  const [unconnected] = (await once(get('http://reviews/', { socketPath: '/nowhere/at/all' }), 'error')) as [
    NodeJS.ErrnoException,
  ]
  assert.equal(unconnected.code, 'ENOENT')
})

test('a request that is given up before its host is known hears of it', async (context) => {
  await capturing(context, { controlPlane: '127.0.0.1:1', discoveryTimeoutMs: 50 })
  const sent = get('http://reviews/')
  sent.destroy(new Error('given up'))
  const [error] = (await once(sent, 'error')) as [Error]
  assert.equal(error.message, 'given up')
})

test('only servers on the ports named are captured', async (context) => {
  const mesh = await capturing(context, {}, [1])
  const { url } = await serve(context, (_request, response) => {
    response.end(String(mesh.context.current()))
  })
  assert.equal(await (await fetch(url)).text(), 'undefined')
})

test('what was captured is left as it was, by the function that undoes it and with the mesh', async (context) => {
  const before = [Server.prototype.emit, Server.prototype.close, Object.hasOwn(Server.prototype, 'emit')]
  const now = () => [Server.prototype.emit, Server.prototype.close, Object.hasOwn(Server.prototype, 'emit')]
  const mesh = await capturing(context)
  assert.notDeepEqual(now(), before)
  mesh.installGlobal({ servers: true })()
  assert.deepEqual(now(), before)
  mesh.installGlobal({ servers: true })
  await mesh.close()
  assert.deepEqual(now(), before)
})

test('two meshes may capture the same servers, and both know the one request', async (context) => {
  const meshes = [await capturing(context), await capturing(context)]
  const { url } = await serve(context, (_request, response) => {
    response.end(JSON.stringify(meshes.map(({ context }) => context.current() !== undefined)))
  })
  assert.equal(await (await fetch(url)).text(), '[true,true]')
})

test('probes of readiness are no requests to the application', async (context) => {
  const port = await freePort()
  const mesh = await capturing(context, { readinessPort: port })
  const [response] = (await once(get(`http://127.0.0.1:${port}/ready`), 'response')) as [IncomingMessage]
  response.resume()
  assert.equal(response.statusCode, 200)
  assert.deepEqual(mesh.readiness(), { ready: true, reasons: [] })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
