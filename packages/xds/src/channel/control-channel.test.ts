import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SystemClock } from '@inmesh/core'
import type { ServerConfig } from '../bootstrap/bootstrap.js'
import { grpcTarget } from '../bootstrap/server-uri.js'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { ScriptedControlPlane, type ServedStream } from '../testing/scripted-control-plane.js'
import { SilentWire } from '../testing/silent-wire.js'
import { until } from '../testing/until.js'
import { ControlChannel, type ControlChannelOptions } from './control-channel.js'
import type { ControlStream, StreamEnd } from './control-stream.js'

const method = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'
const closers: (() => void)[] = []
after(() => {
  for (const close of closers) close()
})

/** A stream whose events can be awaited. */
class Probe {
  readonly stream: ControlStream
  readonly opened: Promise<void>
  readonly ended: Promise<StreamEnd>
  readonly messages: Uint8Array[] = []

  constructor(channel: ControlChannel, path = method) {
    let onOpened = (): void => {}
    let onEnded = (_end: StreamEnd): void => {}
    this.opened = new Promise((resolve) => {
      onOpened = resolve
    })
    this.ended = new Promise((resolve) => {
      onEnded = resolve
    })
    this.stream = channel.openStream(path, {
      opened: onOpened,
      message: (bytes) => this.messages.push(bytes),
      ended: onEnded,
    })
  }
}

function serverAt(uri: string): ServerConfig {
  return { uri, target: grpcTarget(uri), credentials: { type: 'insecure' }, callCredentials: [], features: [] }
}

function channelTo(server: ServerConfig, options?: ControlChannelOptions, clock = new SystemClock()): ControlChannel {
  const channel = new ControlChannel(server, clock, options)
  closers.push(() => channel.close())
  return channel
}

async function controlPlane(): Promise<ScriptedControlPlane> {
  const server = new ScriptedControlPlane()
  await server.start()
  closers.push(() => server.stop())
  return server
}

async function listening(server: Server, path?: string): Promise<string> {
  closers.push(() => server.close())
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : `unix://${path}`
}

test('every form of address reaches the server', async () => {
  const plane = await controlPlane()
  const port = plane.config.uri.split(':')[1]
  const folder = await mkdtemp(join(tmpdir(), 'inmesh-channel-'))
  const path = join(folder, 'xds')
  // A socket file in front of the server.
  const socketUri = await listening(
    createServer((socket) => {
      socket.on('error', () => {})
      const onward = connect(Number(port), '127.0.0.1').on('error', () => {})
      socket.pipe(onward).pipe(socket)
    }),
    path,
  )
  try {
    const uris = [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `dns:///127.0.0.1:${port}`,
      `ipv4:127.0.0.1:${port}`,
      `passthrough:///127.0.0.1:${port}`,
      socketUri,
    ]
    for (const uri of uris) {
      const channel = channelTo(serverAt(uri))
      const before = plane.streams.length
      const probe = new Probe(channel)
      await probe.opened
      probe.stream.send(new Uint8Array([0x0a, 1, 0x31]))
      await until(() => plane.streams.length > before && plane.last.requests.length > 0)
      assert.equal(plane.last.requests[0]?.versionInfo, '1', uri)
      channel.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a server that closes the stream in good order ends it with OK, after its messages', async () => {
  const plane = await controlPlane()
  plane.onStream = (stream) => {
    stream.respond('x', 'v1', [])
    stream.respond('x', 'v2', [])
    stream.end()
  }
  const probe = new Probe(channelTo(plane.config))
  assert.equal((await probe.ended).status, 0)
  assert.equal(probe.messages.length, 2)
})

test("a server's status is told with its words", async () => {
  const plane = await controlPlane()
  plane.onStream = (stream) => stream.fail(7, 'not you')
  const probe = new Probe(channelTo(plane.config))
  assert.deepEqual(await probe.ended, { status: 7, reason: 'not you' })
})

test('a method that the server does not have ends the stream with UNIMPLEMENTED', async () => {
  const plane = await controlPlane()
  const probe = new Probe(channelTo(plane.config), '/some.Other/Method')
  assert.equal((await probe.ended).status, 12)
})

test('a refused connection ends the stream with the reason, and the next stream tries anew', async () => {
  const plane = await controlPlane()
  const { config } = plane
  plane.stop()
  const channel = channelTo(config)
  const refused = new Probe(channel)
  const end = await refused.ended
  assert.equal(end.status, 14)
  assert.match(end.reason, /ECONNREFUSED/)
  await plane.start()
  await new Probe(channel).opened
})

test('streams of one channel share a connection', async () => {
  const plane = await controlPlane()
  const ports = new Set<string>()
  plane.onStream = (stream) => ports.add(stream.peer)
  const channel = channelTo(plane.config)
  await Promise.all([new Probe(channel).opened, new Probe(channel).opened])
  await new Probe(channel).opened
  await until(() => plane.streams.length === 3)
  assert.equal(ports.size, 1)
})

test('a message of more than 4 MB is received whole', async () => {
  const plane = await controlPlane()
  const large = new Uint8Array(6 * 1024 * 1024).fill(7)
  plane.onStream = (stream) => {
    stream.respond('x', 'v1', [large])
    stream.end()
  }
  const probe = new Probe(channelTo(plane.config))
  await probe.ended
  assert.ok((probe.messages[0]?.length ?? 0) > large.length)
})

test('a connection that is not up in time is given up, and its socket closed', { timeout: 20_000 }, async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket.on('error', () => {}).resume()))
  const uri = await listening(server)
  const clock = new FakeClock()
  const probe = new Probe(channelTo(serverAt(uri), { connectTimeoutMs: 5_000 }, clock))
  const [socket] = (await once(server, 'connection')) as [Socket]
  await clock.advance(5_000)
  assert.deepEqual(await probe.ended, { status: 14, reason: 'no connection within 5000 ms' })
  await once(socket, 'close')
})

test('a connection that went silent is noticed by keepalive', { timeout: 20_000 }, async () => {
  const plane = await controlPlane()
  const wire = await SilentWire.to(plane.config)
  closers.push(() => wire.cut())
  const channel = channelTo(wire.config, { keepaliveTimeMs: 20, keepaliveTimeoutMs: 20 })
  const probe = new Probe(channel)
  await probe.opened
  wire.silence()
  assert.equal((await probe.ended).status, 14)
})

for (const [how, end, status] of [
  ['ends', (stream: ServedStream) => stream.end(), 0],
  ['fails', (stream: ServedStream) => stream.fail(7, 'not you'), 7],
] as const) {
  test(`a paused stream that ${how} gives one message at a time, and tells its end after the last`, async () => {
    const plane = await controlPlane()
    plane.onStream = (stream) => {
      for (const version of ['v1', 'v2', 'v3']) stream.respond('x', version, [])
      end(stream)
    }
    const events: unknown[] = []
    const stream: ControlStream = channelTo(plane.config).openStream(method, {
      opened() {},
      message() {
        stream.pause()
        events.push('message')
      },
      ended: (told) => events.push(told.status),
    })
    for (const count of [1, 2]) {
      await until(() => events.length === count)
      for (let turn = 0; turn < 20; turn++) await settled()
      assert.deepEqual(events, new Array(count).fill('message'))
      stream.resume()
    }
    await until(() => events.length === 4)
    assert.deepEqual(events, ['message', 'message', 'message', status])
  })
}

test('a cancelled stream is over for the server, and its listener hears nothing', async () => {
  const plane = await controlPlane()
  const probe = new Probe(channelTo(plane.config))
  await probe.opened
  await until(() => plane.streams.length === 1)
  probe.stream.cancel()
  await until(() => plane.last.isOver)
  assert.equal(await Promise.race([probe.ended, Promise.resolve('silent')]), 'silent')
})

test('closing the channel ends its streams, and no more can be opened', async () => {
  const plane = await controlPlane()
  const channel = channelTo(plane.config)
  await new Probe(channel).opened
  await until(() => plane.streams.length === 1)
  channel.close()
  await until(() => plane.last.isOver)
  assert.throws(() => new Probe(channel), { code: 'ERR_INMESH_CLOSED' })
})
