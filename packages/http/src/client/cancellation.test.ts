import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { type FaultConfig, RequestContext, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { closedPort, hungUp, TestUpstream } from './testing/test-upstream.js'

const CANCELLED = { code: 'ERR_INMESH_CANCELLED' }
const GRPC = { 'content-type': 'application/grpc' }

/** A mesh, a request that it works for and an upstream that never answers. */
async function silent(context: TestContext) {
  const mesh = new ClientFixture(context, new SimulatedClock())
  const upstream = await TestUpstream.start(context, (request) => void request.resume())
  mesh.serve([upstream.port])
  const inbound = new RequestContext(Number.POSITIVE_INFINITY)
  const request = (options: Record<string, unknown> = {}) =>
    mesh.contexts.run(inbound, () => mesh.request('/', options))
  return { mesh, upstream, inbound, request }
}

const dependent: [what: string, options: Record<string, unknown>][] = [
  ['GET', {}],
  ['HEAD', { method: 'HEAD' }],
  ['gRPC', { method: 'POST', headers: GRPC, body: 'x' }],
  ['POST that asks for it', { method: 'POST', body: 'x', mesh: { cancelWithParent: true } }],
]
for (const [what, options] of dependent) {
  test(`a ${what} call ends, and its connection too, when the caller of its request goes away`, async (context) => {
    const { upstream, inbound, request } = await silent(context)
    const pending = assert.rejects(request(options), CANCELLED)
    await upstream.received(1)
    inbound.cancel()
    await pending
    await hungUp(upstream.requests[0]!)
  })

  test(`a ${what} call is not begun when the caller has gone`, async (context) => {
    const { upstream, inbound, request } = await silent(context)
    inbound.cancel()
    await assert.rejects(request(options), CANCELLED)
    assert.equal(upstream.requests.length, 0)
  })
}

const independent: [what: string, options: Record<string, unknown>][] = [
  ['POST', { method: 'POST', body: 'x' }],
  ['PUT', { method: 'PUT', body: 'x' }],
  ['DELETE', { method: 'DELETE' }],
  ['GET that asks for it', { mesh: { cancelWithParent: false } }],
  ['gRPC call that asks for it', { method: 'POST', headers: GRPC, mesh: { cancelWithParent: false } }],
]
for (const [what, options] of independent) {
  test(`a ${what} goes on when the caller of its request goes away, and begins then too`, async (context) => {
    const mesh = new ClientFixture(context)
    const upstream = await TestUpstream.start(context, () => {})
    mesh.serve([upstream.port])
    const inbound = new RequestContext(Number.POSITIVE_INFINITY)
    const request = () => mesh.contexts.run(inbound, () => mesh.request('/', options))
    upstream.server.on('request', (incoming, response) => {
      if (upstream.requests.length === 1) inbound.cancel()
      incoming.resume()
      response.end('done')
    })
    assert.equal((await request()).text, 'done')
    assert.equal((await request()).text, 'done')
  })
}

test('a call that the caller cannot wait for any more ends wherever it waits', async (context) => {
  const delay: FaultConfig = {
    kind: 'fault',
    delay: { durationMs: 1000, fraction: { perMillion: 1_000_000 } },
  }
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const port = await closedPort()
  const stages: [serve: () => unknown, waits: () => boolean][] = [
    [() => {}, () => mesh.plane.target('reviews:80').state === 'pending'],
    [() => mesh.serve([port], { filters: [{ name: 'fault', config: delay, disabled: false }] }), () => true],
    [
      () =>
        mesh.serve([port], { retries: retryPolicy({ connectFailure: true }, { backOff: { baseMs: 99, maxMs: 99 } }) }),
      () => mesh.cluster('reviews').activeRetries > 0,
    ],
  ]
  for (const [serve, waits] of stages) {
    serve()
    const inbound = new RequestContext(Number.POSITIVE_INFINITY)
    const pending = assert.rejects(
      mesh.contexts.run(inbound, () => mesh.request()),
      CANCELLED,
    )
    await new Promise(setImmediate)
    while (!waits()) await new Promise(setImmediate)
    inbound.cancel()
    await pending
  }
  mesh.assertIdle()
})

test('no retry begins after the caller has gone', async (context) => {
  const mesh = new ClientFixture(context)
  const inbound = new RequestContext(Number.POSITIVE_INFINITY)
  const upstream = await TestUpstream.start(context, (_request, response) => {
    inbound.cancel()
    response.writeHead(503).end()
  })
  mesh.serve([upstream.port], { retries: retryPolicy({ serverError: true }) })
  await assert.rejects(
    mesh.contexts.run(inbound, () => mesh.request()),
    CANCELLED,
  )
  assert.equal((await mesh.request('/', { method: 'PUT' })).status, 503)
  assert.equal(upstream.requests.length, 1 + 3, "the second call, which is nobody else's, was tried three times")
})

test('the body of a response ends when the caller goes away while it arrives', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => void response.write('begun'))
  mesh.serve([upstream.port])
  const inbound = new RequestContext(Number.POSITIVE_INFINITY)
  const { body } = await mesh.contexts.run(inbound, () => mesh.response())
  const text = assert.rejects(body.text(), CANCELLED)
  inbound.cancel()
  await text
  await hungUp(upstream.requests[0]!)
})

test('calls that have ended, or whose request is over, hear nothing', async (context) => {
  const mesh = new ClientFixture(context)
  let answer = () => {}
  const upstream = await TestUpstream.start(context, (request, response) => {
    answer = () => void response.end('late')
    if (request.url === '/') answer()
  })
  mesh.serve([upstream.port])
  const inbound = new RequestContext(Number.POSITIVE_INFINITY)
  assert.equal((await mesh.contexts.run(inbound, () => mesh.request())).text, 'late')
  const pending = mesh.contexts.run(inbound, () => mesh.request('/slow'))
  await upstream.received(2)
  inbound.close()
  inbound.cancel()
  answer()
  assert.equal((await pending).text, 'late')
})

test('calls to hosts outside the mesh end too', async (context) => {
  const { upstream, inbound, request } = await silent(context)
  const origin = `http://127.0.0.1:${upstream.port}`
  const pending = assert.rejects(request({ origin }), CANCELLED)
  await upstream.received(1)
  inbound.cancel()
  await pending
  await hungUp(upstream.requests[0]!)
})

test('calls of one request end, calls of another and of none go on', async (context) => {
  const { mesh, upstream, inbound, request } = await silent(context)
  const other = new RequestContext(Number.POSITIVE_INFINITY)
  const own = [request(), request()].map((pending) => assert.rejects(pending, CANCELLED))
  const others = [mesh.contexts.run(other, () => mesh.response()), mesh.response()]
  await upstream.received(4)
  inbound.cancel()
  await Promise.all(own)
  assert.equal(mesh.cluster('reviews').activeRequests, 2)
  const ended = others.map((pending) => assert.rejects(pending, { code: 'ERR_INMESH_CLOSED' }))
  await mesh.dispatcher.destroy()
  await Promise.all(ended)
})

test('a streamed body is let go of when its call is not begun', async (context) => {
  const { inbound, request } = await silent(context)
  inbound.cancel()
  const body = new PassThrough()
  const closed = once(body, 'close')
  await assert.rejects(request({ method: 'POST', body, mesh: { cancelWithParent: true } }), CANCELLED)
  await closed
})

test('an option that is no boolean is refused', async (context) => {
  const { request } = await silent(context)
  await assert.rejects(request({ mesh: { cancelWithParent: 'yes' } }), {
    code: 'ERR_INMESH_OPTIONS',
    message: 'mesh.cancelWithParent must be a boolean, not yes',
  })
})
