import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { retryPolicy } from '../client/testing/configs.js'
import { closedPort, TestUpstream } from '../client/testing/test-upstream.js'
import { AgentFixture, answered, freed } from './testing/agent-fixture.js'

const UPGRADE = { headers: { Connection: 'Upgrade', Upgrade: 'echo', 'X-Own': '1' } }

/** Gives every connection that asks for `echo` what it sends. */
async function echoServer(context: TestContext): Promise<TestUpstream & { sockets: Duplex[] }> {
  const upstream = await TestUpstream.start(context)
  const sockets: Duplex[] = []
  const grant = (head: string) => (request: IncomingMessage, socket: Duplex) => {
    sockets.push(socket)
    context.after(() => socket.destroy())
    socket.on('error', () => {})
    socket.write(`${head}X-Own: ${request.headers['x-own']}\r\nX-Port: ${upstream.port}\r\n\r\n`)
    socket.pipe(socket)
  }
  upstream.server.on('upgrade', grant('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n'))
  upstream.server.on('connect', grant('HTTP/1.1 200 Connected\r\n'))
  return Object.assign(upstream, { sockets })
}

/** Waits until no request is counted as under way. */
async function idle(mesh: AgentFixture): Promise<void> {
  while (mesh.cluster('reviews').activeRequests > 0) await new Promise(setImmediate)
}

async function say(socket: Duplex, text: string): Promise<string> {
  socket.write(text)
  return String((await once(socket, 'data'))[0])
}

test('an upgrade goes to an endpoint that answers, its head as it is, and then bytes go both ways', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await echoServer(context)
  mesh.serve([await closedPort(), upstream.port], { retries: retryPolicy({ connectFailure: true }) })
  for (let index = 0; index < 2; index++) {
    const [response, socket] = (await once(mesh.open(UPGRADE).end(), 'upgrade')) as [IncomingMessage, Duplex]
    const expected = ['Connection', 'Upgrade', 'Upgrade', 'echo', 'X-Own', '1', 'X-Port', String(upstream.port)]
    assert.deepEqual([response.statusCode, response.rawHeaders], [101, expected])
    assert.equal(await say(socket, 'hello'), 'hello')
    const closed = once(socket, 'close')
    socket.end()
    await closed
  }
  await idle(mesh)
})

test('an upgrade may take a connection that served requests before, and the next request gets another', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await echoServer(context)
  mesh.serve([upstream.port])
  const reused: boolean[] = []
  for (let round = 0; round < 2; round++) {
    const { request } = await mesh.send()
    await freed(mesh.agent)
    const sent = mesh.open(UPGRADE).end()
    const [, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Duplex]
    assert.equal(await say(socket, 'hello'), 'hello')
    reused.push(request.reusedSocket, sent.reusedSocket)
    socket.destroy()
  }
  assert.deepEqual(reused, [false, true, false, true])
  await idle(mesh)
})

test('a refused upgrade is a response as any other', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => {
    response.writeHead(426, { 'x-why': 'no' }).end('not here')
  })
  mesh.serve([upstream.port])
  const { status, text, response } = await answered(mesh.open(UPGRADE).end())
  assert.deepEqual([status, text, response.headers['x-why']], [426, 'not here', 'no'])
})

test('an upgrade that the mesh answers itself gets that response', async (context) => {
  const mesh = new AgentFixture(context)
  mesh.serve([])
  assert.equal((await answered(mesh.open(UPGRADE).end())).status, 503)
})

test('with local replies thrown it fails with the error', async (context) => {
  const mesh = new AgentFixture(context, {}, { localReply: 'throw' })
  mesh.serve([])
  await assert.rejects(answered(mesh.open(UPGRADE).end()), { code: 'ERR_INMESH_NO_HEALTHY_ENDPOINT' })
})

test('a connection that its server cuts is cut for the client, and the other way round', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await echoServer(context)
  mesh.serve([upstream.port])
  for (const first of ['server', 'client']) {
    const [, socket] = (await once(mesh.open(UPGRADE).end(), 'upgrade')) as [IncomingMessage, Duplex]
    socket.on('error', () => {})
    await say(socket, 'hello')
    const far = upstream.sockets.at(-1)!
    const both = Promise.all([once(socket, 'close'), once(far, 'close')])
    if (first === 'server') far.destroy()
    else socket.destroy()
    await both
  }
  await idle(mesh)
})

test('an upgrade that nobody waits for any more is ended', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await TestUpstream.start(context)
  const asked = once(upstream.server, 'upgrade')
  mesh.serve([upstream.port])
  const sent = mesh.open(UPGRADE).end()
  const [, far] = (await asked) as [IncomingMessage, Duplex]
  const failed = once(sent, 'error')
  const left = once(far.on('error', () => {}).resume(), 'end')
  sent.destroy()
  await failed
  await left
})

test('CONNECT opens a tunnel', async (context) => {
  const mesh = new AgentFixture(context)
  const upstream = await echoServer(context)
  mesh.serve([upstream.port])
  const sent = mesh.open({ method: 'CONNECT', path: 'database:5432', headers: { 'x-own': '2' } }).end()
  const [response, socket] = (await once(sent, 'connect')) as [IncomingMessage, Duplex]
  assert.deepEqual([response.statusCode, response.headers['x-own']], [200, '2'])
  assert.equal(await say(socket, 'hello'), 'hello')
  const closed = once(socket, 'close')
  socket.destroy()
  await closed
  await idle(mesh)
})
