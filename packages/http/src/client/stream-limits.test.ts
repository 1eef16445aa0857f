import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type ListenerConfig, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, type RouteParts, retryPolicy, route, target } from './testing/configs.js'
import { hungUp, TestUpstream } from './testing/test-upstream.js'

interface Parts extends Partial<RouteParts> {
  readonly listener?: Partial<ListenerConfig>
  /** Limit of each attempt, of the cluster. */
  readonly attemptMs?: number
}

const silent: RequestListener = (request) => void request.resume()

async function served(context: TestContext, parts: Parts, answer: RequestListener = silent) {
  const { listener, attemptMs, ...routeParts } = parts
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context, answer)
  const options = attemptMs === undefined ? {} : { connections: { maxStreamDurationMs: attemptMs } }
  const clusters = [cluster('reviews', [endpoint(upstream.port)], options)]
  const made = target('reviews:80', [route({ clusters: { reviews: 1 }, ...routeParts })], clusters)
  mesh.source.set('reviews:80', { ...made, listener: { ...made.listener, ...listener } })
  const failed = (): number => [...mesh.cluster('reviews').endpoints.values()][0]!.failed
  return { mesh, upstream, clock, failed }
}

/** A request whose body has begun and goes on when the test says so. */
function upload(mesh: ClientFixture) {
  const body = new PassThrough()
  body.on('error', () => {})
  body.write('some')
  return { body, answered: mesh.request('/', { method: 'POST', body }) }
}

test('a request that is not sent in time is answered 408, and its endpoint is not to blame', async (context) => {
  const { mesh, upstream, clock, failed } = await served(context, { listener: { requestTimeoutMs: 100 } })
  const { answered } = upload(mesh)
  await upstream.received(1)
  clock.advance(99)
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  clock.advance(1)
  assert.deepEqual(await answered, { status: 408, text: 'request timeout' })
  await hungUp(upstream.requests[0]!)
  assert.equal(failed(), 0)
})

test('once the request is sent the time to send it does not count', async (context) => {
  const sent = new EventEmitter()
  const { mesh, clock } = await served(context, { listener: { requestTimeoutMs: 100 } }, (request, response) => {
    request.resume().on('end', () => sent.emit('whole', response))
  })
  const whole = once(sent, 'whole') as Promise<[ServerResponse]>
  const { body, answered } = upload(mesh)
  body.end()
  const [response] = await whole
  clock.advance(1000)
  response.end('late')
  assert.deepEqual(await answered, { status: 200, text: 'late' })
})

test('once the response begins the time to send the request does not count', async (context) => {
  const { mesh, clock } = await served(context, { listener: { requestTimeoutMs: 100 } }, (request, response) => {
    request.resume()
    response.write('at once')
    request.on('end', () => response.end())
  })
  const body = new PassThrough()
  body.write('some')
  const response = await mesh.response('/', { method: 'POST', body })
  clock.advance(1000)
  body.end()
  assert.deepEqual([response.statusCode, await response.body.text()], [200, 'at once'])
})

test('a body that is at hand is not waited for', async (context) => {
  const { mesh, upstream, clock } = await served(context, { listener: { requestTimeoutMs: 100 }, timeoutMs: 500 })
  const pending = mesh.request('/', { method: 'POST', body: 'whole' })
  await upstream.received(1)
  clock.advance(499)
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  clock.advance(1)
  assert.deepEqual(await pending, { status: 504, text: 'upstream request timeout' })
})

test('a stream that lasts too long is answered by whether the request was complete', async (context) => {
  const limits = { listener: { maxStreamDurationMs: 200 } }
  const whole = await served(context, limits)
  const pending = whole.mesh.request('/')
  await whole.upstream.received(1)
  whole.clock.advance(200)
  assert.deepEqual(await pending, { status: 504, text: 'downstream duration timeout' })
  assert.equal(whole.failed(), 0)

  const partial = await served(context, limits)
  const { answered } = upload(partial.mesh)
  await partial.upstream.received(1)
  partial.clock.advance(200)
  assert.deepEqual(await answered, { status: 408, text: 'downstream duration timeout' })
})

test('of equal limits of the stream and the request that of the request counts', async (context) => {
  const { mesh, upstream, clock } = await served(context, { listener: { maxStreamDurationMs: 200 }, timeoutMs: 200 })
  const pending = mesh.request('/')
  await upstream.received(1)
  clock.advance(200)
  assert.equal((await pending).text, 'upstream request timeout')
})

test('an attempt that lasts longer than its cluster lets it is given up, and may be repeated', async (context) => {
  const single = await served(context, { attemptMs: 100 })
  const pending = single.mesh.request('/')
  await single.upstream.received(1)
  single.clock.advance(100)
  assert.deepEqual(await pending, { status: 504, text: 'upstream max stream duration reached' })

  let first = true
  const slowOnce: RequestListener = (request, response) => {
    request.resume()
    if (!first) response.end('second')
    first = false
  }
  const retried = await served(context, { attemptMs: 100, retries: retryPolicy({ reset: true }) }, slowOnce)
  const repeated = retried.mesh.request('/')
  await retried.upstream.received(1)
  retried.clock.advance(100)
  retried.clock.advance(1)
  assert.equal((await repeated).text, 'second')
})

test('the time of an attempt counts from its start, while the body is sent and the response comes', async (context) => {
  const { mesh, upstream, clock } = await served(context, { attemptMs: 100 }, (request, response) => {
    request.on('end', () => response.write('begun'))
    request.resume()
  })
  const body = new PassThrough()
  body.write('some')
  const pending = mesh.response('/', { method: 'POST', body })
  await upstream.received(1)
  clock.advance(60)
  body.end()
  const response = await pending
  clock.advance(39)
  await turn()
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  clock.advance(1)
  await assert.rejects(response.body.text(), { code: 'ERR_INMESH_TIMEOUT' })
})
