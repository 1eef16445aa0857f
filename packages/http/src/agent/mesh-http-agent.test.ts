import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage, type RequestListener, Server, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { MeshError, RequestContext, Trace } from '@inmesh/core'
import { retryPolicy } from '../client/testing/configs.js'
import { bodyOf, closedPort, TestUpstream } from '../client/testing/test-upstream.js'
import { AgentFixture, answered, freed } from './testing/agent-fixture.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.end(await bodyOf(request))
}

function failing(times: number, then: RequestListener): RequestListener {
  let failed = 0
  return (request, response) => {
    if (failed++ >= times) return then(request, response)
    request.resume().on('end', () => response.writeHead(503).end('not yet'))
  }
}

test('a request goes to an endpoint of its cluster, with its own headers and none besides', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  const headers = { 'X-One': ['1', '2'], Connection: 'keep-alive, X-Hop', 'X-Hop': 'here only' }
  const { status, text } = await mesh.send({ path: '/a?b=c', headers })
  assert.deepEqual([status, text], [200, String(upstream.port)])
  const { url, method, rawHeaders } = upstream.requests[0]!
  assert.deepEqual([method, url], ['GET', '/a?b=c'])
  assert.deepEqual(rawHeaders, ['host', 'reviews', 'connection', 'keep-alive', 'X-One', '1', 'X-One', '2'])
})

test('a host header of its own goes along', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  await mesh.send({ headers: { host: 'elsewhere:81' } })
  assert.equal(upstream.requests[0]!.headers.host, 'elsewhere:81')
})

test('a response comes with its headers as they were, and none of the mesh', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => {
    response.sendDate = false
    response.writeHead(201, 'Made', ['Set-Cookie', 'a', 'x-CASE', 'b', 'Set-Cookie', 'c', 'Content-Length', '2'])
    response.end('ok')
  })
  mesh.serve([upstream.port])
  const { response, text } = await mesh.send()
  assert.deepEqual([response.statusCode, response.statusMessage, text], [201, 'Made', 'ok'])
  assert.deepEqual(response.rawHeaders, ['Set-Cookie', 'a', 'x-CASE', 'b', 'Set-Cookie', 'c', 'Content-Length', '2'])
})

for (const [method, status] of [
  ['HEAD', 200],
  ['GET', 204],
  ['GET', 304],
] as const) {
  test(`a response ${status} to ${method} has no body, whatever its head says, and its connection serves on`, async (context) => {
    const mesh = new AgentFixture(context)
    const upstream = await TestUpstream.start(context, ({ socket }) => {
      socket.write(`HTTP/1.1 ${status} Ok\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\nX-A: 1\r\n\r\n`)
    })
    mesh.serve([upstream.port])
    for (let index = 0; index < 2; index++) {
      const { text, request, response } = await mesh.send({ method })
      assert.deepEqual([response.statusCode, text, response.headers['x-a']], [status, '', '1'])
      assert.equal(request.reusedSocket, index > 0)
      await freed(mesh.agent)
    }
  })
}

test('a body goes up by length or in chunks, and is sent again where all of it was there', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, echo)
  mesh.serve([await closedPort(), upstream.port], { retries: retryPolicy({ connectFailure: true }) })
  for (const transfer of ['content-length', 'transfer-encoding']) {
    const sent = mesh.open({ method: 'POST' })
    if (transfer === 'transfer-encoding') sent.write('a body ')
    else sent.setHeader('content-length', 14)
    sent.end(transfer === 'transfer-encoding' ? 'written' : 'a body written')
    assert.equal((await answered(sent)).text, 'a body written')
  }
  const big = Buffer.alloc(300_000, 'b')
  assert.equal((await mesh.send({ method: 'PUT' }, big)).text, big.toString())
})

test('a request with a body that was received and refused is tried again', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, failing(1, echo))
  mesh.serve([upstream.port], { retries: retryPolicy({ serverError: true }) })
  assert.deepEqual(await pick(mesh.send({ method: 'POST' }, 'once more')), [200, 'once more'])
  assert.equal(upstream.requests.length, 2)
})

test('a body of which a part was still to come is never sent twice', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, failing(1, echo))
  mesh.serve([upstream.port], { retries: retryPolicy({ serverError: true }) })
  const sent = mesh.open({ method: 'POST' })
  sent.write('first')
  await upstream.received(1)
  sent.end('second')
  assert.deepEqual(await pick(answered(sent)), [503, 'not yet'])
  assert.equal(upstream.requests.length, 1)
})

test('the mesh itself answers as a response by default', async (context) => {
  const mesh = new AgentFixture(context)
  mesh.serve([])
  const { status, text } = await mesh.send({ method: 'POST' }, 'body')
  assert.equal(status, 503)
  assert.match(text, /no healthy upstream/)
})

test('with local replies thrown, the very MeshError is the error of the request', async (context) => {
  const mesh = new AgentFixture(context, {}, { localReply: 'throw' })
  mesh.serve([])
  await assert.rejects(mesh.send(), (error) => {
    assert.ok(error instanceof MeshError)
    assert.equal(error.code, 'ERR_INMESH_NO_HEALTHY_ENDPOINT')
    return true
  })
})

test('a response that breaks off ends with ERR_INMESH_RESET, on the request and on the response', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, (request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    connection = request.socket
  })
  let connection: IncomingMessage['socket'] | undefined
  mesh.serve([upstream.port])
  const sent = mesh.open()
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const [half] = (await once(response, 'data')) as [Buffer]
  assert.equal(String(half), 'half')
  const errors = Promise.all([once(sent, 'error'), once(response, 'error')])
  connection!.destroy()
  const [[ofRequest], [ofResponse]] = (await errors) as [[MeshError], [MeshError]]
  assert.equal(ofRequest.code, 'ERR_INMESH_RESET')
  assert.equal(ofResponse, ofRequest)
  assert.equal(response.aborted, true)
})

test('how large the head of a request may be is up to its server', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  assert.equal((await mesh.send({ headers: { 'x-large': 'x'.repeat(100_000) } })).status, 431)
})

test('tools that watch incoming requests by http.Server are not told of these', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  const told: unknown[] = []
  const { emit } = Server.prototype
  context.after(() => {
    Server.prototype.emit = emit
  })
  Server.prototype.emit = function (this: Server, event: string, ...values: unknown[]) {
    if (event === 'request') told.push(this)
    return Reflect.apply(emit, this, [event, ...values]) as boolean
  }
  await mesh.send()
  assert.deepEqual(told, [upstream.server])
})

test('options of the mesh come from the agent and from the request', async (context) => {
  const mesh = new AgentFixture(context, { mesh: { timeoutMs: 20 } })
  const upstream = await TestUpstream.start(context, () => {})
  mesh.serve([upstream.port])
  assert.equal((await mesh.send()).status, 504)
  await assert.rejects(mesh.send({ mesh: { timeoutMs: -1 } }), { code: 'ERR_INMESH_OPTIONS' })
  assert.throws(() => new AgentFixture(context, { mesh: { timeoutMs: 0 } }), { code: 'ERR_INMESH_OPTIONS' })
})

test('a request is made in the context of its maker, on whatever connection it goes', async (context) => {
  const mesh = new AgentFixture(context, { maxSockets: 1 })
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  const within = (traceparent: string) =>
    mesh.contexts.run(new RequestContext(Number.POSITIVE_INFINITY, { trace: new Trace(traceparent) }), () =>
      mesh.send(),
    )
  const other = TRACE.replace('b7ad', 'c8be')
  // The second waits for the connection of the first; the others find it free.
  const answers = await Promise.all([within(TRACE), within(other)])
  await freed(mesh.agent)
  answers.push(await mesh.send())
  await freed(mesh.agent)
  answers.push(await within(TRACE))
  assert.deepEqual(
    upstream.requests.map(({ headers }) => headers.traceparent),
    [TRACE, other, undefined, TRACE],
  )
  assert.equal(new Set(answers.map(({ request }) => request.socket)).size, 1)
})

test('a body written later belongs to the context in which the request was made', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, echo)
  mesh.serve([upstream.port])
  const sent = mesh.contexts.run(new RequestContext(Number.POSITIVE_INFINITY, { trace: new Trace(TRACE) }), () =>
    mesh.open({ method: 'POST' }),
  )
  await new Promise(setImmediate)
  sent.end('later')
  assert.equal((await answered(sent)).text, 'later')
  assert.equal(upstream.requests[0]!.headers.traceparent, TRACE)
})

test('maxSockets limits how many requests of an origin are under way', async (context) => {
  const mesh = new AgentFixture(context, { maxSockets: 2 })
  const waiting: ServerResponse[] = []
  const upstream = await TestUpstream.start(context, (_request, response) => void waiting.push(response))
  mesh.serve([upstream.port])
  const answers = [mesh.send(), mesh.send(), mesh.send()]
  await upstream.received(2)
  await new Promise(setImmediate)
  assert.equal(upstream.requests.length, 2)
  waiting[0]!.end()
  await upstream.received(3)
  for (const response of waiting.slice(1)) response.end()
  assert.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [200, 200, 200],
  )
})

test('connections are used again, and closed when nobody uses them or the agent is destroyed', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  const first = await mesh.send()
  assert.equal(first.request.reusedSocket, false)
  await freed(mesh.agent)
  const second = await mesh.send()
  assert.equal(second.request.reusedSocket, true)
  await freed(mesh.agent)
  mesh.agent.destroy()
  await new Promise(setImmediate)
  assert.deepEqual(Object.keys(mesh.agent.freeSockets), [])
  assert.equal((await mesh.send()).status, 200, 'as in node, it can be used on')
})

test('after the mesh is closed requests fail with ERR_INMESH_CLOSED', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context)
  mesh.serve([upstream.port])
  await mesh.send()
  await mesh.dispatcher.close()
  for (let index = 0; index < 2; index++) await assert.rejects(mesh.send(), { code: 'ERR_INMESH_CLOSED' })
})

for (const [name, value] of Object.entries({
  lookup: () => {},
  localAddress: '127.0.0.1',
  socketPath: '/run/service.sock',
})) {
  test(`a request with the option ${name} fails rather than go another way than asked`, async (context) => {
    const mesh = new AgentFixture(context)
    mesh.serve([])
    await assert.rejects(mesh.send({ [name]: value }), { code: 'ERR_INMESH_OPTIONS', message: new RegExp(name) })
  })
}

test('a host that is none is refused, whatever it would mean in a URL', async (context) => {
  const mesh = new AgentFixture(context)
  for (const host of ['a/b', 'a?b', 'a#b', 'a@b', 'a:1', 'a b', '[::1]', 'a\\b']) {
    assert.throws(() => mesh.open({ host }), { code: 'ERR_INMESH_OPTIONS' }, host)
  }
})

test('an agent for http: is not one for https:, as in node', async (context) => {
  const mesh = new AgentFixture(context)
  assert.throws(() => get('http://reviews', { agent: mesh.agent, protocol: 'https:' }), {
    code: 'ERR_INVALID_PROTOCOL',
  })
})

test('what node takes for a request and cannot parse as one fails with the code of its parser', async (context) => {
  const mesh = new AgentFixture(context)
  mesh.serve([])
  const sent = mesh.send({ method: 'FROB' })
  await assert.rejects(sent, { code: 'HPE_INVALID_METHOD' })
})

async function pick(answer: Promise<{ status: number; text: string }>): Promise<[number, string]> {
  const { status, text } = await answer
  return [status, text]
}
