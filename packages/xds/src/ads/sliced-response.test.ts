import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { RecordingSetWatcher } from '../testing/recording-set-watcher.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, type TextType, textResource } from '../testing/text-resource.js'

const SLICES = 3

/** A type whose resources take three slices each, `quick` ones excepted. */
function sliced(type: TextType): TextType {
  return Object.assign(type, {
    *decodeSlices(bytes: Uint8Array) {
      for (let slice = 1; slice < SLICES && !Buffer.from(bytes).includes('quick'); slice++) yield 'turn'
      return type.decode(bytes)
    },
  })
}

async function watching(type: TextType, ...names: string[]) {
  const bench = new AdsBench()
  const watchers = names.map((name) => {
    const watcher = new RecordingWatcher()
    bench.client.watch(type, name, watcher)
    return watcher
  })
  const stream = await bench.open()
  stream.take()
  return { bench, stream, watchers }
}

test('a large resource is neither told nor acknowledged before it is decoded, and the event loop turns meanwhile', async () => {
  const eds = sliced(partialStateType())
  const { bench, stream, watchers } = await watching(eds, 'a')
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await settled()
  assert.deepEqual([watchers[0]?.take(), stream.take()], [[], []])
  await bench.clock.advance(0)
  assert.deepEqual(watchers[0]?.take(), ['changed one'])
  assert.deepEqual(stream.take(), [{ names: ['a'], version: 'v1', nonce: 'n1', node: undefined, complaint: undefined }])
})

test('what one response changes is told in one run, however long it took to decode', async () => {
  const eds = sliced(partialStateType())
  const told: string[] = []
  const bench = new AdsBench()
  for (const name of ['a', 'b']) bench.client.watch(eds, name, new RecordingWatcher(() => told.push(name)))
  const stream = await bench.open()
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('a', 'quick'), textResource('b', 'two')])
  await settled()
  assert.deepEqual(told, [])
  await bench.clock.advance(0)
  assert.deepEqual(told, ['a', 'b'])
})

test('a newer response is not read before the older is decoded and told', async () => {
  const eds = sliced(partialStateType())
  const { bench, stream, watchers } = await watching(eds, 'a', 'b')
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('a', 'old'), textResource('b', 'only')])
  stream.respond(eds.typeUrl, 'v2', 'n2', [textResource('a', 'new')])
  await settled()
  assert.equal(eds.decoded, 0)
  await bench.clock.advance(0)
  assert.deepEqual([watchers[0]?.take(), watchers[1]?.take()], [['changed old', 'changed new'], ['changed only']])
  const acknowledged = stream.take().map(({ version, nonce, complaint }) => [version, nonce, complaint])
  assert.deepEqual(acknowledged, [
    ['v1', 'n1', undefined],
    ['v2', 'n2', undefined],
  ])
})

test('a response that can be decoded at once waits for those before it, of whatever type', async () => {
  const told: string[] = []
  const lds = fullStateType()
  const eds = sliced(partialStateType())
  const bench = new AdsBench()
  bench.client.watch(eds, 'e', new RecordingWatcher(() => told.push('e')))
  bench.client.watch(lds, 'l', new RecordingWatcher(() => told.push('l')))
  const stream = await bench.open()
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('e', 'one')])
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('l', 'one')])
  await settled()
  assert.deepEqual(told, [])
  await bench.clock.advance(0)
  assert.deepEqual(told, ['e', 'l'])
})

test('a malformed resource is rejected once that is known', async () => {
  const eds = sliced(partialStateType())
  const { bench, stream, watchers } = await watching(eds, 'a')
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('a', 'bad')])
  await settled()
  assert.deepEqual(stream.take(), [])
  await bench.clock.advance(0)
  assert.deepEqual(watchers[0]?.take(), ['failed ERR_INMESH_RESOURCE_INVALID'])
  const [nack] = stream.take()
  assert.deepEqual([nack?.version, nack?.nonce], ['', 'n1'])
  assert.match(nack?.complaint ?? '', /is bad/)
})

test('a stream that ends meanwhile gets no answer, and the next one is not answered with its nonce', async () => {
  const eds = sliced(partialStateType())
  const { bench, stream, watchers } = await watching(eds, 'a')
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await bench.end()
  await bench.clock.advance(10_000)
  const next = await bench.open()
  assert.deepEqual(watchers[0]?.take(), ['changed one'])
  assert.deepEqual(stream.take(), [])
  assert.deepEqual(
    next.take().map(({ nonce }) => nonce),
    [''],
  )
})

test('a client that is closed meanwhile tells nobody', async () => {
  const eds = sliced(partialStateType())
  const { bench, stream, watchers } = await watching(eds, 'a')
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  bench.client.close()
  await bench.clock.advance(10_000)
  assert.deepEqual(watchers[0]?.take(), [])
  assert.equal(eds.decoded, 0)
})

test('a set is complete once the first response is decoded', async () => {
  const lds = sliced(fullStateType())
  const all = new RecordingSetWatcher()
  const bench = new AdsBench()
  bench.client.watchAll(lds, all)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one'), textResource('b', 'one')])
  await settled()
  assert.deepEqual(all.take(), [])
  await bench.clock.advance(0)
  assert.deepEqual(all.take(), ['changed a one', 'changed b one', 'complete'])
})
