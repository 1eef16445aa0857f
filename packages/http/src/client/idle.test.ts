import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

test('a request that nobody answers is answered 504 when it was idle for too long, and is not retried', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context, () => {})
  mesh.serve([upstream.port], { idleTimeoutMs: 500, retries: retryPolicy({ reset: true }) })
  const pending = mesh.request()
  await upstream.received(1)
  clock.advance(499)
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  clock.advance(1)
  assert.deepEqual(await pending, { status: 504, text: 'stream timeout' })
  assert.equal(upstream.requests.length, 1)
})

test('a request whose own body stops is answered 408', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestUpstream.start(context, (request) => void request.resume())
  mesh.serve([upstream.port], { idleTimeoutMs: 500 })
  const body = new PassThrough()
  const pending = mesh.request('/', { method: 'POST', body })
  body.write('a')
  await upstream.received(1)
  clock.advance(500)
  assert.equal((await pending).status, 408)
})

test('a response may take any time while something arrives, and is cut when nothing does', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const responses: ServerResponse[] = []
  const upstream = await TestUpstream.start(context, (_, response) => {
    responses.push(response)
    response.write('0')
  })
  mesh.serve([upstream.port], { idleTimeoutMs: 500 })
  const { body } = await mesh.response()
  const received: string[] = []
  body.on('data', (chunk: Buffer) => received.push(String(chunk)))
  const failed = once(body, 'error')
  for (let index = 1; index <= 5; index++) {
    while (received.length < index) await turn()
    clock.advance(400)
    responses[0]!.write(String(index))
  }
  while (received.length < 6) await turn()
  clock.advance(499)
  assert.equal(body.destroyed, false)
  clock.advance(1)
  const [error] = (await failed) as [{ code: string }]
  assert.equal(error.code, 'ERR_INMESH_TIMEOUT')
})

test('an attempt that is idle for too long is tried again elsewhere', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const silent = await TestUpstream.start(context, () => {})
  const upstream = await TestUpstream.start(context)
  mesh.serve([silent.port, upstream.port], {
    idleTimeoutMs: 500,
    retries: retryPolicy({ reset: true }, { perTryIdleTimeoutMs: 200 }),
  })
  const answers = [mesh.request(), mesh.request()]
  await silent.received(1)
  await Promise.race(answers)
  clock.advance(200)
  while (upstream.requests.length < 2) {
    clock.advance(0)
    await turn()
  }
  for (const { text } of await Promise.all(answers)) assert.equal(text, String(upstream.port))
})

test('without a word of the configuration the limit is five minutes, and 0 turns it off', async (context) => {
  for (const [idleTimeoutMs, cut] of [
    [undefined, true],
    [0, false],
  ] as const) {
    const clock = new SimulatedClock()
    const mesh = new ClientFixture(context, clock)
    const upstream = await TestUpstream.start(context, (_, response) => void response.write('a'))
    mesh.serve([upstream.port], idleTimeoutMs === undefined ? {} : { idleTimeoutMs })
    const { body } = await mesh.response()
    body.on('error', () => {}).resume()
    clock.advance(299_999)
    assert.equal(body.destroyed, false)
    clock.advance(300_001)
    await turn()
    assert.equal(body.destroyed, cut)
    body.destroy()
  }
})
