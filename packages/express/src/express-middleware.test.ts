import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import express from 'express'
import { createMesh, type Mesh } from 'inmesh'
import { meshExpress } from './express-middleware.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const HEADERS = { 'x-envoy-expected-rq-timeout-ms': '60000', traceparent: TRACE }

/** Never reached: nothing here is called by the name of a service. */
async function mesh(context: TestContext, mode: 'on' | 'off' = 'on'): Promise<Mesh> {
  const made = await createMesh({ controlPlane: '127.0.0.1:1', logLevel: 'silent', mode })
  context.after(() => made.close({ timeoutMs: 1 }))
  return made
}

async function serve(context: TestContext, app: express.Express): Promise<string> {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an application that owns its server gets req.mesh, and its calls carry the trace, after a parsed body too', async (context) => {
  const tested = await mesh(context)
  const upstream = await serve(
    context,
    express().get('/', (request, response) => void response.json(request.headers)),
  )
  const app = express()
    .use(meshExpress(tested))
    .use(express.json())
    .post('/', async (request, response) => {
      const left = request.mesh!.timeLeftMs!
      assert.ok(left > 0 && left <= 60_000)
      const call = await tested.fetch(upstream)
      response.json({ sent: request.body, seen: await call.json() })
    })
  const url = await serve(context, app)
  const call = await fetch(url, {
    method: 'POST',
    headers: { ...HEADERS, 'content-type': 'application/json' },
    body: JSON.stringify({ book: 7 }),
  })
  const { sent, seen } = (await call.json()) as { sent: unknown; seen: Record<string, string> }
  assert.deepEqual(sent, { book: 7 })
  assert.equal(seen.traceparent, TRACE)
})

test('a handler that reads the body by events stays in its request', async (context) => {
  const tested = await mesh(context)
  const app = express()
    .use(meshExpress(tested))
    .post('/', (request, response) => {
      request.resume().on('end', () => {
        response.send(tested.context.current()?.traceparent)
      })
    })
  const call = await fetch(await serve(context, app), { method: 'POST', headers: HEADERS, body: 'text' })
  assert.equal(await call.text(), TRACE)
})

test('behind mesh.listen() the request is taken in once, by the server', async (context) => {
  const tested = await mesh(context)
  const adapter = tested.adapter()
  let before: unknown
  const app = express()
    .use((request, _response, next) => {
      before = request.mesh
      next()
    })
    .use(meshExpress(tested))
    .get('/', (request, response) => {
      assert.equal(request.mesh, before)
      assert.equal(request.mesh, adapter.enter(request, response))
      assert.equal(adapter.inFlight, 0)
      response.send(String(request.mesh?.timeLeftMs !== undefined))
    })
  const server = await tested.listen(app, { port: 0, host: '127.0.0.1' })
  const call = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { headers: HEADERS })
  assert.equal(await call.text(), 'true')
  assert.notEqual(before, undefined)
})

test('closing the mesh waits for requests in flight and asks their callers to go elsewhere', async (context) => {
  const tested = await mesh(context)
  let arrived!: () => void
  let release!: () => void
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const app = express()
    .use(meshExpress(tested))
    .get('/', async (_request, response) => {
      arrived()
      await released
      response.send('complete')
    })
  const url = await serve(context, app)
  const call = fetch(url)
  await arrival
  let closed = false
  const closing = tested.close().then(() => {
    closed = true
  })
  await new Promise(setImmediate)
  assert.equal(closed, false)
  release()
  const response = await call
  assert.equal(await response.text(), 'complete')
  assert.equal(response.headers.get('connection'), 'close')
  await closing
})

test('errors of the application reach its error handler', async (context) => {
  const tested = await mesh(context)
  const app = express()
    .use(meshExpress(tested))
    .get('/', async () => {
      throw new Error('from the handler')
    })
    .use(((error, _request, response, _next) => {
      response.status(500).send(error.message)
    }) satisfies express.ErrorRequestHandler)
  const call = await fetch(await serve(context, app))
  assert.equal(call.status, 500)
  assert.equal(await call.text(), 'from the handler')
})

test('switched off, requests pass unchanged', async (context) => {
  const tested = await mesh(context, 'off')
  const app = express()
    .use(meshExpress(tested))
    .get('/', (request, response) => {
      response.json([request.mesh?.timeLeftMs ?? null, request.get('x-envoy-expected-rq-timeout-ms')])
    })
  const call = await fetch(await serve(context, app), { headers: HEADERS })
  assert.deepEqual(await call.json(), [null, '60000'])
})

test('an application of Express is refused for HTTP/2, which it cannot serve, and the error says so', async (context) => {
  const tested = await mesh(context)
  const refusal = { code: 'ERR_INMESH_OPTIONS', message: /Express.*HTTP\/1\.1 only/ }
  await assert.rejects(tested.listen(express(), { port: 0, host: '127.0.0.1', http2: true }), refusal)
  assert.throws(() => tested.createServer(express(), { http2: true }), refusal)
})
