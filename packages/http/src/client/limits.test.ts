import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { type FaultConfig, type HttpFilter, RequestContext, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { closedPort, hungUp, TestUpstream } from './testing/test-upstream.js'

const ALWAYS = { perMillion: 1_000_000 }
const ABORTED = { code: 'UND_ERR_ABORTED' }

function fault(config: Omit<FaultConfig, 'kind'>): readonly HttpFilter[] {
  return [{ name: 'fault', config: { kind: 'fault', ...config }, disabled: false }]
}

const DELAY = fault({ delay: { durationMs: 500, fraction: ALWAYS } })

test('the limit of a call ends a request that nobody answers with 504', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const silent = await TestUpstream.start(context, () => {})
  mesh.serve([silent.port])
  const pending = mesh.request('/', { mesh: { timeoutMs: 800 } })
  await silent.received(1)
  clock.advance(799)
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  clock.advance(1)
  assert.deepEqual(await pending, { status: 504, text: 'upstream request timeout' })
  await hungUp(silent.requests[0]!)
  assert.equal([...mesh.cluster('reviews').endpoints.values()][0]!.failed, 1)
})

test('the earliest limit counts: of the route, of the call, of the inbound request', async (context) => {
  const silent = await TestUpstream.start(context, () => {})
  const limits = [
    { route: 100, call: 200, inbound: 300 },
    { route: 300, call: 100, inbound: 200 },
    { route: 200, call: 300, inbound: 100 },
  ]
  for (const [index, { route, call, inbound }] of limits.entries()) {
    const clock = new SimulatedClock()
    const mesh = new ClientFixture(context, clock)
    mesh.serve([silent.port], { timeoutMs: route })
    const pending = mesh.contexts.run(new RequestContext(inbound), () =>
      mesh.request('/', { mesh: { timeoutMs: call } }),
    )
    await silent.received(index + 1)
    clock.advance(99)
    assert.equal(mesh.cluster('reviews').activeRequests, 1)
    clock.advance(1)
    assert.equal((await pending).status, 504)
  }
})

test("the route's limits begin when a streamed body was sent whole, the caller's at once", async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const silent = await TestUpstream.start(context, (request) => void request.resume())
  const limits = { timeoutMs: 100, retries: retryPolicy({}, { perTryTimeoutMs: 50 }) }
  mesh.serve([silent.port], limits)
  const { body, end } = openBody()
  const pending = mesh.request('/', { method: 'POST', body })
  await silent.received(1)
  clock.advance(1000)
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  end()
  await once(silent.requests[0]!, 'end')
  clock.advance(49)
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  clock.advance(1)
  assert.equal((await pending).status, 504)
  const own = mesh.request('/', { method: 'POST', body: openBody().body, mesh: { timeoutMs: 100 } })
  await silent.received(2)
  clock.advance(100)
  assert.equal((await own).status, 504)
})

test('a call whose limit has passed reaches no upstream', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  clock.advance(10)
  const pending = mesh.contexts.run(new RequestContext(10), () => mesh.request())
  clock.advance(0)
  assert.equal((await pending).status, 504)
  assert.equal(upstream.requests.length, 0)
})

test('a limit that passes while the body arrives ends the body with ERR_INMESH_TIMEOUT', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context, (_request, response) => void response.write('begun'))
  for (const parts of [{ timeoutMs: 100 }, { retries: retryPolicy({ reset: true }, { perTryTimeoutMs: 100 }) }]) {
    mesh.serve([upstream.port], parts)
    const { body } = await mesh.response()
    const text = assert.rejects(body.text(), { code: 'ERR_INMESH_TIMEOUT' })
    clock.advance(100)
    await text
    await hungUp(upstream.requests.at(-1)!)
    mesh.assertIdle()
  }
})

test('a limit that passes while a connection is made ends the request with 504', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { timeoutMs: 100 })
  const held = await mesh.holdConnections('reviews', upstream.port)
  const pending = mesh.request()
  clock.advance(100)
  assert.equal((await pending).status, 504)
  held.release()
})

test('a retry whose back-off would outlast the limit is not made', async (context) => {
  const mesh = new ClientFixture(context)
  const backOff = { baseMs: 1e9, maxMs: 1e9 }
  mesh.serve([await closedPort()], { timeoutMs: 60_000, retries: retryPolicy({ connectFailure: true }, { backOff }) })
  assert.equal((await mesh.request()).status, 503)
})

test('a fault delay holds a request back for its time', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { filters: DELAY })
  await mesh.configured()
  const pending = mesh.request('/', { method: 'POST', body: Readable.from(['late']) })
  clock.advance(499)
  assert.equal(mesh.cluster('reviews').activeRequests, 0)
  clock.advance(1)
  assert.equal((await pending).status, 200)
})

test('a limit that is shorter than a fault delay ends the request first', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  mesh.serve([await closedPort()], { filters: DELAY, timeoutMs: 200 })
  await mesh.configured()
  const pending = mesh.request()
  clock.advance(200)
  assert.equal((await pending).status, 504)
})

test('a request can be aborted while its target is pending', async (context) => {
  const mesh = new ClientFixture(context)
  const abort = new AbortController()
  const pending = mesh.request('/', { signal: abort.signal })
  abort.abort()
  await assert.rejects(pending, { name: 'AbortError' })
})

test('a request can be aborted during a fault delay', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { filters: DELAY })
  await mesh.configured()
  const abort = new AbortController()
  const pending = mesh.request('/', { signal: abort.signal })
  abort.abort(new Error('enough'))
  await assert.rejects(pending, { message: 'enough' })
  clock.advance(1000)
  assert.equal(upstream.requests.length, 0)
})

test('a request can be aborted while it connects, and its connection stays usable', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  const held = await mesh.holdConnections('reviews', upstream.port)
  const abort = new AbortController()
  const pending = mesh.request('/aborted', { signal: abort.signal })
  abort.abort()
  await assert.rejects(pending, { name: 'AbortError' })
  held.release()
  await mesh.request('/next')
  await mesh.request('/next')
  assert.deepEqual(new Set(upstream.requests.map(({ url }) => url)), new Set(['/next']))
})

test('a request can be aborted while it waits for its answer', async (context) => {
  const mesh = new ClientFixture(context)
  const silent = await TestUpstream.start(context, () => {})
  mesh.serve([silent.port], { retries: retryPolicy({ reset: true, serverError: true }) })
  const abort = new AbortController()
  const pending = mesh.request('/', { signal: abort.signal })
  await silent.received(1)
  abort.abort()
  await assert.rejects(pending, { name: 'AbortError' })
  await hungUp(silent.requests[0]!)
  assert.equal(silent.requests.length, 1)
})

test('a request can be aborted during a back-off', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const bad = await TestUpstream.start(context, (_request, response) => {
    response.statusCode = 503
    response.end()
  })
  const backOff = { baseMs: 1000, maxMs: 1000 }
  mesh.serve([bad.port], { retries: retryPolicy({ serverError: true }, { backOff }) })
  const abort = new AbortController()
  const pending = mesh.request('/', { signal: abort.signal })
  await bad.received(1)
  while (mesh.cluster('reviews').activeRetries === 0) await new Promise(setImmediate)
  abort.abort()
  await assert.rejects(pending, { name: 'AbortError' })
  clock.advance(5000)
  assert.equal(bad.requests.length, 1)
})

test('a response can be abandoned while its body arrives', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => void response.write('begun'))
  mesh.serve([upstream.port])
  const { body } = await mesh.response()
  body.on('error', () => {})
  body.destroy()
  await hungUp(upstream.requests[0]!)
  mesh.assertIdle()
})

test('aborting before dispatch, after the end, or twice does no harm', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  await assert.rejects(mesh.request('/', { signal: AbortSignal.abort() }), { name: 'AbortError' })
  const events: string[] = []
  let abort: ((reason?: Error) => void) | undefined
  await new Promise<void>((resolve) => {
    mesh.dispatcher.dispatch(
      { origin: 'http://reviews', path: '/', method: 'GET' },
      {
        onConnect: (given) => {
          abort = given
        },
        onHeaders: () => true,
        onData: () => true,
        onComplete: () => {
          events.push('complete')
          resolve()
        },
        onError: (error) => void events.push(`error ${error.message}`),
      },
    )
  })
  abort!()
  abort!()
  assert.deepEqual(events, ['complete'])
  mesh.assertIdle()
})

test('a handler that aborts in onConnect gets its error and no request is made', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  await mesh.configured()
  const errors: Error[] = []
  mesh.dispatcher.dispatch(
    { origin: 'http://reviews', path: '/', method: 'GET' },
    {
      onConnect: (abort) => abort(),
      onHeaders: () => true,
      onData: () => true,
      onComplete: () => {},
      onError: (error) => void errors.push(error),
    },
  )
  assert.equal(errors.length, 1)
  assert.throws(() => {
    throw errors[0]
  }, ABORTED)
  await mesh.request()
  assert.equal(upstream.requests.length, 1)
})

/** A body that has begun and ends when it is told to. */
function openBody(): { body: Readable; end: () => void } {
  const body = new Readable({ read() {} })
  body.push('begun')
  return { body, end: () => void body.push(null) }
}
