import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, textResource } from '../testing/text-resource.js'

test('one request names everything that was watched in one turn', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  bench.client.watch(lds, 'b', new RecordingWatcher())
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  assert.deepEqual(stream.take(), [{ names: ['a', 'b'], version: '', nonce: '', node: 'node-1', complaint: undefined }])
})

test('only the first request of a stream carries the node, of whatever type it is', async () => {
  const bench = new AdsBench()
  bench.client.watch(fullStateType(), 'a', new RecordingWatcher())
  bench.client.watch(partialStateType(), 'e', new RecordingWatcher())
  const first = await bench.open()
  assert.deepEqual(
    first.take().map((request) => request.node),
    ['node-1', undefined],
  )
  await bench.end()
  await bench.clock.advance(1_000)
  const second = await bench.open()
  assert.notEqual(second, first)
  assert.deepEqual(
    second.take().map((request) => request.node),
    ['node-1', undefined],
  )
})

test('a valid response is acknowledged with its version and nonce', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.take()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  assert.deepEqual(stream.take(), [{ names: ['a'], version: 'v1', nonce: 'n1', node: undefined, complaint: undefined }])
})

test('a later watch asks with the full list, the last version and the last nonce', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.take()
  bench.client.watch(lds, 'b', new RecordingWatcher())
  await settled()
  assert.deepEqual(stream.take(), [
    { names: ['a', 'b'], version: 'v1', nonce: 'n1', node: undefined, complaint: undefined },
  ])
})

test('types have versions and nonces of their own', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const eds = partialStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  bench.client.watch(eds, 'e', new RecordingWatcher())
  const stream = await bench.open()
  stream.take()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(eds.typeUrl, 'w1', 'm1', [textResource('e', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'two')])
  await settled()
  assert.deepEqual(
    stream.take(eds.typeUrl).map(({ version, nonce }) => [version, nonce]),
    [['w1', 'm1']],
  )
})

test('the first rejection carries no version, a later one the version that is in use', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.take()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'bad')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'good')])
  stream.respond(lds.typeUrl, 'v3', 'n3', [textResource('a', 'bad again')])
  await settled()
  const complaints = stream.take()
  assert.deepEqual(
    complaints.map(({ version, nonce, complaint }) => [version, nonce, complaint !== undefined]),
    [
      ['', 'n1', true],
      ['v2', 'n2', false],
      ['v2', 'n3', true],
    ],
  )
})

test('a rejection lists every error of every resource with name, field and node', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  for (const name of ['a', 'b', 'c']) bench.client.watch(lds, name, new RecordingWatcher())
  const stream = await bench.open()
  stream.take()
  const resources = [textResource('a', 'bad'), textResource('b', 'good'), textResource('c', 'bad too')]
  stream.respond(lds.typeUrl, 'v1', 'n1', resources)
  assert.deepEqual(
    stream.take().map(({ complaint }) => complaint),
    [
      'LDS "a": virtual_hosts[0].name: is bad; virtual_hosts[0].domains: is missing; ' +
        'LDS "c": virtual_hosts[0].name: is bad too; virtual_hosts[0].domains: is missing (node node-1)',
    ],
  )
})

test('a rejection of countless resources stays small enough to send', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const names = Array.from({ length: 3_000 }, (_, index) => `listener-${index}`)
  for (const name of names) bench.client.watch(lds, name, new RecordingWatcher())
  const stream = await bench.open()
  stream.take()
  stream.respond(
    lds.typeUrl,
    'v1',
    'n1',
    names.map((name) => textResource(name, 'bad')),
  )
  const [nack] = stream.take()
  assert.ok((nack?.complaint?.length ?? 0) < 70_000)
  assert.match(nack?.complaint ?? '', /3000 in all/)
})

test('a new stream asks for everything with the accepted version and no nonce', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const eds = partialStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  bench.client.watch(lds, 'b', new RecordingWatcher())
  bench.client.watch(eds, 'e', new RecordingWatcher())
  const first = await bench.open()
  first.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  first.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'bad')])
  await bench.end()
  await bench.clock.advance(1_000)
  const second = await bench.open()
  assert.deepEqual(second.take(), [
    { names: ['a', 'b'], version: 'v1', nonce: '', node: 'node-1', complaint: undefined },
    { names: ['e'], version: '', nonce: '', node: undefined, complaint: undefined },
  ])
})

test('ending the last watch unsubscribes with an empty list, and a later stream does not mention the type', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const unwatch = bench.client.watch(lds, 'a', new RecordingWatcher())
  bench.client.watch(partialStateType(), 'e', new RecordingWatcher())
  const first = await bench.open()
  first.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  first.take()
  unwatch()
  await settled()
  assert.deepEqual(first.take(), [{ names: [], version: 'v1', nonce: 'n1', node: undefined, complaint: undefined }])
  await bench.end()
  await bench.clock.advance(1_000)
  const second = await bench.open()
  assert.deepEqual(second.take(lds.typeUrl), [])
})

test('a type that lost everything it held does not claim a version on a new stream', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const unwatch = bench.client.watch(lds, 'a', new RecordingWatcher())
  const first = await bench.open()
  first.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  unwatch()
  await bench.end()
  bench.client.watch(lds, 'b', new RecordingWatcher())
  await bench.clock.advance(1_000)
  const second = await bench.open()
  assert.deepEqual(second.take(), [{ names: ['b'], version: '', nonce: '', node: 'node-1', complaint: undefined }])
})

test('a watch that ends and begins again in one turn asks nothing and keeps the value', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const unwatch = bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await settled()
  stream.take()
  const watcher = new RecordingWatcher()
  unwatch()
  bench.client.watch(lds, 'a', watcher)
  await settled()
  assert.deepEqual(stream.take(), [])
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('a response of a type that nobody watches is passed over', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.take()
  stream.respond('type.googleapis.com/example.Unknown', 'v1', 'n1', [textResource('a', 'one')])
  assert.deepEqual(stream.take(), [])
})

test('a response of a type that this stream was not asked for is not answered, as that would ask for everything', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const unwatch = bench.client.watch(lds, 'a', new RecordingWatcher())
  bench.client.watch(partialStateType(), 'e', new RecordingWatcher())
  unwatch()
  const stream = await bench.open()
  stream.take()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  assert.deepEqual(stream.take(), [])
})

test('the same rejected bytes are told to the server once a second, without being decoded again', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'a', watcher)
  const stream = await bench.open()
  stream.take()
  let nonce = 0
  const rejectedIn = async (ms: number): Promise<number> => {
    let count = 0
    for (let elapsed = 0; elapsed < ms; elapsed += 100) {
      // A server that sends again the moment it is told.
      if (stream.take().length > 0 || nonce === 0) {
        if (nonce > 0) count++
        stream.respond(lds.typeUrl, 'v1', `n${++nonce}`, [textResource('a', 'bad')])
      }
      await bench.clock.advance(100)
    }
    return count
  }
  const rejections = await rejectedIn(10_000)
  assert.ok(rejections >= 9 && rejections <= 11, `${rejections} rejections in 10 s`)
  assert.equal(lds.decoded, 1)
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_RESOURCE_INVALID'])
})

test('a server whose bytes differ each time cannot drive rejections faster than the burst and one a second', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.take()
  let rejections = 0
  stream.respond(lds.typeUrl, 'v', 'n0', [textResource('a', 'bad 0')])
  for (let round = 1; round <= 100; round++) {
    const answered = stream.take().length
    rejections += answered
    if (answered > 0) stream.respond(lds.typeUrl, 'v', `n${round}`, [textResource('a', `bad ${round}`)])
    await bench.clock.advance(100)
  }
  assert.ok(rejections >= 10 && rejections <= 16, `${rejections} rejections in 10 s`)
})

test('a good response takes the place of a rejection that still waits', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'bad')])
  stream.respond(lds.typeUrl, 'v1', 'n2', [textResource('a', 'bad')])
  await settled()
  stream.take()
  stream.respond(lds.typeUrl, 'v2', 'n3', [textResource('a', 'good')])
  await bench.clock.advance(5_000)
  assert.deepEqual(
    stream.take().map(({ version, nonce, complaint }) => [version, nonce, complaint]),
    [['v2', 'n3', undefined]],
  )
})

test('a change of names does not wait for a rejection that must, nor hastens it, nor is taken for an ACK', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'good')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'bad')])
  stream.respond(lds.typeUrl, 'v2', 'n3', [textResource('a', 'bad')])
  await settled()
  stream.take()
  bench.client.watch(lds, 'b', new RecordingWatcher())
  await bench.clock.advance(999)
  assert.deepEqual(stream.take(), [
    { names: ['a', 'b'], version: 'v1', nonce: 'n3', node: undefined, complaint: undefined },
  ])
  await bench.clock.advance(5_000)
  assert.deepEqual(
    stream.take().map(({ names, version, nonce, complaint }) => [names, version, nonce, complaint !== undefined]),
    [[['a', 'b'], 'v1', 'n3', true]],
  )
})

test('a waiting rejection dies with its stream', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const first = await bench.open()
  first.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'bad')])
  first.respond(lds.typeUrl, 'v1', 'n2', [textResource('a', 'bad')])
  await bench.end()
  await bench.clock.advance(1_000)
  const second = await bench.open()
  second.take()
  await bench.clock.advance(5_000)
  assert.deepEqual(second.take(), [])
})
