import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, textResource } from '../testing/text-resource.js'

test('a resource that the server does not answer for counts as absent after a while on a connected stream', async () => {
  const bench = new AdsBench({ absentAfterMs: 1000 })
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'a', watcher)
  await bench.clock.advance(5000)
  assert.deepEqual(watcher.take(), [])
  const stream = await bench.open()
  await bench.clock.advance(999)
  assert.deepEqual(watcher.take(), [])
  await bench.clock.advance(1)
  assert.deepEqual(watcher.take(), ['absent silence'])
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'late')])
  await settled()
  assert.deepEqual(watcher.take(), ['changed late'])
})

test('nobody is told that a resource is absent which came in time, or whose absence says nothing', async () => {
  const bench = new AdsBench({ absentAfterMs: 1000 })
  const [lds, eds] = [fullStateType(), partialStateType()]
  const [inTime, partial] = [new RecordingWatcher(), new RecordingWatcher()]
  bench.client.watch(lds, 'a', inTime)
  bench.client.watch(eds, 'e', partial)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await bench.clock.advance(2000)
  assert.deepEqual([inTime.take(), partial.take()], [['changed one'], []])
})
