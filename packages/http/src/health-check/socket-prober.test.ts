import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { CheckConfig, CheckResult, HealthCheckConfig, HealthProbe, HttpCheck } from '@inmesh/core'
import { closedPort, TestUpstream } from '../client/testing/test-upstream.js'
import { SocketProber } from './socket-prober.js'

const HTTP: HttpCheck = {
  kind: 'http',
  path: '/health?deep=1',
  host: '',
  method: 'GET',
  headers: [],
  receive: [],
  responseBufferSize: 1024,
  expected: [{ start: 200, end: 201 }],
  retriable: [{ start: 503, end: 504 }],
}

function config(check: CheckConfig, reuseConnection = true): HealthCheckConfig {
  return {
    check,
    timeoutMs: 1000,
    intervalMs: 1000,
    unhealthyIntervalMs: 1000,
    unhealthyEdgeIntervalMs: 1000,
    healthyEdgeIntervalMs: 1000,
    noTrafficIntervalMs: 1000,
    noTrafficHealthyIntervalMs: 1000,
    initialJitterMs: 0,
    intervalJitterMs: 0,
    intervalJitterPercent: 0,
    unhealthyThreshold: 3,
    healthyThreshold: 2,
    reuseConnection,
    excludesNew: false,
    keepsRemoved: false,
  }
}

function probe(
  context: TestContext,
  port: number,
  check: CheckConfig,
  parts: { hostname?: string; reuse?: boolean } = {},
) {
  const target = { host: '127.0.0.1', port, hostname: parts.hostname ?? '', cluster: 'reviews' }
  const made = new SocketProber().probe(target, config(check, parts.reuse ?? true))
  context.after(() => made.stop())
  return made
}

function result(probe: HealthProbe): Promise<CheckResult> {
  return new Promise((resolve) => probe.check(resolve))
}

test('an HTTP check asks as configured and judges by the status', async (context) => {
  let status = 200
  const upstream = await TestUpstream.start(context, (_request, response) => void response.writeHead(status).end())
  const checked = probe(context, upstream.port, { ...HTTP, headers: [['x-check', 'yes']] })
  const results: CheckResult[] = []
  for (status of [200, 204, 503, 500]) results.push(await result(checked))
  assert.deepEqual(results, ['healthy', 'failed', 'retriable', 'failed'])
  const [{ method, url, headers }] = upstream.requests as [(typeof upstream.requests)[0]]
  assert.deepEqual(
    [method, url, headers.host, headers['user-agent'], headers['x-check']],
    ['GET', '/health?deep=1', 'reviews', 'Envoy/HC', 'yes'],
  )
  assert.equal(new Set(upstream.requests.map(({ socket }) => socket)).size, 1)
})

test('an HTTP check names the host of the endpoint before that of the check before the cluster', async (context) => {
  const upstream = await TestUpstream.start(context)
  await result(probe(context, upstream.port, { ...HTTP, host: 'check.local' }, { hostname: 'own.local' }))
  await result(probe(context, upstream.port, { ...HTTP, host: 'check.local' }))
  assert.deepEqual(
    upstream.requests.map(({ headers }) => headers.host),
    ['own.local', 'check.local'],
  )
})

test('an HTTP answer may say that the endpoint goes', async (context) => {
  let status = 200
  const upstream = await TestUpstream.start(context, (_request, response) => {
    response.writeHead(status, { 'x-envoy-immediate-health-check-fail': 'true' }).end()
  })
  const checked = probe(context, upstream.port, HTTP)
  const results: CheckResult[] = []
  for (status of [500, 503, 200]) results.push(await result(checked))
  assert.deepEqual(results, ['leaving', 'retriable', 'healthy'])
})

test('an HTTP check sends a body, and looks for what must be in the answer', async (context) => {
  const bodies: string[] = []
  const upstream = await TestUpstream.start(context, (request, response) => {
    request.on('data', (chunk) => bodies.push(String(chunk)))
    request.on('end', () => response.end('status: fine, really'))
  })
  const check = { ...HTTP, method: 'POST', send: Buffer.from('ping') }
  const found = { ...check, receive: [Buffer.from('status'), Buffer.from('fine')] }
  const otherOrder = { ...check, receive: [Buffer.from('fine'), Buffer.from('status')] }
  const tooFar = { ...check, receive: [Buffer.from('really')], responseBufferSize: 10 }
  const results = [found, otherOrder, tooFar].map((each) => result(probe(context, upstream.port, each)))
  assert.deepEqual(await Promise.all(results), ['healthy', 'failed', 'failed'])
  assert.deepEqual(bodies, ['ping', 'ping', 'ping'])
})

test('an HTTP answer may say that the endpoint is to be spared, or is not the service meant', async (context) => {
  const upstream = await TestUpstream.start(context, (_request, response) => {
    response.setHeader('x-envoy-degraded', '').setHeader('x-envoy-upstream-healthchecked-cluster', 'ratings').end()
  })
  const named = (value: string): HttpCheck => ({ ...HTTP, serviceName: { kind: 'exact', value, ignoreCase: false } })
  assert.equal(await result(probe(context, upstream.port, HTTP)), 'degraded')
  assert.equal(await result(probe(context, upstream.port, named('ratings'))), 'degraded')
  assert.equal(await result(probe(context, upstream.port, named('reviews'))), 'failed')
})

test('a connection is not kept where that is turned off', async (context) => {
  const upstream = await TestUpstream.start(context)
  const checked = probe(context, upstream.port, HTTP, { reuse: false })
  for (let time = 0; time < 2; time++) await result(checked)
  assert.equal(new Set(upstream.requests.map(({ socket }) => socket)).size, 2)
})

test('who cannot be reached, or hangs up, is unreachable by every kind of check', async (context) => {
  const closed = await closedPort()
  const rude = await tcpServer(context, (socket) => socket.destroy())
  const kinds: CheckConfig[] = [HTTP, { kind: 'tcp', receive: [Buffer.from('x')] }, GRPC]
  for (const check of kinds) {
    for (const port of [closed, rude]) {
      const checked = probe(context, port, check)
      assert.deepEqual([await result(checked), await result(checked)], ['unreachable', 'unreachable'], check.kind)
    }
  }
})

test('a check that is stopped tells nothing, and its connection is closed', async (context) => {
  const sockets: Socket[] = []
  const port = await tcpServer(context, (socket) => void sockets.push(socket))
  const kinds: CheckConfig[] = [HTTP, { kind: 'tcp', receive: [Buffer.from('x')] }, GRPC]
  for (const check of kinds) {
    const checked = probe(context, port, check)
    checked.check(() => assert.fail('told'))
    while (sockets.length === 0) await new Promise(setImmediate)
    const [socket] = sockets.splice(0)
    checked.stop()
    await new Promise((resolve) =>
      socket!
        .resume()
        .on('close', resolve)
        .on('error', () => {}),
    )
  }
})

test('a TCP check connects, and talks where there is something to say', async (context) => {
  const port = await tcpServer(context, (socket) => {
    socket.on('data', (chunk) => {
      socket.write(String(chunk).toUpperCase().slice(0, 2))
      setImmediate(() => socket.write(String(chunk).toUpperCase().slice(2)))
    })
  })
  assert.equal(await result(probe(context, port, { kind: 'tcp', receive: [] })), 'healthy')
  const talking: CheckConfig = { kind: 'tcp', send: Buffer.from('ping'), receive: [Buffer.from('PING')] }
  const checked = probe(context, port, talking)
  assert.deepEqual([await result(checked), await result(checked)], ['healthy', 'healthy'])
})

const GRPC: CheckConfig = { kind: 'grpc', service: 'shop.Reviews', authority: '', metadata: [['x-check', 'yes']] }

test('a gRPC check asks the health service, and takes SERVING only', async (context) => {
  const asked: { path: unknown; authority: unknown; check: unknown; body: string }[] = []
  const answers = [
    { status: '0', message: [8, 1] },
    { status: '0', message: [8, 2] },
    { status: '5', message: [] },
  ]
  const port = await grpcServer(context, (stream, headers, body) => {
    asked.push({ path: headers[':path'], authority: headers[':authority'], check: headers['x-check'], body })
    const { status, message } = answers[asked.length - 1]!
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
    stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message]))
  })
  const checked = probe(context, port, GRPC)
  assert.deepEqual(
    [await result(checked), await result(checked), await result(checked)],
    ['healthy', 'failed', 'failed'],
  )
  const body = Buffer.from('\0\0\0\0\x0e\n\x0cshop.Reviews').toString()
  assert.deepEqual(asked[0], { path: '/grpc.health.v1.Health/Check', authority: 'reviews', check: 'yes', body })
})

async function listening(context: TestContext, server: Server | Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  return (server.address() as AddressInfo).port
}

function tcpServer(context: TestContext, connected: (socket: Socket) => void): Promise<number> {
  return listening(
    context,
    createServer((socket) => {
      context.after(() => socket.destroy())
      connected(socket.on('error', () => {}))
    }),
  )
}

type Answer = (
  stream: import('node:http2').ServerHttp2Stream,
  headers: import('node:http2').IncomingHttpHeaders,
  body: string,
) => void

function grpcServer(context: TestContext, answer: Answer): Promise<number> {
  const server = createHttp2Server()
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => answer(stream, headers, Buffer.concat(chunks).toString()))
  })
  return listening(context, server)
}
