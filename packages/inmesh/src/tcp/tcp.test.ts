import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { tcpMesh, tcpServer } from '../testing/tcp-mesh.js'

const DB = { host: 'db', port: 5432 }

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

test('a connection that cannot be made is made to another endpoint, and its outcome tells both', async (context) => {
  const port = await tcpServer(context, (socket) => socket.end('hello'))
  const dead = await closedPort()
  const mesh = await tcpMesh(context, [dead, port])
  for (let call = 0; call < 4; call++) {
    const socket = mesh.tcp.connect(DB)
    assert.equal(await text(socket), 'hello')
    const { cluster, endpoint, attempts, flags } = mesh.outcome(socket)!
    assert.deepEqual([cluster, endpoint, flags], ['outbound|5432||db.shop.svc.cluster.local', `127.0.0.1:${port}`, '-'])
    for (const attempt of attempts.slice(0, -1)) {
      assert.deepEqual([attempt.endpoint, attempt.failure], [`127.0.0.1:${dead}`, 'connect'])
    }
  }
})

test('where no endpoint can be connected to, the error tells so, and what happened', async (context) => {
  const mesh = await tcpMesh(context, [await closedPort()])
  const [error] = (await once(mesh.tcp.connect(DB).on('connect', assert.fail), 'close').catch((failed: Error) => [
    failed,
  ])) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ERR_INMESH_CONNECT')
  assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
  const { attempts, ended } = mesh.outcome(error)!
  assert.deepEqual([attempts.length, ended], [3, true])
})

test('bytes go both ways with backpressure, and one side may end before the other', async (context) => {
  const port = await tcpServer(context, (socket) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => socket.end(Buffer.concat(chunks)))
  })
  const mesh = await tcpMesh(context, [port])
  const socket = mesh.tcp.connect(DB)
  const sent = 'x'.repeat(3_000_000)
  socket.end(sent)
  assert.equal((await text(socket)) === sent, true)
  const halfOpen = mesh.tcp.connect({ ...DB, allowHalfOpen: true })
  halfOpen.end('bye')
  assert.equal(await text(halfOpen), 'bye')
})

test('a server that ends first ends the connection, unless the application wants to go on', async (context) => {
  const heard = new EventEmitter()
  const port = await tcpServer(context, (socket) => {
    socket.end('greeting')
    socket.on('data', (chunk) => heard.emit('data', String(chunk)))
  })
  const mesh = await tcpMesh(context, [port])
  const socket = mesh.tcp.connect(DB).resume()
  await once(socket, 'close')
  assert.equal(socket.writableEnded, true)
  const halfOpen = mesh.tcp.connect({ ...DB, allowHalfOpen: true }).resume()
  await once(halfOpen, 'end')
  const last = once(heard, 'data')
  halfOpen.end('still here')
  assert.deepEqual(await last, ['still here'])
})

test('a connection that breaks has a code', async (context) => {
  const port = await tcpServer(context, (socket) => socket.once('data', () => socket.resetAndDestroy()))
  const mesh = await tcpMesh(context, [port])
  const socket = mesh.tcp.connect(DB)
  socket.write('x')
  await assert.rejects(once(socket, 'close'), { code: 'ERR_INMESH_RESET' })
})

test('the limit on connections holds, and an ended one makes room', async (context) => {
  const port = await tcpServer(context, (socket) => socket.on('end', () => socket.end()).resume())
  const rule = `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: db, namespace: shop }
spec:
  host: db
  trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }
`
  const mesh = await tcpMesh(context, [port], rule)
  const open = [mesh.tcp.connect(DB), mesh.tcp.connect(DB)]
  await Promise.all(open.map((socket) => once(socket, 'connect')))
  const refused = mesh.tcp.connect(DB)
  await assert.rejects(once(refused, 'connect'), { code: 'ERR_INMESH_OVERFLOW' })
  assert.equal(mesh.outcome(refused)!.flags, 'UO')
  open[0]!.resume().end()
  await once(open[0]!, 'close')
  await once(mesh.tcp.connect(DB), 'connect')
})

test('an endpoint that refuses connections is ejected', async (context) => {
  const port = await tcpServer(context, (socket) => socket.end())
  const rule = `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: db, namespace: shop }
spec:
  host: db
  trafficPolicy:
    loadBalancer: { simple: ROUND_ROBIN }
    outlierDetection: { splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 1, baseEjectionTime: 600s, maxEjectionPercent: 100 }
`
  const mesh = await tcpMesh(context, [await closedPort(), port], rule)
  const attempts: number[] = []
  for (let call = 0; call < 6; call++) {
    const socket = mesh.tcp.connect(DB).resume()
    await once(socket, 'close')
    attempts.push(mesh.outcome(socket)!.attempts.length)
  }
  assert.deepEqual(attempts.slice(2), [1, 1, 1, 1])
  assert.ok(attempts.slice(0, 2).includes(2))
})

test('what takes too long is given up: a connection that is not made, and one on which nothing happens', async (context) => {
  const port = await tcpServer(context, (socket) => socket.resume())
  const mesh = await tcpMesh(context, [port])
  const idle = mesh.tcp.connect({ ...DB, idleTimeoutMs: 1 })
  await once(idle, 'close')
  assert.equal(idle.errored, null)
  assert.throws(() => mesh.tcp.connect({ host: 'db', port: 0 }), { code: 'ERR_INMESH_OPTIONS', message: /\bport\b/ })
  assert.throws(() => mesh.tcp.connect({ host: 'a/b', port: 1 }), { code: 'ERR_INMESH_OPTIONS', message: /\bhost\b/ })
})

test('hosts outside the mesh are connected to as they are, where they may be', async (context) => {
  const port = await tcpServer(context, (socket) => socket.end('outside'))
  for (const options of [{}, { mode: 'off' as const }]) {
    const mesh = await tcpMesh(context, [], '', options)
    assert.equal(await text(mesh.tcp.connect({ host: '127.0.0.1', port })), 'outside')
  }
  const strict = await tcpMesh(context, [], '', { outboundPolicy: 'registry-only' })
  const refused = strict.tcp.connect({ host: 'elsewhere.invalid', port: 1 })
  await assert.rejects(once(refused, 'connect'), { code: 'ERR_INMESH_OUTBOUND_REFUSED' })
})

test('closing ends connections at rest at once, and waits for answers within its limit', async (context) => {
  let answer: (() => void) | undefined
  const port = await tcpServer(context, (socket) => {
    socket.on('data', () => {
      answer = () => socket.write('answer')
    })
    socket.on('end', () => socket.end())
  })
  const mesh = await tcpMesh(context, [port])
  const [resting, busy] = [mesh.tcp.connect(DB).resume(), mesh.tcp.connect(DB)]
  await Promise.all([once(resting, 'connect'), once(busy, 'connect')])
  busy.write('question')
  while (answer === undefined) await new Promise(setImmediate)
  const closed = mesh.close({ timeoutMs: 60_000 })
  await once(resting, 'close')
  answer()
  const [data] = (await once(busy, 'data')) as [Buffer]
  assert.equal(data.toString(), 'answer')
  await closed
  await assert.rejects(once(mesh.tcp.connect(DB), 'connect'), { code: 'ERR_INMESH_CLOSED' })
})
