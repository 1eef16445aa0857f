import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { FormData as UndiciFormData } from 'undici'
import { ClientFixture } from '../testing/client-fixture.js'
import { HTTP2, TestHttp2Upstream } from '../testing/test-http2-upstream.js'
import { TestUpstream } from '../testing/test-upstream.js'

/** Without what Node notes of them for itself. */
function plain(headers: IncomingHttpHeaders): object {
  return Object.fromEntries(Object.entries(headers))
}

async function echo(stream: ServerHttp2Stream): Promise<void> {
  const body = await text(stream)
  stream.respond({ ':status': 200 })
  stream.end(body)
}

test('a request goes out in HTTP/2 where its cluster says so', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2 })
  assert.deepEqual(await mesh.request('/a?b=c'), { status: 200, text: String(upstream.port) })
  assert.deepEqual(plain(upstream.heads[0]!), {
    ':method': 'GET',
    ':path': '/a?b=c',
    ':scheme': 'http',
    ':authority': 'reviews',
  })
})

test('requests at the same time share one connection', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const answers = await Promise.all(Array.from({ length: 20 }, () => mesh.request('/', { method: 'POST', body: 'x' })))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.equal(upstream.sessions.length, 1)
})

test('an application that speaks gRPC is carried in HTTP/2 and any other in HTTP/1.1 where it chooses', async (context) => {
  const protocol = { kind: 'as-downstream', http2: {} } as const
  const one = await TestUpstream.start(context)
  const plain = new ClientFixture(context)
  plain.serve([one.port], { protocol })
  assert.equal((await plain.request()).text, String(one.port))
  const two = await TestHttp2Upstream.start(context)
  const grpc = new ClientFixture(context)
  grpc.serve([two.port], { protocol })
  const headers = { 'content-type': 'application/grpc+proto', te: 'trailers' }
  assert.equal((await grpc.request('/', { method: 'POST', headers, body: '' })).text, String(two.port))
  assert.equal(two.heads[0]!.te, 'trailers')
})

test('without TLS there is nothing to negotiate, and HTTP/1.1 is spoken', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port], { protocol: { kind: 'negotiated', http2: {} } })
  assert.equal((await mesh.request()).status, 200)
})

test('a cluster may change its protocol; connections of the other are closed', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2 })
  await mesh.request()
  mesh.serve([upstream.port])
  while (upstream.open.length > 0) await mesh.request()
})

const BODIES: Readonly<Record<string, () => unknown>> = {
  string: () => 'söme text',
  Buffer: () => Buffer.from('söme text'),
  Uint8Array: () => new Uint8Array(Buffer.from('söme text')),
  ArrayBuffer: () => Uint8Array.from(Buffer.from('söme text')).buffer,
  Blob: () => new Blob(['söme', ' text']),
  stream: () => Readable.from([Buffer.from('söme'), Buffer.from(' text')]),
  generator: async function* () {
    yield 'söme'
    await new Promise(setImmediate)
    yield ' text'
  },
  iterable: () => ['söme', Buffer.from(' text')],
  'web stream': () => new Blob(['söme text']).stream(),
}

test('a body is sent in whichever form it is given', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => void echo(stream))
  mesh.serve([upstream.port], { protocol: HTTP2 })
  for (const [form, make] of Object.entries(BODIES)) {
    assert.equal((await mesh.request('/', { method: 'POST', body: make() })).text, 'söme text', form)
    const length = ['string', 'Buffer', 'Uint8Array', 'ArrayBuffer', 'Blob'].includes(form) ? '10' : undefined
    assert.equal(upstream.heads.at(-1)!['content-length'], length, form)
  }
  await mesh.request('/', { method: 'POST' })
  assert.equal(upstream.heads.at(-1)!['content-length'], '0')
})

test('a form is sent with its content type, of whichever class it is', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => void echo(stream))
  mesh.serve([upstream.port], { protocol: HTTP2 })
  for (const form of [new FormData(), new UndiciFormData()]) {
    form.set('name', 'value')
    const { text: sent } = await mesh.request('/', { method: 'POST', body: form })
    assert.match(sent, /name="name"\r\n\r\nvalue\r\n/)
    assert.match(upstream.heads.at(-1)!['content-type']!, /^multipart\/form-data; ?boundary=/)
  }
})

test('a body that breaks is the failure of its caller, and ends its stream', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, () => {})
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const body = new Readable({ read() {} })
  const pending = mesh.request('/', { method: 'POST', body })
  await upstream.received(1)
  body.destroy(new Error('torn'))
  await assert.rejects(pending, /torn/)
  const [stream] = upstream.streams
  while (!stream!.closed) await new Promise(setImmediate)
  await assert.rejects(
    mesh.request('/', {
      method: 'POST',
      // biome-ignore lint/correctness/useYield: it fails before it yields
      body: (async function* () {
        throw new Error('empty')
      })(),
    }),
    /empty/,
  )
})

test('a body that is not as long as was announced is refused', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context, (stream) => void stream.resume())
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const code = 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
  const headers = { 'content-length': '3' }
  for (const body of ['four', Readable.from([Buffer.from('four')]), Readable.from([Buffer.from('2')])]) {
    await assert.rejects(mesh.request('/', { method: 'POST', headers, body }), { code })
  }
})

test('headers become those of HTTP/2, and what speaks of the connection is left out', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2 })
  const headers = [
    ...[
      'Host',
      'Other.example:81',
      'X-Mixed',
      'Case',
      'TE',
      'gzip, trailers',
      'connection',
      'close, x-hop',
      'x-hop',
      '1',
    ],
    ...['proxy-connection', 'keep-alive', 'cookie', 'a=1', 'cookie', 'b=2', 'x-two', '1', 'x-two', '2', 'x-none', ''],
  ]
  await mesh.request('/', { headers })
  assert.deepEqual(plain(upstream.heads[0]!), {
    ':method': 'GET',
    ':path': '/',
    ':scheme': 'http',
    ':authority': 'Other.example:81',
    'x-mixed': 'Case',
    te: 'trailers',
    cookie: 'a=1; b=2',
    'x-two': '1, 2',
    'x-none': '',
  })
})

test('headers that undici refuses in HTTP/1.1 are refused in the same way', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestHttp2Upstream.start(context)
  mesh.serve([upstream.port], { protocol: HTTP2 })
  for (const headers of [
    { 'transfer-encoding': 'chunked' },
    { upgrade: 'h3' },
    { 'bad name': 'x' },
    { 'x-a': 'b\r\nc: d' },
    { 'content-length': 'x' },
    { 'x-a': { object: true } },
    { authorization: ['one', 'two'] },
  ]) {
    await assert.rejects(mesh.request('/', { headers }), { code: 'UND_ERR_INVALID_ARG' }, JSON.stringify(headers))
  }
  await assert.rejects(mesh.request('/', { headers: { expect: 'x' } }), { code: 'UND_ERR_NOT_SUPPORTED' })
  await assert.rejects(mesh.request('/ b'), { code: 'UND_ERR_INVALID_ARG' })
  assert.equal((await mesh.request()).status, 200)
  assert.equal(upstream.sessions.length, 1)
})
