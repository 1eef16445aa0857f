import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, textResource } from '../testing/text-resource.js'

test('the next response of a stream is read when every watcher knows what the last one changed', async () => {
  const bench = new AdsBench()
  const [lds, eds] = [fullStateType(), partialStateType()]
  const order: string[] = []
  const decoded = (): string => `${lds.decoded} LDS and ${eds.decoded} EDS decoded`
  const tell = (who: string) => () => {
    order.push(`${who} told, ${decoded()}`)
    // What a watcher puts off to the end of its turn is part of its knowing.
    queueMicrotask(() => queueMicrotask(() => order.push(`${who} done, ${decoded()}`)))
  }
  bench.client.watch(lds, 'a', new RecordingWatcher(tell('a')))
  bench.client.watch(eds, 'e', new RecordingWatcher(tell('e')))
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('e', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'two')])
  await settled()
  assert.deepEqual(order, [
    'a told, 1 LDS and 0 EDS decoded',
    'a done, 1 LDS and 0 EDS decoded',
    'e told, 1 LDS and 1 EDS decoded',
    'e done, 1 LDS and 1 EDS decoded',
    'a told, 2 LDS and 1 EDS decoded',
    'a done, 2 LDS and 1 EDS decoded',
  ])
})

test('the same holds for errors, absences and responses that tell nobody anything', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const seen: string[] = []
  const watcher: RecordingWatcher = new RecordingWatcher(() => {
    seen.push(`${watcher.lines.at(-1)} of ${lds.decoded}`)
  })
  bench.client.watch(lds, 'a', watcher)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'bad')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('x', 'one')])
  stream.respond('type.googleapis.com/example.Unknown', 'v1', 'n1', [])
  stream.respond(lds.typeUrl, 'v3', 'n3', [textResource('a', 'one')])
  stream.respond(lds.typeUrl, 'v4', 'n4', [])
  stream.respond(lds.typeUrl, 'v5', 'n5', [textResource('a', 'two')])
  await settled()
  assert.deepEqual(seen, [
    'failed ERR_INMESH_RESOURCE_INVALID of 1',
    'changed one of 2',
    'ambient ERR_INMESH_RESOURCE_MISSING of 2',
    'changed two of 3',
  ])
})

test('a watch that a watcher adds goes out before the next response is read', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher(() => bench.client.watch(lds, 'b', new RecordingWatcher())))
  const stream = await bench.open()
  stream.take()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'one'), textResource('b', 'one')])
  await settled()
  assert.deepEqual(
    stream.take().map(({ names, version }) => [names.join(), version]),
    [
      ['a', 'v1'],
      ['a,b', 'v1'],
      ['a,b', 'v2'],
    ],
  )
})

test('a watcher that throws does not stop the stream', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const broken = new RecordingWatcher(() => {
    throw new Error('a defect of the watcher')
  })
  bench.client.watch(lds, 'a', broken)
  const stream = await bench.open()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'two')])
  await settled()
  assert.deepEqual(broken.take(), ['changed one', 'changed two'])
})
