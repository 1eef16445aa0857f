import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { ClientFixture } from '../testing/client-fixture.js'
import { frame, rawHttp2Server } from '../testing/raw-http2-server.js'
import { HTTP2, TestHttp2Upstream } from '../testing/test-http2-upstream.js'

const KIB = 1024

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const END_HEADERS = 4

function upgrade(
  mesh: ClientFixture,
  protocol: string,
  headers: Record<string, string> = {},
): Promise<Dispatcher.UpgradeData> {
  // undici's type leaves the origin out, which a dispatcher for many of them needs.
  const options = { origin: 'http://reviews', path: '/chat', method: 'GET', protocol, headers }
  return mesh.dispatcher.upgrade(options as Dispatcher.UpgradeOptions)
}

/** Waits until a number does not change any more for some turns of the event loop. */
async function settled(read: () => number): Promise<number> {
  let last = read()
  for (let same = 0; same < 50; same++) {
    await turn()
    if (read() !== last) same = 0
    last = read()
  }
  return last
}

test('a response comes with its status, headers and trailers', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    stream.respond({ ':status': 201, 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }))
    stream.end('body')
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const response = await mesh.response()
  assert.equal(response.statusCode, 201)
  assert.equal(response.headers['x-one'], '1')
  assert.deepEqual(response.headers['set-cookie'], ['a=1', 'b=2'])
  assert.equal(response.headers[':status'], undefined)
  assert.equal(await response.body.text(), 'body')
  assert.deepEqual(response.trailers, { 'x-sum': '42' })
})

test('informational responses are told', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</a.css>' })
    stream.respond({ ':status': 200 })
    stream.end('done')
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const told: [number, unknown][] = []
  const onInfo: Dispatcher.RequestOptions['onInfo'] = ({ statusCode, headers }) => {
    told.push([statusCode, (headers as Record<string, string>).link])
  }
  assert.deepEqual(await mesh.request('/', { onInfo }), { status: 200, text: 'done' })
  assert.deepEqual(told, [[103, '</a.css>']])
})

test('responses without a body end with their head', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream, { ':path': path }) => {
    stream.respond({ ':status': Number(path!.slice(1)), 'content-length': '5' }, { endStream: true })
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  assert.deepEqual(await mesh.request('/200', { method: 'HEAD' }), { status: 200, text: '' })
  assert.deepEqual(await mesh.request('/304'), { status: 304, text: '' })
})

test('a response that is shorter than it says is broken', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    stream.respond({ ':status': 200, 'content-length': '10' })
    stream.end('short')
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const { body } = await mesh.response()
  await assert.rejects(body.text(), { code: 'ERR_INMESH_RESET' })
})

test('so is one that the server gives up in the middle without an error', async (context) => {
  const mesh = new ClientFixture(context)
  const port = await rawHttp2Server(context, (stream) =>
    Buffer.concat([
      // HPACK: `:status` 200 by its index, `content-length` by that of its name.
      frame(HEADERS, END_HEADERS, stream, Buffer.from([0x88, 0x0f, 0x0d, 2, 0x31, 0x30])),
      frame(DATA, 0, stream, Buffer.from('short')),
      frame(RST_STREAM, 0, stream, Buffer.alloc(4)),
    ]),
  )
  mesh.serve([port], { protocol: HTTP2 })
  const { body } = await mesh.response()
  await assert.rejects(body.text(), { code: 'ERR_INMESH_RESET' })
})

test('a response that is broken off after its head is an error, whatever the code', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('part')
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  for (const reason of [new Error('internal'), new DOMException('cancelled', 'AbortError')]) {
    const { statusCode, body } = await mesh.response()
    assert.equal(statusCode, 200)
    upstream.streams.at(-1)!.destroy(reason)
    await assert.rejects(body.text(), { code: 'ERR_INMESH_RESET' })
  }
})

test('a server is not read faster than the caller reads', async (context) => {
  const mesh = new ClientFixture(context)
  let sent = 0
  const total = 4096 * KIB
  const chunk = Buffer.alloc(16 * KIB, 'a')
  const upstream = await TestHttp2Upstream.start(context, (stream, { ':path': path }) => {
    stream.respond({ ':status': 200 })
    if (path === '/small') {
      stream.end('small')
      return
    }
    const write = (): void => {
      while (sent < total) {
        sent += chunk.length
        if (!stream.write(chunk)) {
          stream.once('drain', write)
          return
        }
      }
      stream.end()
    }
    write()
  })
  mesh.serve([upstream.port], { protocol: { kind: 'http2', http2: { streamWindowBytes: 128 * KIB } } })
  const { body } = await mesh.response()
  const before = await settled(() => sent)
  assert.ok(before < 1024 * KIB, `${before} bytes were sent before anything was read`)
  // Others are not held up by it.
  assert.equal((await mesh.request('/small')).text, 'small')
  assert.equal(upstream.sessions.length, 1)
  let received = 0
  for await (const piece of body) received += (piece as Buffer).length
  assert.equal(received, total)
})

test('a body is not read faster than the server reads', async (context) => {
  const mesh = new ClientFixture(context)
  const streams: ServerHttp2Stream[] = []
  const upstream = await TestHttp2Upstream.start(context, (stream) => void streams.push(stream))
  mesh.serve([upstream.port], { protocol: HTTP2 })
  let made = 0
  const total = 4096 * KIB
  async function* produce(): AsyncGenerator<Buffer> {
    for (; made < total; made += 16 * KIB) yield Buffer.alloc(16 * KIB)
  }
  const pending = mesh.request('/', { method: 'POST', body: produce() })
  await upstream.received(1)
  const before = await settled(() => made)
  assert.ok(before < 1024 * KIB, `${before} bytes were made before anything was read`)
  let received = 0
  for await (const piece of streams[0]!) received += (piece as Buffer).length
  streams[0]!.respond({ ':status': 200 })
  streams[0]!.end()
  assert.equal((await pending).status, 200)
  assert.equal(received, total)
})

test('a caller that gives up tells the server, and its place is free', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream, { ':path': path }) => {
    if (path === '/head') stream.respond({ ':status': 200 })
    if (path === '/free') stream.respond({ ':status': 200 }, { endStream: true })
  })
  mesh.serve([upstream.port], { protocol: { kind: 'http2', http2: { maxConcurrentStreams: 1 } } })
  await mesh.request('/free')
  const abort = new AbortController()
  const pending = mesh.request('/wait', { signal: abort.signal })
  await upstream.received(2)
  abort.abort()
  await assert.rejects(pending, { name: 'AbortError' })
  const { body } = await mesh.response('/head')
  body.on('error', () => {}).destroy()
  await mesh.request('/free')
  assert.equal(upstream.streams[1]!.rstCode, constants.NGHTTP2_CANCEL)
  assert.equal(upstream.streams[2]!.rstCode, constants.NGHTTP2_CANCEL)
})

test('a server that answers before it has read all ends the request', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    stream.respond({ ':status': 413 })
    stream.end('too large')
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  let returned = false
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield Buffer.alloc(64 * KIB)
    } finally {
      returned = true
    }
  }
  assert.deepEqual(await mesh.request('/', { method: 'POST', body: endless() }), { status: 413, text: 'too large' })
  while (!returned) await turn()
  const [endpoint] = mesh.cluster('reviews').endpoints.values()
  assert.equal(endpoint!.active, 0)
})

test('WebSocket is carried by extended CONNECT where the server takes it', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(
    context,
    (stream) => {
      stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' })
      stream.pipe(stream)
    },
    { settings: { enableConnectProtocol: true } },
  )
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const key = Buffer.alloc(16, 7).toString('base64')
  const { headers, socket } = await upgrade(mesh, 'websocket', {
    'sec-websocket-key': key,
    'sec-websocket-version': '13',
  })
  const [head] = upstream.heads
  assert.deepEqual(
    [head![':method'], head![':protocol'], head![':path'], head!['sec-websocket-key']],
    ['CONNECT', 'websocket', '/chat', undefined],
  )
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  assert.deepEqual([headers['sec-websocket-accept'], headers['sec-websocket-protocol']], [accept, 'chat'])
  socket.write('hello')
  const [echoed] = (await once(socket, 'data')) as [Buffer]
  assert.equal(String(echoed), 'hello')
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  socket.destroy()
  while (mesh.cluster('reviews').activeRequests > 0) await turn()
})

test('an upgrade that the server does not take is refused with a code', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2 })
  for (const protocol of ['websocket', 'other']) {
    await assert.rejects(upgrade(mesh, protocol), { code: 'ERR_INMESH_UPGRADE' })
  }
  assert.equal((await mesh.request()).status, 200)
})

test('a tunnel is opened by CONNECT', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const { socket } = await mesh.dispatcher.connect({ origin: 'http://reviews', path: 'db.example:5432' })
  assert.deepEqual([upstream.heads[0]![':authority'], upstream.heads[0]![':path']], ['db.example:5432', undefined])
  socket.end('through')
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  assert.equal(String(Buffer.concat(chunks)), 'through')
})
