import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { EventLog } from '../support/event-log.js'
import { eventually } from '../support/patience.js'
import { type JsonLine, TestProcess, type TestScope } from '../support/test-process.js'
import { catalogService } from './catalog-configuration.js'
import { ShopMesh } from './shop-mesh.js'

/** Takes what is flushed, and answers when the test says so. */
async function collector(scope: TestScope, log: EventLog) {
  const held: ServerResponse[] = []
  const server = createServer((_request, response) => {
    held.push(response)
    log.add('telemetry flushed')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.after(async () => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, answer: () => held.pop()!.end() }
}

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Status, `connection` and body of an answer. */
async function ask(port: number, path: string, agent = new Agent()) {
  const call = get({ host: '127.0.0.1', port, path, agent })
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  return { status: response.statusCode, connection: response.headers.connection, body }
}

const isOfOrders = (line: JsonLine): boolean => JSON.stringify(line).includes('orders')

test('a mesh that is closed takes leave of everyone in order', async (context) => {
  const mesh = await ShopMesh.start(context, { 'catalog.yaml': catalogService })
  const controlPlane = mesh.controlPlane.process
  await mesh.catalogs('v1', 'the catalog')
  const log = new EventLog()
  const telemetry = await collector(context, log)
  const readinessPort = await unusedPort()
  const orders = TestProcess.node(context, new URL('./services/orders.js', import.meta.url), {
    env: {
      INMESH_CONTROL_PLANE: mesh.controlPlane.address,
      INMESH_NAMESPACE: 'shop',
      INMESH_SERVICE: 'orders',
      INMESH_READINESS_PORT: String(readinessPort),
      INMESH_DRAIN_DELAY_MS: '2000',
      COLLECTOR: telemetry.url,
    },
  })
  const port = Number((await orders.event('listening')).port)
  await orders.ask('ready')
  const probe = async () => (await ask(readinessPort, '/ready')).status
  await eventually('the probe passes', probe, (status) => status === 200)
  const seen = (event: string) => controlPlane.line(event, (line) => line.event === event && isOfOrders(line))
  await seen('workload-registered')

  // One request in flight on a connection of each kind.
  const agent = new Agent({ keepAlive: true })
  context.after(() => agent.destroy())
  const order = ask(port, '/order', agent)
  const session = connect(`http://127.0.0.1:${port}`)
  context.after(() => session.destroy())
  session.once('goaway', () => log.add('GOAWAY'))
  const stream = session.request({ ':path': '/order' }).setEncoding('utf8')
  let streamed = ''
  stream.on('data', (chunk: string) => {
    streamed += chunk
  })
  const streamOver = once(stream, 'end')
  const received = () => orders.lines.filter(({ event }) => event === 'received').length
  await orders.line('both requests', () => received() === 2)
  void order.then(() => log.add('answered'))
  void seen('workload-removed').then(() => log.add('deregistered'))
  const streamEnd = seen('stream-closed').then(() => log.add('stream closed'))

  const closing = orders.ask('close').then(() => log.add('closed'))
  assert.equal((await orders.event('closing')).once, true, 'close() is one and the same, however often it is called')
  assert.equal(await probe(), 503)
  // Until the delay is over callers come all the same, and each is told to go elsewhere.
  assert.equal((await ask(port, '/quick', agent)).connection, 'close')
  await log.until('deregistered')
  assert.ok(!log.has('GOAWAY'), 'callers hear from the control plane before connections end')
  await log.until('GOAWAY')
  await assert.rejects(ask(port, '/quick'), { code: 'ECONNREFUSED' })
  assert.equal(await probe(), 503, 'probes are answered to the end')
  assert.deepEqual(log.entries, ['deregistered', 'GOAWAY'])

  // What is in flight can still call others.
  await orders.ask('release')
  const { body, connection } = await order
  await streamOver
  assert.equal(connection, 'close')
  assert.deepEqual([body, streamed].map(serverOf), ['the catalog', 'the catalog'])

  await log.until('telemetry flushed')
  // The control plane tells in order: had the stream ended by now, it would have said so before this.
  const from = controlPlane.lines.length
  await mesh.directory.write('catalog.yaml', catalogService.replaceAll('1000', '999'))
  await controlPlane.event('reloaded', from)
  assert.ok(!log.has('stream closed'))
  telemetry.answer()
  await Promise.all([closing, streamEnd])
  const whole = ['deregistered', 'GOAWAY', 'answered', 'telemetry flushed', 'stream closed']
  assert.deepEqual(log.of(...whole), whole)

  // Nothing of the mesh is left that would keep the process.
  orders.endInput()
  assert.deepEqual(await orders.exited, { code: 0, signal: null })
})

function serverOf(body: string): string {
  return (JSON.parse(body) as { server: string }).server
}
