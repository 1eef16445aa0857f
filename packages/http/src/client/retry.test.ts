import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { bodyOf, closedPort, hungUp, TestUpstream } from './testing/test-upstream.js'

const CONNECT_FAILURE = retryPolicy({ connectFailure: true })

function answer(status: number, body = ''): RequestListener {
  return (request, response) => {
    request.resume()
    response.writeHead(status)
    response.end(body)
  }
}

/** Reads the request whole, then cuts the connection. */
const cut: RequestListener = (request) => {
  request.on('end', () => request.socket.destroy()).resume()
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.end(await bodyOf(request))
}

test('a refused connection is tried again on another endpoint, whatever the method and body', async (context) => {
  const upstream = await TestUpstream.start(context, echo)
  for (const body of [null, 'text', Buffer.from('bytes'), Readable.from(['a', 'stream'])]) {
    const mesh = new ClientFixture(context)
    mesh.serve([await closedPort(), upstream.port], { retries: CONNECT_FAILURE })
    const first = await mesh.request('/', { method: 'POST', body })
    const second = await mesh.request()
    assert.deepEqual([first.status, second.status], [200, 200])
    assert.equal(first.text, body instanceof Readable ? 'astream' : String(body ?? ''))
    const [dead, live] = [...mesh.cluster('reviews').endpoints.values()]
    assert.equal(dead!.failed > 0, true)
    assert.equal(live!.failed, 0)
  }
})

test('when every attempt to connect fails the answer is 503 with the flag UF', async (context) => {
  const mesh = new ClientFixture(context, undefined, { localReply: 'throw' })
  mesh.serve([await closedPort(), await closedPort(), await closedPort(), await closedPort()], {
    retries: CONNECT_FAILURE,
  })
  await assert.rejects(mesh.request(), (error: Error & { cause: NodeJS.ErrnoException; code: string }) => {
    assert.equal(error.code, 'ERR_INMESH_CONNECT')
    assert.equal(error.cause.code, 'ECONNREFUSED')
    return true
  })
  const tried = [...mesh.cluster('reviews').endpoints.values()].filter(({ started }) => started === 1)
  assert.equal(tried.length, 3)
  const answering = new ClientFixture(context)
  answering.serve([await closedPort()])
  const { status, text } = await answering.request()
  assert.equal(status, 503)
  assert.equal(
    text,
    'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure',
  )
})

test('a status of the policy is tried again, and the connection of the discarded answer is used again', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await TestUpstream.start(context, answer(503, 'x'.repeat(1000)))
  const good = await TestUpstream.start(context)
  mesh.serve([bad.port, good.port], {
    retries: retryPolicy({ retriableStatusCodes: true }, { retriableStatusCodes: [503] }),
  })
  for (let index = 0; index < 6; index++) {
    assert.equal((await mesh.request('/', { method: 'POST', body: '{}' })).text, String(good.port))
  }
  assert.ok(bad.requests.length >= 3)
  assert.equal(new Set(bad.requests.map(({ socket }) => socket.remotePort)).size, 1)
})

test('a discarded answer that is large is cut', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await TestUpstream.start(context, answer(503, 'x'.repeat(10_000_000)))
  const good = await TestUpstream.start(context)
  mesh.serve([bad.port, good.port], { retries: retryPolicy({ gatewayError: true }) })
  for (let index = 0; index < 2; index++) assert.equal((await mesh.request()).text, String(good.port))
  await hungUp(bad.requests[0]!)
})

test('when the retries are used up the last answer goes to the caller', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await TestUpstream.start(context, answer(503, 'sorry'))
  mesh.serve([bad.port], { retries: retryPolicy({ gatewayError: true }, { retries: 2 }) })
  assert.deepEqual(await mesh.request(), { status: 503, text: 'sorry' })
  assert.equal(bad.requests.length, 3)
})

test('a stream that was read is never sent again, neither after an answer nor after a reset', async (context) => {
  const retries = retryPolicy({ serverError: true, reset: true })
  for (const listener of [answer(503), cut]) {
    const mesh = new ClientFixture(context)
    const bad = await TestUpstream.start(context, listener)
    mesh.serve([bad.port], { retries })
    for (const body of [
      Readable.from(['one', 'two']),
      (async function* () {
        yield 'one'
      })(),
    ]) {
      assert.equal((await mesh.request('/', { method: 'POST', body })).status, 503)
    }
    assert.equal(bad.requests.length, 2)
  }
})

test('a body of bytes is sent again after a reset where the policy says so', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await TestUpstream.start(context, cut)
  const good = await TestUpstream.start(context, echo)
  mesh.serve([bad.port, good.port], { retries: retryPolicy({ reset: true }) })
  for (const body of ['text', Buffer.from('bytes'), new Uint8Array([120]), new Blob(['blob'])]) {
    const { text } = await mesh.request('/', { method: 'POST', body })
    assert.equal(text, typeof body === 'string' ? body : body instanceof Blob ? 'blob' : Buffer.from(body).toString())
  }
  assert.ok(bad.requests.length >= 2)
})

test('a reset after the request was written is no connect failure: 503 with the flag UC', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await TestUpstream.start(context, cut)
  const good = await TestUpstream.start(context)
  mesh.serve([bad.port, good.port], { retries: CONNECT_FAILURE })
  const answers = [await mesh.request(), await mesh.request()].sort((left, right) => left.status - right.status)
  assert.deepEqual([answers[0]!.status, answers[1]!.status], [200, 503])
  assert.match(answers[1]!.text, /connection termination$/)
  assert.equal(bad.requests.length, 1)
})

test('a call that is declared idempotent is sent again after that reset', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await TestUpstream.start(context, cut)
  const good = await TestUpstream.start(context)
  mesh.serve([bad.port, good.port], { retries: CONNECT_FAILURE })
  for (let index = 0; index < 2; index++) {
    const { status } = await mesh.request('/', { method: 'POST', body: 'x', mesh: { idempotent: true } })
    assert.equal(status, 200)
  }
  assert.equal(bad.requests.length, 1)
})

test('the limit of retries in flight holds over all calls of a cluster', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await TestUpstream.start(context, answer(503))
  const thresholds = { maxRequests: 1024, maxRetries: 1 }
  mesh.serve([bad.port], { retries: retryPolicy({ gatewayError: true }, { retries: 1 }), thresholds })
  await Promise.all(Array.from({ length: 20 }, () => mesh.request()))
  assert.ok(bad.requests.length < 40, `${bad.requests.length} requests for 20 calls`)
  mesh.assertIdle()
})

test('more requests than the cluster allows are answered 503 with the flag UO', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { thresholds: { maxRequests: 2, maxRetries: 3 } })
  const answers = await Promise.all([mesh.request(), mesh.request(), mesh.request()])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 503],
  )
  assert.match(answers[2]!.text, /overflow$/)
  assert.equal((await mesh.request()).status, 200)
})

test('an attempt ends by its own limit and is tried again', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const silent = await TestUpstream.start(context, () => {})
  const good = await TestUpstream.start(context)
  mesh.serve([silent.port, good.port], { retries: retryPolicy({ gatewayError: true }, { perTryTimeoutMs: 100 }) })
  const answers: Promise<{ text: string }>[] = [mesh.request(), mesh.request()]
  await Promise.all([silent.received(1), Promise.any(answers)])
  clock.advance(100)
  // The back-off of nothing.
  clock.advance(0)
  for (const pending of answers) assert.equal((await pending).text, String(good.port))
  await hungUp(silent.requests[0]!)
})

test('an attempt that ends by its limit while it connects is sent elsewhere and leaves the connection usable', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const [slow, good] = [await TestUpstream.start(context, echo), await TestUpstream.start(context, echo)]
  mesh.serve([slow.port, good.port], { retries: retryPolicy({ connectFailure: true }, { perTryTimeoutMs: 100 }) })
  const held = await mesh.holdConnections('reviews', slow.port)
  const bodies = ['one', 'two']
  const answers = bodies.map((body) => mesh.request('/', { method: 'POST', body }))
  await Promise.any(answers)
  clock.advance(100)
  clock.advance(0)
  const texts = (await Promise.all(answers)).map(({ text }) => text)
  assert.deepEqual(texts.sort(), bodies)
  const connection = once(slow.server, 'connection')
  held.release()
  const [socket] = (await connection) as [Socket]
  // The request that was given up is never written.
  while (slow.requests.length < 3) await mesh.request()
  assert.deepEqual(new Set(slow.requests.map(({ method }) => method)), new Set(['GET']))
  assert.equal(socket.destroyed, false)
})

test('without a retry an attempt that ends by its limit is answered 504', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const silent = await TestUpstream.start(context, () => {})
  mesh.serve([silent.port], { retries: retryPolicy({}, { perTryTimeoutMs: 100 }) })
  const pending = mesh.request()
  await silent.received(1)
  clock.advance(100)
  assert.deepEqual(await pending, { status: 504, text: 'upstream request timeout' })
})

test('a gRPC status in the head of an answer is tried again where the policy names it', async (context) => {
  const mesh = new ClientFixture(context)
  const bad = await TestUpstream.start(context, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '14' })
    response.end()
  })
  const good = await TestUpstream.start(context)
  mesh.serve([bad.port, good.port], { retries: retryPolicy({ grpcStatuses: [14] }) })
  for (let index = 0; index < 2; index++) assert.equal((await mesh.request()).text, String(good.port))
  assert.equal(bad.requests.length, 1)
})

test('an idle connection that its server closes fails no request', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  // Too short for undici to hear of it in a `keep-alive` header.
  upstream.server.keepAliveTimeout = 5
  mesh.serve([upstream.port], { retries: CONNECT_FAILURE })
  for (let index = 0; index < 30; index++) {
    assert.equal((await mesh.request()).status, 200)
    if (index % 2 === 0) await hungUp(upstream.requests.at(-1)!)
  }
})
