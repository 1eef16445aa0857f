import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectSocket, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { deferred, keptConnection, type ServerFixture, send, serve, start } from './testing/inbound-fixture.js'

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
/** An empty SETTINGS frame, which must follow the preface. */
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])

function session(context: TestContext, port: number): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`)
  client.on('error', () => {})
  context.after(() => client.destroy())
  return client
}

/** Sends a request on a session and reads its response. */
async function ask(
  client: ClientHttp2Session,
  path = '/',
  headers: IncomingHttpHeaders = {},
): Promise<{ status: number; body: string }> {
  const stream = client.request({ ':path': path, ...headers })
  let body = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk
  })
  let status = 0
  stream.on('response', (head) => {
    status = head[':status'] ?? 0
  })
  await once(stream, 'close')
  if (status === 0) throw new Error('closed without a response')
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`reset with ${stream.rstCode}`)
  return { status, body }
}

/** Connections of HTTP/2 may idle for ever, so that the clock shows what else is waited for. */
async function speaksBoth(context: TestContext, handler: Parameters<typeof serve>[1]): Promise<ServerFixture> {
  const fixture = await serve(context, handler, { http2: true })
  fixture.server.http2SessionTimeout = 0
  return fixture
}

/** A connection that takes bytes as the test sends them. */
async function raw(context: TestContext, port: number): Promise<Socket> {
  const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true })
  context.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Resolves when a connection has ended, by a reset too. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once('close', () => resolve()))
}

const version: Parameters<typeof serve>[1] = () => (request, response) => {
  response.end(`${request.httpVersion} ${request.method} ${request.url}`)
}

describe('a server that takes HTTP/1.1 and HTTP/2 on one port', () => {
  test('answers each in its own protocol, on connections that are kept', async (context) => {
    const { server, port } = await speaksBoth(context, version)
    const agent = keptConnection()
    const client = session(context, port)
    for (const path of ['/one', '/two']) {
      assert.equal((await send(port, { agent, path })).body, `1.1 GET ${path}`)
      assert.equal((await ask(client, path)).body, `2.0 GET ${path}`)
    }
    assert.equal((await send(port, { method: 'POST' }, 'x'.repeat(100_000))).body, '1.1 POST /')
    agent.destroy()
    await server.drain()
  })

  test('tells them apart when the first bytes come one by one', async (context) => {
    const { port } = await speaksBoth(context, version)
    const http2 = await raw(context, port)
    const answered = once(http2, 'data')
    for (const byte of PREFACE) {
      http2.write(byte)
      await turn()
    }
    http2.write(SETTINGS)
    const [bytes] = (await answered) as [Buffer]
    assert.equal(bytes[3], 4, 'a SETTINGS frame comes first')

    // A method of HTTP/1.1 that begins like the preface.
    const http1 = await raw(context, port)
    const reply = once(http1, 'data')
    for (const byte of 'PROPFIND /p HTTP/1.1\r\nhost: a\r\n\r\n') {
      http1.write(byte)
      await turn()
    }
    assert.match(String(await reply), /^HTTP\/1\.1 200 OK.*1\.1 PROPFIND \/p/s)
  })

  test('takes requests that come at once with the first bytes', async (context) => {
    const { port } = await speaksBoth(context, version)
    const socket = await raw(context, port)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.write('GET /a HTTP/1.1\r\nhost: a\r\n\r\nGET /b HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    await once(socket, 'close')
    assert.match(text, /1\.1 GET \/a.*1\.1 GET \/b/s)
  })

  test('gives a silent connection as long as a request has, and no longer', async (context) => {
    const { server, port, clock } = await speaksBoth(context, version)
    const sockets = [await raw(context, port), await raw(context, port)]
    const closed = sockets.map(gone)
    sockets[1]!.write('PR')
    const connections = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))
    while ((await connections()) < 2) await turn()
    clock.advance(server.headersTimeout - 1)
    assert.equal(await connections(), 2)
    clock.advance(1)
    await Promise.all(closed)
    assert.equal(clock.nextDue, undefined)
  })

  for (const [what, bytes] of [
    ['no protocol at all', '\x00\x01\x02\xff'],
    ['TLS', '\x16\x03\x01\x02\x00'],
    ['HTTP/2 that breaks off after its preface', `${PREFACE}garbage that is no frame of any kind`],
    ['the beginning of a preface', 'PRI * HT'],
  ] as const) {
    test(`closes a connection that speaks ${what} and goes on`, async (context) => {
      const { port, clock } = await speaksBoth(context, version)
      const socket = await raw(context, port)
      const closed = gone(socket)
      socket.end(Buffer.from(bytes, 'latin1'))
      await closed
      assert.equal((await ask(session(context, port))).status, 200)
      assert.equal(clock.nextDue, undefined)
    })
  }

  test('a connection that is reset before it said anything costs nothing', async (context) => {
    const { server, port, clock } = await speaksBoth(context, version)
    const watching = clock.nextDue
    const socket = await raw(context, port)
    while (clock.nextDue === watching) await turn()
    socket.resetAndDestroy()
    while (clock.nextDue !== undefined) await turn()
    assert.equal((await send(port)).status, 200)
    await server.drain()
  })
})

describe('a request of HTTP/2', () => {
  test('has a deadline, a trace and a context of its own beside others on its connection', async (context) => {
    const both = deferred()
    let arrived = 0
    const { server, port } = await speaksBoth(context, ({ contexts }) => async (request, response) => {
      if (++arrived === 2) both.resolve()
      await both.promise
      await turn()
      assert.equal(contexts.current(), request.mesh.context)
      response.end(`${request.mesh.timeLeftMs} ${request.mesh.tracestate} ${request.mesh.context.clientAddress}`)
    })
    const client = session(context, port)
    const answers = await Promise.all(
      ['100', '200'].map((ms) =>
        ask(client, '/', {
          'x-envoy-expected-rq-timeout-ms': ms,
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          tracestate: `a=${ms}`,
        }),
      ),
    )
    assert.deepEqual(
      answers.map(({ body }) => body),
      ['100 a=100 127.0.0.1', '200 a=200 127.0.0.1'],
    )
    await server.drain()
  })

  test('of a stranger loses what only a peer may say', async (context) => {
    const { server, port } = await serve(
      context,
      () => (request, response) => {
        response.end(`${request.mesh.timeLeftMs} ${JSON.stringify(Object.keys(request.headers).sort())}`)
      },
      { http2: true, trusted: [] },
    )
    const headers = { 'x-envoy-expected-rq-timeout-ms': '5', baggage: 'a=b', 'x-own': 'kept' }
    const { body } = await ask(session(context, port), '/', headers)
    assert.equal(body, 'undefined [":authority",":method",":path",":scheme","x-own"]')
    await server.drain()
  })

  test('that is given up by its caller aborts its signal and is counted no longer', async (context) => {
    const arrived = deferred<AbortSignal>()
    const { server, port } = await speaksBoth(context, () => (request) => arrived.resolve(request.mesh.signal))
    const stream = session(context, port).request({ ':path': '/' })
    stream.on('error', () => {})
    const signal = await arrived.promise
    assert.equal(server.inFlight, 1)
    const aborted = once(signal, 'abort')
    stream.close(constants.NGHTTP2_CANCEL)
    await aborted
    while (server.inFlight > 0) await turn()
    await server.drain()
  })

  test('that expects to be told to continue is told and taken in once', async (context) => {
    const { server, port } = await speaksBoth(context, () => (request, response) => {
      assert.equal(server.inFlight, 1)
      request.resume().on('end', () => response.end('done'))
    })
    const stream = session(context, port).request({ ':path': '/', ':method': 'POST', expect: '100-continue' })
    await once(stream, 'continue')
    stream.end('body')
    let body = ''
    for await (const chunk of stream.setEncoding('utf8')) body += chunk
    assert.equal(body, 'done')
    await server.drain()
  })
})

describe('a connection of HTTP/2 that idles', () => {
  test('gets GOAWAY when its time is over, and has it again from each byte on', async (context) => {
    const { server, port, clock } = await speaksBoth(context, version)
    server.http2SessionTimeout = 1000
    const client = session(context, port)
    let told = false
    const goaway = once(client, 'goaway').then(() => {
      told = true
    })
    assert.equal((await ask(client)).status, 200)
    clock.advance(900)
    assert.equal((await ask(client)).status, 200)
    clock.advance(999)
    assert.equal((await ask(client)).status, 200)
    assert.equal(told, false)
    const closed = once(client, 'close')
    clock.advance(1250)
    await Promise.all([goaway, closed])
    assert.equal(clock.nextDue, undefined, 'nothing is left that would keep the session')
  })
})

describe('the drain of connections of HTTP/2', () => {
  test('takes requests until the delay is over, then says that it goes and lets streams end', async (context) => {
    const arrived = deferred()
    const release = deferred()
    const { server, port, clock } = await speaksBoth(context, () => async (request, response) => {
      if (request.url === '/slow') {
        arrived.resolve()
        await release.promise
      }
      response.end('complete')
    })
    const client = session(context, port)
    const goaway = once(client, 'goaway')
    const drained = server.drain({ delayMs: 100 })
    const slow = ask(client, '/slow')
    await arrived.promise
    assert.equal((await ask(client)).body, 'complete')
    assert.equal((await ask(session(context, port))).body, 'complete', 'a new connection carries a request yet')
    clock.advance(100)
    assert.deepEqual((await goaway).slice(0, 2), [constants.NGHTTP2_NO_ERROR, 3])
    await assert.rejects(send(port), { code: 'ECONNREFUSED' })
    release.resolve()
    assert.equal((await slow).body, 'complete')
    await drained
    assert.equal(clock.nextDue, undefined)
  })

  test('ends idle connections and those that said nothing at once', async (context) => {
    const { server, port } = await speaksBoth(context, version)
    const client = session(context, port)
    await ask(client)
    const silent = await raw(context, port)
    silent.write('PR')
    const ended = Promise.all([once(client, 'close'), gone(silent)])
    await server.drain()
    await ended
  })

  test('cuts streams that are open at the deadline', async (context) => {
    const arrived = deferred()
    const { server, port, clock } = await speaksBoth(context, () => () => arrived.resolve())
    const asked = ask(session(context, port))
    const failed = assert.rejects(asked)
    await arrived.promise
    const drained = server.drain({ timeoutMs: 1000 })
    clock.advance(1000)
    await Promise.all([drained, failed])
    assert.equal(server.inFlight, 0)
  })

  test('close() and closeAllConnections() reach them, as those of HTTP/1.1', async (context) => {
    const arrived = deferred()
    const { server, port } = await speaksBoth(context, () => () => arrived.resolve())
    const failed = assert.rejects(ask(session(context, port)))
    await arrived.promise
    const { call, reply } = start(port)
    const cut = assert.rejects(reply)
    await once(call, 'finish')
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await Promise.all([failed, cut, closed])
  })
})
