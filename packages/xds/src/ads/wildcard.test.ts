import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import type { FakeStream } from '../testing/fake-stream.js'
import { RecordingSetWatcher } from '../testing/recording-set-watcher.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, type TextType, textResource } from '../testing/text-resource.js'

interface Watched {
  readonly bench: AdsBench
  readonly stream: FakeStream
  readonly cds: TextType
  readonly all: RecordingSetWatcher
  readonly unwatch: () => void
}

async function watchingAll(): Promise<Watched> {
  const bench = new AdsBench()
  const cds = fullStateType()
  const all = new RecordingSetWatcher()
  const unwatch = bench.client.watchAll(cds, all)
  const stream = await bench.open()
  return { bench, stream, cds, all, unwatch }
}

function watch({ bench, cds }: Watched, name: string): { watcher: RecordingWatcher; unwatch: () => void } {
  const watcher = new RecordingWatcher()
  return { watcher, unwatch: bench.client.watch(cds, name, watcher) }
}

async function respond({ stream, cds }: Watched, version: string, words: Record<string, string>): Promise<void> {
  const resources = Object.entries(words).map(([name, word]) => textResource(name, word))
  stream.respond(cds.typeUrl, version, `n-${version}`, resources)
  await settled()
}

function names(stream: FakeStream): (readonly string[])[] {
  return stream.take().map((request) => request.names)
}

test('a whole type is asked for by the name *, and each resource is told, then that it is all', async () => {
  const watched = await watchingAll()
  const [request] = watched.stream.take()
  assert.deepEqual(request?.names, ['*'])
  await respond(watched, 'v1', { a: 'one', b: 'one' })
  assert.deepEqual(watched.all.take(), ['changed a one', 'changed b one', 'complete'])
  assert.deepEqual(names(watched.stream), [['*']], 'one ACK')
})

test('a set may be empty', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', {})
  assert.deepEqual(watched.all.take(), ['complete'])
})

test('later responses tell what was added, changed and removed, and nothing else', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', { a: 'one', b: 'one', c: 'one' })
  watched.all.take()
  await respond(watched, 'v2', { a: 'one', b: 'two', d: 'one' })
  assert.deepEqual(watched.all.take().sort(), ['changed b two', 'changed d one', 'removed c'])
  assert.equal(watched.cds.decoded, 5)
})

test('a removed resource that comes back with the same bytes is told again', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', { a: 'one' })
  await respond(watched, 'v2', {})
  await respond(watched, 'v3', { a: 'one' })
  assert.deepEqual(watched.all.take(), ['changed a one', 'complete', 'removed a', 'changed a one'])
})

test('a malformed resource fails alone, or is ambient where an earlier copy was good', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', { a: 'one', b: 'bad' })
  await respond(watched, 'v2', { a: 'bad', b: 'bad' })
  assert.deepEqual(watched.all.take(), [
    'changed a one',
    'failed b ERR_INMESH_RESOURCE_INVALID',
    'complete',
    'ambient a ERR_INMESH_RESOURCE_INVALID',
  ])
  await respond(watched, 'v3', { a: 'one' })
  assert.deepEqual(watched.all.take().sort(), ['changed a one', 'removed b'])
})

test('a response in which a name cannot be read completes and removes nothing', async () => {
  const watched = await watchingAll()
  const broken = new Uint8Array([0xff])
  watched.stream.respond(watched.cds.typeUrl, 'v1', 'n1', [textResource('a', 'one'), broken])
  await settled()
  assert.deepEqual(watched.all.take(), ['changed a one'])
  watched.stream.respond(watched.cds.typeUrl, 'v2', 'n2', [broken])
  await settled()
  assert.deepEqual(watched.all.take(), [])
})

test('a watch by name of what is in the set asks for nothing', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', { a: 'one' })
  watched.stream.take()
  const { watcher } = watch(watched, 'a')
  await settled()
  assert.deepEqual(watcher.take(), ['changed one'])
  assert.deepEqual(watched.stream.take(), [])
})

test('a watch by name before the set is there waits for it', async () => {
  const watched = await watchingAll()
  const a = watch(watched, 'a')
  const b = watch(watched, 'b')
  await settled()
  assert.deepEqual(names(watched.stream), [['*']])
  await respond(watched, 'v1', { a: 'one' })
  assert.deepEqual([a.watcher.take(), b.watcher.take()], [['changed one'], ['missing']])
})

test('what the set lacks is missing at once, and asked for by name beside *, as long as it is watched', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', { a: 'one' })
  watched.stream.take()
  const { watcher, unwatch } = watch(watched, 'on-demand')
  await settled()
  assert.deepEqual(watcher.take(), ['missing'])
  assert.deepEqual(names(watched.stream), [['*', 'on-demand']])
  await respond(watched, 'v2', { a: 'one', 'on-demand': 'one' })
  assert.deepEqual(watcher.take(), ['changed one'])
  assert.deepEqual(names(watched.stream), [['*', 'on-demand']], 'it may be there only because it is named')
  await watched.bench.end()
  await watched.bench.clock.advance(1_000)
  const second = await watched.bench.open()
  const [request] = second.take()
  assert.deepEqual([request?.names, request?.version], [['*', 'on-demand'], 'v2'])
  unwatch()
  await settled()
  assert.deepEqual(names(second), [['*']])
})

test('what was watched by name before stays named, and the set has it too', async () => {
  const bench = new AdsBench()
  const cds = fullStateType()
  const watcher = new RecordingWatcher()
  bench.client.watch(cds, 'a', watcher)
  const stream = await bench.open()
  stream.respond(cds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await settled()
  stream.take()
  const all = new RecordingSetWatcher()
  bench.client.watchAll(cds, all)
  await settled()
  assert.deepEqual(names(stream), [['*', 'a']])
  stream.respond(cds.typeUrl, 'v2', 'n2', [textResource('a', 'one'), textResource('b', 'one')])
  await settled()
  assert.deepEqual(all.take(), ['changed a one', 'changed b one', 'complete'])
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('a resource that is taken out of the set stays in use where it is watched by name', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', { a: 'one', b: 'one' })
  watched.all.take()
  const { watcher } = watch(watched, 'a')
  await respond(watched, 'v2', {})
  assert.deepEqual(watched.all.take().sort(), ['removed a', 'removed b'])
  assert.deepEqual(watcher.take(), ['changed one', 'ambient ERR_INMESH_RESOURCE_MISSING'])
})

test('a second watch of the whole is served from what is known, and the last one to end unsubscribes', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', { a: 'one', b: 'one' })
  watched.stream.take()
  const late = new RecordingSetWatcher()
  const unwatchLate = watched.bench.client.watchAll(watched.cds, late)
  assert.deepEqual(late.take(), [], 'not from inside watchAll()')
  await settled()
  assert.deepEqual(late.take(), ['changed a one', 'changed b one', 'complete'])
  assert.deepEqual(watched.stream.take(), [])
  unwatchLate()
  watch(watched, 'a')
  watched.unwatch()
  await settled()
  assert.deepEqual(names(watched.stream), [['a']])
  await respond(watched, 'v2', { a: 'two' })
  assert.deepEqual([...late.take(), ...watched.all.take().slice(3)], [])
})

test('a control plane that cannot be reached is told until the set is complete, then of each resource', async () => {
  const bench = new AdsBench()
  const cds = fullStateType()
  const all = new RecordingSetWatcher()
  bench.client.watchAll(cds, all)
  await bench.end()
  const late = new RecordingSetWatcher()
  bench.client.watchAll(cds, late)
  await settled()
  assert.deepEqual(
    [all.take(), late.take()],
    [['unreachable ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'], ['unreachable ERR_INMESH_CONTROL_PLANE_UNAVAILABLE']],
  )
  await bench.clock.advance(1_000)
  const stream = await bench.open()
  stream.respond(cds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await bench.end()
  assert.deepEqual(all.take(), ['changed a one', 'complete'])
  await bench.clock.advance(1_000)
  await bench.end()
  assert.deepEqual(all.take(), ['ambient a ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'])
})

test('after a reconnect the set is asked for with its version, and is told only what differs', async () => {
  const watched = await watchingAll()
  await respond(watched, 'v1', { a: 'one', b: 'one' })
  watched.all.take()
  await watched.bench.end()
  await watched.bench.clock.advance(1_000)
  const stream = await watched.bench.open()
  const [request] = stream.take()
  assert.deepEqual([request?.names, request?.version, request?.nonce], [['*'], 'v1', ''])
  await respond({ ...watched, stream }, 'v2', { b: 'one' })
  assert.deepEqual(watched.all.take(), ['removed a'])
})
