import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { hungUp, TestUpstream } from './testing/test-upstream.js'

test('an endpoint that is removed ends its requests in flight, then its connections', async (context) => {
  const mesh = new ClientFixture(context)
  const held: ServerResponse[] = []
  const leaving = await TestUpstream.start(context, (_request, response) => void held.push(response))
  const staying = await TestUpstream.start(context)
  mesh.serve([leaving.port])
  const pending = Array.from({ length: 5 }, () => mesh.request())
  await leaving.received(5)
  mesh.serve([staying.port])
  assert.equal((await mesh.request()).text, String(staying.port))
  for (const response of held) response.end('finished')
  for (const answer of pending) assert.equal((await answer).text, 'finished')
  for (const request of leaving.requests) await hungUp(request)
  assert.equal(leaving.requests.length, 5)
  mesh.assertIdle()
})

test('an endpoint that leaves and comes back is connected to anew', async (context) => {
  const mesh = new ClientFixture(context)
  const [one, other] = [await TestUpstream.start(context), await TestUpstream.start(context)]
  mesh.serve([one.port])
  await mesh.request()
  mesh.serve([other.port])
  await mesh.request()
  mesh.serve([one.port])
  await mesh.request()
  assert.equal(new Set(one.requests.map(({ socket }) => socket.remotePort)).size, 2)
})

test('a call that may still be retried keeps a cluster that left the configuration', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, () => {})
  const clusters = [cluster('old', [endpoint(upstream.port)])]
  mesh.source.set('reviews:80', target('reviews:80', [route({ clusters: { old: 1 } })], clusters))
  const pending = assert.rejects(mesh.request(), { code: 'ERR_INMESH_CLOSED' })
  await upstream.received(1)
  const old = mesh.cluster('old')
  mesh.serve([upstream.port])
  assert.equal(old.held, true)
  await mesh.dispatcher.destroy()
  await pending
  assert.equal(old.held, false)
})

test('no request fails while endpoints, weights, routes and clusters change under load', async (context) => {
  const mesh = new ClientFixture(context)
  const upstreams = await Promise.all(Array.from({ length: 6 }, () => TestUpstream.start(context)))
  const ports = upstreams.map(({ port }) => port)
  const configure = (step: number): void => {
    const half = (shift: number) =>
      ports.filter((_, index) => (index + step + shift) % 3 !== 0).map((port) => endpoint(port))
    const names = [`v1-${step % 5}`, 'v2']
    const clusters = [cluster(names[0]!, half(0)), cluster(names[1]!, half(1))]
    const weights = { [names[0]!]: 1 + (step % 9), [names[1]!]: 10 }
    const routes = [route({ prefix: `/only-${step}`, clusters: { v2: 1 } }), route({ clusters: weights })]
    mesh.source.set('reviews:80', target('reviews:80', routes, clusters))
  }
  configure(0)
  let updating = true
  let answered = 0
  const failures: unknown[] = []
  const workers = Array.from({ length: 16 }, async () => {
    while (updating) {
      const { status, text } = await mesh.request('/', { method: 'POST', body: 'x' })
      if (status === 200) answered++
      else failures.push(`${status} ${text}`)
    }
  })
  for (let step = 1; step <= 200; step++) {
    configure(step)
    const before = answered
    while (answered < before + 5 && failures.length === 0) await new Promise(setImmediate)
  }
  updating = false
  await Promise.all(workers)
  assert.deepEqual(failures, [])
  assert.ok(answered >= 1000)
  mesh.assertIdle()
})
