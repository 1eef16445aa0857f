import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SimulatedClock } from '@inmesh/core'
import { FormData, Request } from 'undici'
import { createFetch } from './mesh-fetch.js'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { bodyOf, closedPort, TestUpstream } from './testing/test-upstream.js'

async function echoing(context: TestContext) {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, async (request, response) => {
    if (request.url === '/moved') {
      response.writeHead(307, { location: '/here' }).end()
      return
    }
    response.setHeader('x-type', request.headers['content-type'] ?? '')
    response.end(await bodyOf(request))
  })
  mesh.serve([upstream.port])
  return { mesh, upstream, fetch: createFetch(mesh.dispatcher) }
}

test('bodies of every kind arrive', async (context) => {
  const { fetch } = await echoing(context)
  const form = new FormData()
  form.set('name', 'value')
  const bodies = ['text', new Uint8Array([120, 121]), new URLSearchParams({ a: '1' }), new Blob(['blob']), form]
  const texts: string[] = []
  for (const body of bodies) {
    const response = await fetch('http://reviews/', { method: 'POST', body })
    texts.push(await response.text())
  }
  assert.deepEqual(texts.slice(0, 4), ['text', 'xy', 'a=1', 'blob'])
  assert.match(texts[4]!, /name="name"\r\n\r\nvalue/)
  assert.equal(await (await fetch('http://reviews/')).text(), '')
  const request = new Request('http://reviews/', { method: 'POST', body: 'from a request' })
  assert.equal(await (await fetch(request)).text(), 'from a request')
})

test('a text body keeps its type and follows a redirect', async (context) => {
  const { fetch } = await echoing(context)
  const response = await fetch('http://reviews/moved', { method: 'POST', body: 'täxt' })
  assert.equal(await response.text(), 'täxt')
  assert.equal(response.headers.get('x-type'), 'text/plain;charset=UTF-8')
  assert.equal(response.redirected, true)
})

test('options of the call reach the dispatcher', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const silent = await TestUpstream.start(context, () => {})
  mesh.serve([silent.port])
  const pending = createFetch(mesh.dispatcher)('http://reviews/', { mesh: { timeoutMs: 100 } })
  await silent.received(1)
  clock.advance(100)
  const response = await pending
  assert.equal(response.status, 504)
  assert.equal(await response.text(), 'upstream request timeout')
})

test('an answer that the mesh throws is the cause of a TypeError', async (context) => {
  const mesh = new ClientFixture(context, undefined, { localReply: 'throw' })
  mesh.serve([await closedPort()])
  await assert.rejects(
    createFetch(mesh.dispatcher)('http://reviews/'),
    (error: Error & { cause: { code: string } }) => {
      assert.equal(error.name, 'TypeError')
      assert.equal(error.cause.code, 'ERR_INMESH_CONNECT')
      return true
    },
  )
})

test('a text body is sent again after its bytes were written, another body is not', async (context) => {
  const mesh = new ClientFixture(context)
  let cuts = 0
  const upstream = await TestUpstream.start(context, async (request, response) => {
    const body = await bodyOf(request)
    if (cuts-- > 0) request.socket.destroy()
    else response.end(body)
  })
  mesh.serve([upstream.port], { retries: retryPolicy({ reset: true }) })
  const fetch = createFetch(mesh.dispatcher)
  cuts = 1
  assert.equal(await (await fetch('http://reviews/', { method: 'POST', body: 'text' })).text(), 'text')
  cuts = 1
  assert.equal((await fetch('http://reviews/', { method: 'POST', body: new Uint8Array([120]) })).status, 503)
})

test('a fetch can be aborted before its target is known', async (context) => {
  const mesh = new ClientFixture(context)
  const abort = new AbortController()
  const pending = createFetch(mesh.dispatcher)('http://reviews/', { signal: abort.signal })
  await new Promise(setImmediate)
  abort.abort()
  await assert.rejects(pending, { name: 'AbortError' })
})
