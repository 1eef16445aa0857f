import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdsBench, someNode } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, textResource } from '../testing/text-resource.js'

test('no stream is opened before the first watch', async () => {
  const bench = new AdsBench()
  await settled()
  assert.equal(bench.opener.streams.length, 0)
  assert.deepEqual(bench.client.connection, { state: 'idle', error: undefined })
})

test('a resource that does not come within 15 s is missing, and may come later', async () => {
  for (const type of [fullStateType(), partialStateType()]) {
    const bench = new AdsBench()
    const watcher = new RecordingWatcher()
    bench.client.watch(type, 'a', watcher)
    const stream = await bench.open()
    await bench.clock.advance(14_999)
    assert.deepEqual(watcher.take(), [])
    await bench.clock.advance(1)
    assert.deepEqual(watcher.take(), ['missing'])
    const late = new RecordingWatcher()
    bench.client.watch(type, 'a', late)
    stream.respond(type.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
    await settled()
    assert.deepEqual(late.take(), ['missing', 'changed one'])
    assert.deepEqual(watcher.take(), ['changed one'])
  }
})

test('the time that a stream takes to open does not count against a resource', async () => {
  const bench = new AdsBench()
  const watcher = new RecordingWatcher()
  bench.client.watch(fullStateType(), 'a', watcher)
  await bench.clock.advance(60_000)
  await bench.open()
  await bench.clock.advance(14_999)
  assert.deepEqual(watcher.take(), [])
})

test('a lost stream stops the wait for a resource, and a new one starts it afresh', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  const received = new RecordingWatcher()
  bench.client.watch(lds, 'a', watcher)
  bench.client.watch(lds, 'b', received)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('b', 'one')])
  await bench.clock.advance(14_000)
  await bench.end()
  await bench.clock.advance(30_000)
  assert.deepEqual(watcher.take(), ['absent answer'])
  await bench.open()
  await bench.clock.advance(14_999)
  assert.deepEqual(watcher.take(), [])
  await bench.clock.advance(1)
  assert.deepEqual(watcher.take(), ['missing'])
  assert.deepEqual(received.take(), ['changed one'])
})

test('a malformed copy ends the wait for a resource', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'a', watcher)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'bad')])
  await bench.clock.advance(60_000)
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_RESOURCE_INVALID'])
})

test('a resource watched on a stream that was open long has its own 15 s', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await bench.clock.advance(100_000)
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'b', watcher)
  await settled()
  await bench.clock.advance(14_999)
  assert.deepEqual(watcher.take(), [])
  await bench.clock.advance(1)
  assert.deepEqual(watcher.take(), ['missing'])
})

test('a stream that fails without a response is told once: as failure without a value, as ambient with one', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const waiting = new RecordingWatcher()
  const served = new RecordingWatcher()
  const missing = new RecordingWatcher()
  bench.client.watch(lds, 'served', served)
  bench.client.watch(lds, 'missing', missing)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('served', 'one')])
  await bench.clock.advance(15_000)
  bench.client.watch(lds, 'waiting', waiting)
  await bench.end('server is going away')
  assert.deepEqual(served.take(), ['changed one'])
  assert.deepEqual(missing.take(), ['absent answer', 'missing'])
  for (let attempt = 0; attempt < 3; attempt++) {
    await bench.clock.advance(bench.clock.nextDelayMs ?? 0)
    await bench.end()
  }
  assert.deepEqual(served.take(), ['ambient ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'])
  assert.deepEqual(waiting.take(), ['failed ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'])
  assert.deepEqual(missing.take(), [], 'absence is known')
  assert.equal(
    waiting.errors[0]?.message,
    'the control plane control-plane:1 did not answer: UNAVAILABLE: connection refused (node node-1)',
  )
})

test('while the server cannot be reached, a new watch fails at once', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  await bench.end()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'b', watcher)
  await settled()
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'])
  assert.equal(bench.client.connection.state, 'waiting')
  assert.equal(bench.client.connection.error?.code, 'ERR_INMESH_CONTROL_PLANE_UNAVAILABLE')
})

test('a watch between two failures is told of the second', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  await bench.end()
  await bench.clock.advance(1_000)
  await bench.open()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'b', watcher)
  await settled()
  assert.deepEqual(watcher.take(), [])
  await bench.end()
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'])
})

test('the first response after an outage clears what was said about the connection', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const eds = partialStateType()
  const watchers = [new RecordingWatcher(), new RecordingWatcher()] as const
  bench.client.watch(lds, 'a', watchers[0])
  bench.client.watch(eds, 'e', watchers[1])
  const first = await bench.open()
  first.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  first.respond(eds.typeUrl, 'v1', 'n1', [textResource('e', 'one')])
  await settled()
  await bench.end()
  await bench.clock.advance(1_000)
  await bench.end()
  for (const watcher of watchers) watcher.take()
  await bench.clock.advance(2_000)
  const second = await bench.open()
  assert.equal(bench.client.connection.error, undefined)
  second.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await settled()
  assert.deepEqual(
    watchers.map((watcher) => watcher.take()),
    [['changed one'], ['changed one']],
  )
  assert.equal(lds.decoded + eds.decoded, 2)
})

test('a stream that ends after a response is no news to watchers', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'a', watcher)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await bench.end()
  await bench.clock.advance(1_000)
  await bench.open()
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('attempts that fail come 1 s, 1.6 s, 2.56 s ... and at most 120 s apart', async () => {
  const bench = new AdsBench()
  bench.client.watch(fullStateType(), 'a', new RecordingWatcher())
  const delays: number[] = []
  for (let attempt = 0; attempt < 14; attempt++) {
    await bench.end()
    const delayMs = bench.clock.nextDelayMs ?? 0
    delays.push(Math.round(delayMs))
    await bench.clock.advance(delayMs)
    assert.equal(bench.opener.streams.length, attempt + 2)
  }
  assert.deepEqual(delays.slice(0, 4), [1_000, 1_600, 2_560, 4_096])
  assert.equal(delays.at(-1), 120_000)
})

test('a stream that had a response is opened again at once and starts the back-off over', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  for (let attempt = 0; attempt < 5; attempt++) {
    await bench.end()
    await bench.clock.advance(bench.clock.nextDelayMs ?? 0)
  }
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await bench.clock.advance(5_000)
  await bench.end()
  assert.equal(bench.clock.nextDelayMs, 0)
  await bench.clock.advance(0)
  await bench.end()
  assert.equal(bench.clock.nextDelayMs, 1_000)
})

test('a server that answers once and closes gets one stream a second', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  for (let round = 0; round < 5; round++) {
    const stream = await bench.open()
    stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
    await bench.end()
    assert.equal(bench.clock.nextDelayMs, 1_000)
    await bench.clock.advance(1_000)
  }
  assert.equal(bench.opener.streams.length, 6)
})

test('a response that cannot be decoded ends the stream and counts as a failure', async () => {
  const bench = new AdsBench()
  const watcher = new RecordingWatcher()
  bench.client.watch(fullStateType(), 'a', watcher)
  const stream = await bench.open()
  stream.listener.message(new Uint8Array([0x0a, 0x7f]))
  await settled()
  assert.ok(stream.isCancelled)
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'])
  assert.equal(bench.client.connection.state, 'waiting')
})

test('another node is presented on a new stream at once, and watchers hear nothing', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'a', watcher)
  const first = await bench.open()
  first.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  bench.client.useNode({ ...someNode, id: 'node-2' })
  assert.ok(first.isCancelled)
  const second = await bench.open()
  assert.deepEqual(second.take(), [{ names: ['a'], version: 'v1', nonce: '', node: 'node-2', complaint: undefined }])
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('another node before the first watch opens no stream', async () => {
  const bench = new AdsBench()
  bench.client.useNode({ ...someNode, id: 'node-2' })
  assert.equal(bench.opener.streams.length, 0)
  bench.client.watch(fullStateType(), 'a', new RecordingWatcher())
  const stream = await bench.open()
  assert.equal(stream.take()[0]?.node, 'node-2')
})

test('after close nothing is open, waits or is told', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'a', watcher)
  bench.client.watch(lds, 'b', watcher)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  bench.client.close()
  bench.client.close()
  await settled()
  assert.deepEqual(watcher.take(), [])
  assert.ok(stream.isCancelled)
  assert.ok(bench.opener.isClosed)
  assert.equal(bench.clock.timerCount, 0)
  assert.throws(() => bench.client.watch(lds, 'c', watcher), { code: 'ERR_INMESH_CLOSED' })
})

test('close while waiting for the next attempt cancels the attempt', async () => {
  const bench = new AdsBench()
  bench.client.watch(fullStateType(), 'a', new RecordingWatcher())
  await bench.end()
  bench.client.close()
  assert.equal(bench.clock.timerCount, 0)
})
