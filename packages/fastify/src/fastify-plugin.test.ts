import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Stream, connect } from 'node:http2'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { createMesh, type Mesh } from 'inmesh'
import { meshFastify } from './fastify-plugin.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const HEADERS = { 'x-envoy-expected-rq-timeout-ms': '60000', traceparent: TRACE }

/** Never reached: nothing here is called by the name of a service. */
async function mesh(context: TestContext): Promise<Mesh> {
  const made = await createMesh({ controlPlane: '127.0.0.1:1', logLevel: 'silent' })
  context.after(() => made.close({ timeoutMs: 1 }))
  return made
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open!: () => void
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, open }
}

const servers = [
  ['its own server', () => ({})],
  ['a server of the mesh', (tested: Mesh) => ({ serverFactory: tested.serverFactory() })],
] as const

for (const [owner, options] of servers) {
  test(`with ${owner}, handlers get request.mesh and stay in their request, after a parsed body too`, async (context) => {
    const tested = await mesh(context)
    const app = Fastify(options(tested))
    context.after(() => app.close())
    await app.register(meshFastify, { mesh: tested })
    app.post('/', async (request) => {
      const { timeLeftMs } = request.mesh
      assert.ok(timeLeftMs! > 0 && timeLeftMs! <= 60_000)
      await new Promise((resolve) => setTimeout(resolve, 1))
      return { body: request.body, trace: tested.context.current()?.traceparent, own: request.mesh.traceparent }
    })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const call = await fetch(url, {
      method: 'POST',
      headers: { ...HEADERS, 'content-type': 'application/json' },
      body: JSON.stringify({ book: 7 }),
    })
    assert.deepEqual(await call.json(), { body: { book: 7 }, trace: TRACE, own: TRACE })
  })

  test(`with ${owner}, close() lets requests in flight end and closes their connections`, async (context) => {
    const tested = await mesh(context)
    const app = Fastify(options(tested))
    await app.register(meshFastify, { mesh: tested })
    const arrived = gate()
    const begun = gate()
    const release = gate()
    app.get('/whole', async () => {
      arrived.open()
      await release.promise
      return 'complete'
    })
    app.get('/stream', (_request, reply) => {
      reply.hijack()
      reply.raw.write('first,')
      begun.open()
      void release.promise.then(() => reply.raw.end('last'))
    })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const calls = [fetch(`${url}/whole`), fetch(`${url}/stream`)]
    await Promise.all([arrived.promise, begun.promise])
    const closing = app.close()
    // The server stops listening only after the hooks have run.
    while (app.server.listening) await new Promise(setImmediate)
    release.open()
    const [whole, stream] = await Promise.all(calls)
    assert.equal(whole!.headers.get('connection'), 'close')
    assert.equal(await whole!.text(), 'complete')
    assert.equal(await stream!.text(), 'first,last')
    // Does not wait for the connection of the stream to time out.
    await closing
  })
}

test('a server of the mesh has the options of Fastify and is drained when the mesh closes', async (context) => {
  const tested = await mesh(context)
  const app = Fastify({
    serverFactory: tested.serverFactory(),
    keepAliveTimeout: 61_000,
    requestTimeout: 62_000,
    connectionTimeout: 63_000,
    maxRequestsPerSocket: 64,
  })
  context.after(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { keepAliveTimeout, requestTimeout, timeout, maxRequestsPerSocket } = app.server
  assert.deepEqual([keepAliveTimeout, requestTimeout, timeout, maxRequestsPerSocket], [61_000, 62_000, 63_000, 64])
  await tested.close()
  assert.equal(app.server.listening, false)
})

test('a server of the mesh is refused for HTTPS', async (context) => {
  const tested = await mesh(context)
  const serverFactory = tested.serverFactory()
  assert.throws(() => Fastify({ serverFactory, https: {} } as never), { code: 'ERR_INMESH_OPTIONS' })
})

test('a server of the mesh takes HTTP/2 and HTTP/1.1 on one port, and ends both with the application', async (context) => {
  const tested = await mesh(context)
  const app = Fastify({ http2: true, serverFactory: tested.serverFactory(), http2SessionTimeout: 61_000 })
  await app.register(meshFastify, { mesh: tested })
  app.get('/', async (request) => ({ version: request.raw.httpVersion, left: request.mesh.timeLeftMs !== undefined }))
  app.post('/', async (request) => request.body)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connect(url)
  const read = async (stream: ClientHttp2Stream): Promise<unknown> => {
    let text = ''
    for await (const chunk of stream.setEncoding('utf8')) text += chunk
    return JSON.parse(text)
  }
  assert.deepEqual(await read(session.request({ ':path': '/', ...HEADERS })), { version: '2.0', left: true })
  const post = session.request({ ':path': '/', ':method': 'POST', 'content-type': 'application/json' })
  post.end('{"some":"body"}')
  assert.deepEqual(await read(post), { some: 'body' })
  const kept = await fetch(url, { headers: HEADERS })
  assert.deepEqual(await kept.json(), { version: '1.1', left: true })
  const ended = once(session, 'close')
  await Promise.all([app.close(), ended])
  assert.equal(app.server.listening, false)
})

test('an HTTP/2 server of the application is served and drained too', async (context) => {
  const tested = await mesh(context)
  const app = Fastify({ http2: true })
  await app.register(meshFastify, { mesh: tested })
  const arrived = gate()
  const release = gate()
  app.get('/', async (request) => {
    arrived.open()
    await release.promise
    return { trace: tested.context.current()?.traceparent, limited: request.mesh.timeLeftMs !== undefined }
  })
  const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
  const stream = session.request({ ':path': '/', ...HEADERS })
  await arrived.promise
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  const closing = app.close()
  await new Promise(setImmediate)
  release.open()
  let body = ''
  for await (const chunk of stream) body += chunk
  assert.deepEqual(JSON.parse(body), { trace: TRACE, limited: true })
  session.close()
  await closing
  process.off('warning', note)
  assert.deepEqual(warnings, [])
})

test('injected requests are taken in and let go', async (context) => {
  const tested = await mesh(context)
  const app = Fastify()
  await app.register(meshFastify, { mesh: tested })
  app.get('/', async (request) => ({ trace: request.mesh.traceparent }))
  const reply = await app.inject({ url: '/', headers: { traceparent: TRACE } })
  assert.deepEqual(reply.json(), { trace: TRACE })
  await app.close()
  // Would wait for a request that was never counted out.
  await tested.close()
})
