import assert from 'node:assert/strict'
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { SimulatedClock } from '@inmesh/core'
import { ClientFixture } from '../testing/client-fixture.js'
import { retryPolicy } from '../testing/configs.js'
import { gone, HTTP2, sendAway, TestHttp2Upstream } from '../testing/test-http2-upstream.js'

const WRITE = { method: 'POST', body: 'x' }

/** An upstream that answers when it is told to. */
async function holding(context: TestContext): Promise<{ upstream: TestHttp2Upstream; answer: () => void }> {
  const held: ServerHttp2Stream[] = []
  const upstream = await TestHttp2Upstream.start(context, (stream) => void held.push(stream.resume()))
  const answer = (): void => {
    const stream = held.shift()!
    stream.respond({ ':status': 200 })
    stream.end('done')
  }
  return { upstream, answer }
}

test('requests in flight end on the connection that goes, and others take a new one', async (context) => {
  const mesh = new ClientFixture(context)
  const { upstream, answer } = await holding(context)
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const first = mesh.request('/1', WRITE)
  await upstream.received(1)
  sendAway(upstream.sessions[0]!)
  // It is there before anybody asks for it.
  await upstream.connected(2)
  const second = mesh.request('/2', WRITE)
  await upstream.received(2)
  assert.equal(upstream.streams[1]!.session, upstream.sessions[1])
  answer()
  assert.equal((await first).text, 'done')
  await gone(upstream.sessions[0]!)
  answer()
  assert.equal((await second).text, 'done')
  while (mesh.cluster('reviews').breakers.default.connections > 1) await turn()
})

test('requests that the server did not act on are sent again, whatever their method', async (context) => {
  for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_ENHANCE_YOUR_CALM]) {
    const mesh = new ClientFixture(context)
    const upstream = await TestHttp2Upstream.start(context, (stream) => {
      if (stream.id === 1 || upstream.sessions.length > 1) {
        stream.respond({ ':status': 200 })
        stream.end(String(stream.id))
      } else {
        upstream.sessions[0]!.goaway(code, 1)
      }
    })
    mesh.serve([upstream.port], { protocol: HTTP2 })
    assert.equal((await mesh.request('/', WRITE)).text, '1')
    assert.deepEqual(await mesh.request('/', WRITE), { status: 200, text: '1' })
    assert.equal(upstream.sessions.length, 2)
  }
})

test('a stream that was begun to be read is not sent again', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    if (stream.id === 1) stream.respond({ ':status': 200 }, { endStream: true })
    else stream.once('data', () => upstream.sessions[0]!.goaway(constants.NGHTTP2_NO_ERROR, 1))
  })
  mesh.serve([upstream.port], { protocol: HTTP2, retries: retryPolicy({ refusedStream: true }) })
  await mesh.request()
  const body = new Readable({ read() {} })
  body.push('x')
  const { status } = await mesh.request('/', { method: 'POST', body })
  assert.equal(status, 503)
  assert.equal(body.destroyed, true)
})

test('a server that sends every connection away is given time, and then given up', async (context) => {
  const clock = new SimulatedClock()
  const mesh = new ClientFixture(context, clock)
  const upstream = await TestHttp2Upstream.start(context, () => {})
  upstream.server.on('session', (session: ServerHttp2Session) => {
    // Before it has read anything.
    session.goaway(constants.NGHTTP2_NO_ERROR)
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const beganMs = clock.now()
  let answer: number | undefined
  const pending = mesh.request('/', WRITE).then(({ status }) => {
    answer = status
  })
  while (answer === undefined) {
    await turn()
    clock.advance(1)
  }
  await pending
  assert.equal(answer, 503)
  assert.equal(upstream.sessions.length, 61)
  assert.ok(clock.now() - beganMs > 2500)
})

test('a connection that closes without a word costs what may not be carried out twice, and nothing else', async (context) => {
  const mesh = new ClientFixture(context)
  const sockets: Socket[] = []
  let closing = false
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    if (closing) sockets.at(-1)!.destroy()
    else stream.respond({ ':status': 200 }, { endStream: true })
    closing = false
  })
  upstream.server.on('connection', (socket: Socket) => void sockets.push(socket))
  mesh.serve([upstream.port], { protocol: HTTP2 })
  await mesh.request()
  closing = true
  assert.equal((await mesh.request()).status, 200)
  assert.equal(upstream.streams.length, 3)
  closing = true
  const { status, text } = await mesh.request('/', WRITE)
  assert.equal(status, 503)
  assert.match(text, /connection termination$/)
  assert.equal(upstream.streams.length, 4)
})

test('a storm of GOAWAYs under load loses no request', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    stream.resume().on('end', () => {
      // Some are answered at once, some while the connection is going.
      const answer = (): void => {
        if (stream.destroyed) return
        stream.respond({ ':status': 200 })
        stream.end('done')
      }
      if (stream.id! % 3 === 0) setTimeout(answer, 2)
      else answer()
    })
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  let storming = true
  const failures: string[] = []
  let answered = 0
  const workers = Array.from({ length: 32 }, async (_, worker) => {
    while (storming) {
      const { status, text } = await mesh.request(`/${worker}`, worker % 2 === 0 ? WRITE : {})
      if (status === 200 && text === 'done') answered++
      else failures.push(`${status} ${text}`)
    }
  })
  for (let gust = 0; gust < 100; gust++) {
    // Every few milliseconds, and by and by a connection that was not used yet.
    const before = answered
    while (answered < before + 4 && gust % 5 > 0) await pause(1)
    for (const session of upstream.open) if (!session.closed) sendAway(session)
  }
  storming = false
  await Promise.all(workers)
  assert.deepEqual([failures.length, failures[0]], [0, undefined])
  assert.ok(upstream.sessions.length > 20, `${upstream.sessions.length} connections`)
  assert.ok(answered > 300, `${answered} answers`)
  while (mesh.cluster('reviews').breakers.default.connections > 1) await turn()
})
