import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceRecord } from '../source/resource-record.js'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, textResource } from '../testing/text-resource.js'

const lds = fullStateType()

function only(bench: AdsBench): ResourceRecord {
  const [record, ...others] = bench.client.records()
  assert.ok(record !== undefined && others.length === 0)
  return record
}

test('a resource is recorded from its request on, with its bytes, its version and when they came', async () => {
  const bench = new AdsBench()
  const unwatch = bench.client.watch(lds, 'a', new RecordingWatcher())
  assert.deepEqual(only(bench), {
    typeUrl: lds.typeUrl,
    name: 'a',
    status: 'requested',
    version: '',
    bytes: undefined,
    updatedMs: 0,
    fault: undefined,
  })
  const stream = await bench.open()
  await bench.clock.advance(5_000)
  const bytes = textResource('a', 'one')
  stream.respond(lds.typeUrl, 'v1', 'n1', [bytes])
  await settled()
  assert.deepEqual(only(bench), {
    typeUrl: lds.typeUrl,
    name: 'a',
    status: 'accepted',
    version: 'v1',
    bytes: new Uint8Array(bytes),
    updatedMs: 5_000,
    fault: undefined,
  })
  unwatch()
  await settled()
  assert.deepEqual([...bench.client.records()], [])
})

test('a refused copy is recorded beside the one in use, until a good one comes', async () => {
  const bench = new AdsBench()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await bench.clock.advance(7_000)
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'bad')])
  await settled()
  const { status, version, updatedMs, fault } = only(bench)
  assert.deepEqual([status, version, updatedMs], ['rejected', 'v1', 0])
  assert.deepEqual([fault?.version, fault?.atMs], ['v2', 7_000])
  assert.deepEqual(fault?.bytes, new Uint8Array(textResource('a', 'bad')))
  assert.match(fault?.details ?? '', /virtual_hosts\[0\]\.name: is bad;.*node-1/)
  stream.respond(lds.typeUrl, 'v3', 'n3', [textResource('a', 'two')])
  await settled()
  assert.deepEqual([only(bench).status, only(bench).version, only(bench).fault], ['accepted', 'v3', undefined])
})

test('a resource that never comes is recorded as missing, and the loss of the connection is no fault of it', async () => {
  const bench = new AdsBench()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  await bench.end()
  assert.deepEqual([only(bench).status, only(bench).fault], ['requested', undefined])
  await bench.clock.advance(2_000)
  await bench.open()
  await bench.clock.advance(15_000)
  assert.deepEqual([only(bench).status, only(bench).bytes], ['missing', undefined])
})
