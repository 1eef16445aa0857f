import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { DiscoveryRequest } from '@inmesh/xds-proto'
import { middling, someNode } from '../testing/ads-bench.js'
import { FakeClock } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { ScriptedControlPlane } from '../testing/scripted-control-plane.js'
import { SilentWire } from '../testing/silent-wire.js'
import { fullStateType, partialStateType, type TextType, textResource } from '../testing/text-resource.js'
import { until } from '../testing/until.js'
import { AdsClient } from './ads-client.js'

// The client from outside: what a control plane sees of it, over a real connection. Only its time is the test's.

let plane: ScriptedControlPlane
let clock: FakeClock
let client: AdsClient

beforeEach(async () => {
  plane = new ScriptedControlPlane()
  await plane.start()
  clock = new FakeClock()
  client = new AdsClient({ server: plane.config, node: someNode, clock, random: middling })
})

afterEach(() => {
  client.close()
  plane.stop()
})

function watch(type: TextType, name: string): RecordingWatcher {
  const watcher = new RecordingWatcher()
  client.watch(type, name, watcher)
  return watcher
}

async function requests(type: TextType, count: number): Promise<DiscoveryRequest[]> {
  await until(() => plane.streams.length > 0 && plane.last.of(type.typeUrl).length >= count)
  return plane.last.of(type.typeUrl)
}

async function nextStream(): Promise<void> {
  const count = plane.streams.length
  await until(() => client.connection.state === 'waiting' || plane.streams.length > count)
  await clock.advance(clock.nextDelayMs ?? 0)
  await until(() => plane.streams.length > count)
}

test('a response is acknowledged and told', async () => {
  const lds = fullStateType()
  const watcher = watch(lds, 'a')
  const [first] = await requests(lds, 1)
  assert.deepEqual(first?.resourceNames, ['a'])
  assert.equal(first?.versionInfo, '')
  assert.equal(first?.node?.id, 'node-1')
  assert.equal(first?.node?.userAgentName, 'inmesh')
  const nonce = plane.last.respond(lds.typeUrl, 'v1', [textResource('a', 'one')])
  const ack = (await requests(lds, 2))[1]
  assert.deepEqual(
    [ack?.versionInfo, ack?.responseNonce, ack?.errorDetail, ack?.node],
    ['v1', nonce, undefined, undefined],
  )
  await until(() => watcher.lines.length > 0)
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('a first response that is malformed is rejected without a version', async () => {
  const lds = fullStateType()
  const watcher = watch(lds, 'a')
  await requests(lds, 1)
  const nonce = plane.last.respond(lds.typeUrl, 'v1', [textResource('a', 'bad')])
  const nack = (await requests(lds, 2))[1]
  assert.deepEqual([nack?.versionInfo, nack?.responseNonce, nack?.errorDetail?.code], ['', nonce, 3])
  assert.match(nack?.errorDetail?.message ?? '', /LDS "a": virtual_hosts\[0\]\.name: is bad;.*node-1/)
  await until(() => watcher.lines.length > 0)
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_RESOURCE_INVALID'])
})

test('the good part of a response takes effect although it is rejected', async () => {
  const eds = partialStateType()
  const good = watch(eds, 'good')
  const bad = watch(eds, 'bad')
  await requests(eds, 1)
  plane.last.respond(eds.typeUrl, 'v1', [textResource('good', 'one'), textResource('bad', 'one')])
  plane.last.respond(eds.typeUrl, 'v2', [textResource('bad', 'bad'), textResource('good', 'two')])
  const nack = (await requests(eds, 3))[2]
  assert.deepEqual([nack?.versionInfo, nack?.errorDetail?.code], ['v1', 3])
  await until(() => good.lines.length === 2 && bad.lines.length === 2)
  assert.deepEqual(good.take(), ['changed one', 'changed two'])
  assert.deepEqual(bad.take(), ['changed one', 'ambient ERR_INMESH_RESOURCE_INVALID'])
})

test('after the control plane was restarted, all names are asked for with the version and without a nonce', async () => {
  const lds = fullStateType()
  const eds = partialStateType()
  const watcher = watch(lds, 'a')
  watch(lds, 'b')
  watch(eds, 'e')
  await requests(lds, 1)
  plane.last.respond(lds.typeUrl, 'v7', [textResource('a', 'one')])
  await requests(lds, 2)
  plane.stop()
  await until(() => client.connection.state === 'waiting')
  await plane.start()
  await nextStream()
  const [listeners] = await requests(lds, 1)
  const [endpoints] = await requests(eds, 1)
  assert.deepEqual(listeners?.resourceNames, ['a', 'b'])
  assert.deepEqual([listeners?.versionInfo, listeners?.responseNonce], ['v7', ''])
  assert.deepEqual([endpoints?.resourceNames, endpoints?.versionInfo], [['e'], ''])
  assert.deepEqual(
    plane.last.requests.map((request) => request.node?.id),
    ['node-1', undefined],
  )
  plane.last.respond(lds.typeUrl, 'v7', [textResource('a', 'one')])
  await requests(lds, 2)
  assert.equal(lds.decoded, 1)
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('a thousand resources sent again unchanged are not decoded, and the response is acknowledged', async () => {
  const lds = fullStateType()
  const names = Array.from({ length: 1_000 }, (_, index) => `listener-${index}`)
  const watchers = names.map((name) => watch(lds, name))
  await requests(lds, 1)
  const resources = names.map((name) => textResource(name, 'one'))
  plane.last.respond(lds.typeUrl, 'v1', resources)
  plane.last.respond(lds.typeUrl, 'v2', resources)
  const ack = (await requests(lds, 3))[2]
  assert.equal(ack?.versionInfo, 'v2')
  assert.equal(lds.decoded, 1_000)
  assert.ok(watchers.every((watcher) => watcher.take().join() === 'changed one'))
})

test('a server that sends a rejected resource again at once is told once a second', async () => {
  const lds = fullStateType()
  const watcher = watch(lds, 'a')
  await requests(lds, 1)
  let rejections = 0
  plane.last.respond(lds.typeUrl, 'v1', [textResource('a', 'bad')])
  for (let second = 0; second < 5; second++) {
    rejections++
    assert.equal((await requests(lds, 1 + rejections)).length, 1 + rejections)
    plane.last.respond(lds.typeUrl, 'v1', [textResource('a', 'bad')])
    // The client has the response once it waits with its answer.
    await until(() => clock.nextDelayMs !== undefined)
    assert.equal(clock.nextDelayMs, 1_000)
    await clock.advance(999)
    assert.equal(plane.last.of(lds.typeUrl).length, 1 + rejections)
    await clock.advance(1)
  }
  assert.equal(lds.decoded, 1)
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_RESOURCE_INVALID'])
})

test('a resource that does not come within 15 s of the request is missing', async () => {
  const eds = partialStateType()
  const watcher = watch(eds, 'e')
  await requests(eds, 1)
  plane.last.respond(eds.typeUrl, 'v1', [])
  await requests(eds, 2)
  await clock.advance(14_999)
  assert.deepEqual(watcher.take(), [])
  await clock.advance(1)
  assert.deepEqual(watcher.take(), ['missing'])
})

test('a deleted listener is kept, with a warning to its watchers', async () => {
  const lds = fullStateType()
  const deleted = watch(lds, 'deleted')
  const other = watch(lds, 'other')
  await requests(lds, 1)
  plane.last.respond(lds.typeUrl, 'v1', [textResource('deleted', 'one'), textResource('other', 'one')])
  plane.last.respond(lds.typeUrl, 'v2', [textResource('other', 'one')])
  assert.equal((await requests(lds, 3))[2]?.errorDetail, undefined)
  await until(() => deleted.lines.length === 2)
  assert.deepEqual(deleted.take(), ['changed one', 'ambient ERR_INMESH_RESOURCE_MISSING'])
  assert.deepEqual(other.take(), ['changed one'])
})

test('a control plane that is not there fails the watch, and is found once it is there', async () => {
  plane.stop()
  const lds = fullStateType()
  const watcher = watch(lds, 'a')
  await until(() => watcher.lines.length > 0)
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'])
  assert.match(watcher.errors[0]?.message ?? '', /ECONNREFUSED/)
  await plane.start()
  await nextStream()
  await requests(lds, 1)
  plane.last.respond(lds.typeUrl, 'v1', [textResource('a', 'one')])
  await until(() => watcher.lines.length > 0)
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('a stream that the server ends after a response is replaced without a word to watchers', async () => {
  const lds = fullStateType()
  const watcher = watch(lds, 'a')
  await requests(lds, 1)
  plane.last.respond(lds.typeUrl, 'v1', [textResource('a', 'one')])
  await requests(lds, 2)
  plane.last.end()
  await nextStream()
  assert.equal((await requests(lds, 1))[0]?.versionInfo, 'v1')
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('another node is presented on a new stream, and the old one ends', async () => {
  const lds = fullStateType()
  watch(lds, 'a')
  await requests(lds, 1)
  const first = plane.last
  client.useNode({ ...someNode, id: 'node-2', metadata: { SERVICE: 'shop', PORTS: [8080], NESTED: { a: null } } })
  await until(() => plane.streams.length === 2 && first.isOver)
  const [request] = await requests(lds, 1)
  assert.equal(request?.node?.id, 'node-2')
  assert.deepEqual(request?.node?.metadata, { SERVICE: 'shop', PORTS: [8080], NESTED: { a: null } })
})

test('closing the client ends the stream', async () => {
  const lds = fullStateType()
  watch(lds, 'a')
  await requests(lds, 1)
  client.close()
  await until(() => plane.last.isOver)
  assert.equal(client.connection.state, 'closed')
})

test('a stream that goes silent without a close is given up and replaced', { timeout: 20_000 }, async () => {
  const wire = await SilentWire.to(plane.config)
  const channel = { keepaliveTimeMs: 50, keepaliveTimeoutMs: 50 }
  const wired = new AdsClient({ server: wire.config, node: someNode, clock, random: middling, channel })
  try {
    const lds = fullStateType()
    const watcher = new RecordingWatcher()
    wired.watch(lds, 'a', watcher)
    await requests(lds, 1)
    plane.last.respond(lds.typeUrl, 'v1', [textResource('a', 'one')])
    await requests(lds, 2)
    wire.silence()
    await until(() => wired.connection.state === 'waiting')
    await clock.advance(clock.nextDelayMs ?? 0)
    await until(() => plane.streams.length === 2 && plane.last.of(lds.typeUrl).length > 0)
    const [again] = plane.last.of(lds.typeUrl)
    assert.deepEqual([again?.resourceNames, again?.versionInfo, again?.responseNonce], [['a'], 'v1', ''])
    assert.deepEqual(watcher.take(), ['changed one'])
  } finally {
    wired.close()
    wire.cut()
  }
})
