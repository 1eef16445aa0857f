import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Logger, silentLogger } from '@inmesh/core'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { RecordingSetWatcher } from '../testing/recording-set-watcher.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, type TextType, textResource } from '../testing/text-resource.js'
import { type LocalResource, LocalSource } from './local-source.js'

function resource(type: TextType, name: string, word: string): LocalResource {
  return { typeUrl: type.typeUrl, name, bytes: textResource(name, word) }
}

/** Where no time passes, everything is decoded in one slice. */
function timeless(logger: Logger = silentLogger): LocalSource {
  return new LocalSource(logger, new FakeClock())
}

test('nothing is told before the first set', async () => {
  const watcher = new RecordingWatcher()
  timeless().watch(fullStateType(), 'a', watcher)
  await settled()
  assert.deepEqual(watcher.take(), [])
})

test('a set tells what changed and what is missing, of every type', async () => {
  const source = timeless()
  const lds = fullStateType()
  const eds = partialStateType()
  const watchers = [new RecordingWatcher(), new RecordingWatcher(), new RecordingWatcher()] as const
  source.watch(lds, 'a', watchers[0])
  source.watch(eds, 'a', watchers[1])
  source.watch(eds, 'gone', watchers[2])
  source.replace([resource(lds, 'a', 'one'), resource(eds, 'a', 'uno'), resource(eds, 'gone', 'x')])
  await settled()
  source.replace([resource(lds, 'a', 'one'), resource(eds, 'a', 'due')])
  source.replace([resource(lds, 'a', 'one'), resource(eds, 'a', 'due')])
  await settled()
  assert.deepEqual(
    watchers.map((watcher) => watcher.take()),
    [['changed one'], ['changed uno', 'changed due'], ['changed x', 'missing']],
  )
  assert.equal(lds.decoded, 1)
})

test('a watch after the set is told later, never from inside watch()', async () => {
  const source = timeless()
  const lds = fullStateType()
  source.replace([resource(lds, 'a', 'one')])
  const watchers = ['a', 'b'].map((name) => {
    const watcher = new RecordingWatcher()
    source.watch(lds, name, watcher)
    assert.deepEqual(watcher.lines, [])
    return watcher
  })
  await settled()
  assert.deepEqual(
    watchers.map((watcher) => watcher.take()),
    [['changed one'], ['missing']],
  )
})

test('what nobody watches is not decoded', async () => {
  const source = timeless()
  const lds = fullStateType()
  const unwatch = source.watch(lds, 'a', new RecordingWatcher())
  source.replace([resource(lds, 'a', 'one'), resource(lds, 'b', 'bad')])
  unwatch()
  await settled()
  source.replace([resource(lds, 'a', 'two')])
  assert.equal(lds.decoded, 1)
})

test('a malformed resource fails without a value, and is ambient with one, once', async () => {
  const warnings: string[] = []
  const source = timeless({ debug() {}, info() {}, warn: (message) => warnings.push(message), error() {} })
  const lds = fullStateType()
  const fresh = new RecordingWatcher()
  const served = new RecordingWatcher()
  source.watch(lds, 'fresh', fresh)
  source.watch(lds, 'served', served)
  source.replace([resource(lds, 'fresh', 'bad'), resource(lds, 'served', 'one')])
  const second = [resource(lds, 'fresh', 'bad'), resource(lds, 'served', 'bad')]
  source.replace(second)
  source.replace(second)
  await settled()
  assert.deepEqual(fresh.take(), ['failed ERR_INMESH_RESOURCE_INVALID'])
  assert.deepEqual(served.take(), ['changed one', 'ambient ERR_INMESH_RESOURCE_INVALID'])
  assert.equal(warnings.length, 2)
  source.replace([resource(lds, 'fresh', 'good'), resource(lds, 'served', 'one')])
  await settled()
  assert.deepEqual([fresh.take(), served.take()], [['changed good'], ['changed one']])
})

test('a resource that was missing and comes again with the same bytes is told', async () => {
  const source = timeless()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  source.watch(lds, 'a', watcher)
  const set = [resource(lds, 'a', 'one')]
  source.replace(set)
  source.replace([])
  source.replace(set)
  await settled()
  assert.deepEqual(watcher.take(), ['changed one', 'missing', 'changed one'])
})

test('a set given as buffers that are changed later keeps what it said', async () => {
  const source = timeless()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  source.watch(lds, 'a', watcher)
  const one = resource(lds, 'a', 'one')
  source.replace([one])
  one.bytes.fill(0)
  source.replace([resource(lds, 'a', 'one')])
  await settled()
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('a whole type is told resource by resource, then that it is all, then what differs', async () => {
  const source = timeless()
  const lds = fullStateType()
  const early = new RecordingSetWatcher()
  source.watchAll(lds, early)
  await settled()
  assert.deepEqual(early.take(), [])
  source.replace([resource(lds, 'a', 'one'), resource(lds, 'b', 'bad'), resource(lds, 'c', 'one')])
  await settled()
  const late = new RecordingSetWatcher()
  source.watchAll(lds, late)
  await settled()
  const all = ['changed a one', 'failed b ERR_INMESH_RESOURCE_INVALID', 'changed c one', 'complete']
  assert.deepEqual([early.take(), late.take()], [all, all])
  source.replace([resource(lds, 'a', 'one'), resource(lds, 'c', 'two'), resource(lds, 'd', 'one')])
  await settled()
  assert.deepEqual(early.take().sort(), ['changed c two', 'changed d one', 'removed b'])
})

test('a resource of a whole type can be watched by name too, each in its own way', async () => {
  const source = timeless()
  const lds = fullStateType()
  const all = new RecordingSetWatcher()
  const byName = new RecordingWatcher()
  const endAll = source.watchAll(lds, all)
  source.watch(lds, 'a', byName)
  for (const set of [[resource(lds, 'a', 'one')], [], [resource(lds, 'a', 'two')]]) {
    source.replace(set)
    await settled()
  }
  assert.deepEqual(all.take(), ['changed a one', 'complete', 'removed a', 'changed a two'])
  assert.deepEqual(byName.take(), ['changed one', 'missing', 'changed two'])
  endAll()
  source.replace([resource(lds, 'a', 'three'), resource(lds, 'b', 'one')])
  await settled()
  assert.deepEqual([all.take(), byName.take()], [[], ['changed three']])
  assert.equal(lds.decoded, 3)
})

/** A type whose resources take three slices each. */
function sliced(type: TextType): TextType {
  return Object.assign(type, {
    *decodeSlices(bytes: Uint8Array) {
      yield 'turn'
      yield 'turn'
      return type.decode(bytes)
    },
  })
}

test('a set that takes long to decode is told as a whole, and the event loop turns meanwhile', async () => {
  const clock = new FakeClock()
  const source = new LocalSource(silentLogger, clock)
  const [lds, eds] = [fullStateType(), sliced(partialStateType())]
  const told: string[] = []
  source.watch(lds, 'l', new RecordingWatcher(() => told.push('l')))
  for (const name of ['a', 'b']) source.watch(eds, name, new RecordingWatcher(() => told.push(name)))
  source.replace([resource(lds, 'l', 'one'), resource(eds, 'a', 'uno'), resource(eds, 'b', 'uno')])
  await settled()
  assert.deepEqual(told, [])
  await clock.advance(0)
  assert.deepEqual(told, ['l', 'a', 'b'])
})

test('sets and watches that come while one is decoded wait for it', async () => {
  const clock = new FakeClock()
  const source = new LocalSource(silentLogger, clock)
  const eds = sliced(partialStateType())
  const [early, late, all] = [new RecordingWatcher(), new RecordingWatcher(), new RecordingSetWatcher()]
  source.watch(eds, 'a', early)
  source.replace([resource(eds, 'a', 'one'), resource(eds, 'b', 'uno')])
  source.watch(eds, 'b', late)
  source.watchAll(eds, all)
  source.replace([resource(eds, 'a', 'two'), resource(eds, 'b', 'due')])
  await settled()
  assert.deepEqual([early.take(), late.take(), all.take()], [[], [], []])
  await clock.advance(0)
  assert.deepEqual(
    [early.take(), late.take(), all.take()],
    [['changed one', 'changed two'], ['changed due'], ['changed a two', 'changed b due', 'complete']],
  )
})
