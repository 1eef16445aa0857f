import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyOf, create, Resource, TypeUrl } from '@inmesh/xds-proto'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import type { FakeStream } from '../testing/fake-stream.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, type TextType, textResource } from '../testing/text-resource.js'

interface Watched {
  readonly bench: AdsBench
  readonly stream: FakeStream
  readonly watchers: readonly RecordingWatcher[]
}

async function watching(type: TextType, ...names: string[]): Promise<Watched> {
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

function take(watchers: readonly RecordingWatcher[]): string[][] {
  return watchers.map((watcher) => watcher.take())
}

test('the valid resources of a rejected response take effect', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a', 'b')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'bad'), textResource('b', 'good')])
  await settled()
  assert.deepEqual(take(watchers), [['failed ERR_INMESH_RESOURCE_INVALID'], ['changed good']])
})

test('a rejected update leaves the value in use, and the error names resource, field and node', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'bad')])
  await settled()
  assert.deepEqual(take(watchers), [['changed one', 'ambient ERR_INMESH_RESOURCE_INVALID']])
  const error = watchers[0]?.errors[0]
  assert.match(error?.message ?? '', /LDS "a": virtual_hosts\[0\]\.name: is bad;.*\(node node-1\)/)
  assert.deepEqual(error?.place, { resource: 'a', field: 'virtual_hosts[0].name' })
})

test('equal bytes are neither decoded nor delivered again', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a', 'b')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one'), textResource('b', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'one'), textResource('b', 'two')])
  await settled()
  assert.equal(lds.decoded, 3)
  assert.deepEqual(take(watchers), [['changed one'], ['changed one', 'changed two']])
  assert.deepEqual(
    stream.take().map(({ version }) => version),
    ['v1', 'v2'],
  )
})

test('equal bytes are delivered again where they clear an error, without being decoded', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'bad')])
  stream.respond(lds.typeUrl, 'v3', 'n3', [textResource('a', 'one')])
  await settled()
  assert.deepEqual(take(watchers), [['changed one', 'ambient ERR_INMESH_RESOURCE_INVALID', 'changed one']])
  assert.equal(lds.decoded, 2)
})

test('resources that nobody asked for are passed over undecoded, even malformed ones', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('x', 'bad'), textResource('a', 'one')])
  await settled()
  assert.deepEqual(take(watchers), [['changed one']])
  assert.equal(lds.decoded, 1)
  assert.deepEqual(
    stream.take().map(({ complaint }) => complaint),
    [undefined],
  )
})

test('bytes that are no message reject the response and nothing else', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a', 'b')
  const broken = new Uint8Array([0x0a, 0x05, 0x61])
  stream.respond(lds.typeUrl, 'v1', 'n1', [broken, textResource('a', 'one')])
  await settled()
  assert.deepEqual(take(watchers), [['changed one'], []])
  assert.match(stream.take()[0]?.complaint ?? '', /an? LDS resource without a readable name: cannot be decoded/)
})

test('bytes that are a message with a name but break later are told to their watcher, who waits no more', async () => {
  const lds = fullStateType()
  const { bench, stream, watchers } = await watching(lds, 'a')
  // virtual_hosts, two bytes long, which are no virtual host.
  const broken = Buffer.concat([textResource('a', 'one').subarray(0, 3), new Uint8Array([0x12, 0x02, 0x0a, 0x7f])])
  stream.respond(lds.typeUrl, 'v1', 'n1', [broken])
  await bench.clock.advance(60_000)
  assert.match(stream.take()[0]?.complaint ?? '', /LDS "a": cannot be decoded/)
  assert.deepEqual(take(watchers), [['failed ERR_INMESH_RESOURCE_INVALID']])
})

test('a decoder that throws rejects the resource and leaves the process alone', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a', 'b')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'throw'), textResource('b', 'one')])
  await settled()
  assert.deepEqual(take(watchers), [['failed ERR_INMESH_RESOURCE_INVALID'], ['changed one']])
  assert.match(stream.take()[0]?.complaint ?? '', /a defect of the decoder/)
})

test('a resource of another type than its response rejects the response', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a', 'b')
  stream.respondAny(lds.typeUrl, 'v1', 'n1', [
    { typeUrl: TypeUrl.Cluster, value: textResource('a', 'one') },
    { typeUrl: lds.typeUrl, value: textResource('b', 'one') },
  ])
  await settled()
  assert.deepEqual(take(watchers), [[], ['changed one']])
  assert.match(
    stream.take()[0]?.complaint ?? '',
    /it is of type type\.googleapis\.com\/envoy\.config\.cluster\.v3\.Cluster/,
  )
})

test('resources wrapped in a Resource are unwrapped, and an empty wrapper rejects the response', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a')
  const inner = { typeUrl: lds.typeUrl, value: textResource('a', 'one') }
  stream.respondAny(lds.typeUrl, 'v1', 'n1', [anyOf(Resource, create(Resource, { name: 'a', resource: inner }))])
  stream.respondAny(lds.typeUrl, 'v2', 'n2', [anyOf(Resource, create(Resource, { name: 'a' }))])
  await settled()
  assert.deepEqual(take(watchers), [['changed one']])
  assert.deepEqual(
    stream.take().map(({ complaint }) => complaint),
    [undefined, 'a resource is unusable: the Resource around it is empty (node node-1)'],
  )
})

test('a time to live is passed over: it was not asked for', async () => {
  const lds = fullStateType()
  const { bench, stream, watchers } = await watching(lds, 'a')
  const inner = { typeUrl: lds.typeUrl, value: textResource('a', 'one') }
  const ttl = { seconds: 1n, nanos: 0 }
  stream.respondAny(lds.typeUrl, 'v1', 'n1', [anyOf(Resource, create(Resource, { name: 'a', ttl, resource: inner }))])
  await bench.clock.advance(60_000)
  assert.deepEqual(take(watchers), [['changed one']])
})

test('the same resource twice in a response is rejected, and one copy alone is good', async () => {
  const eds = partialStateType()
  const { stream, watchers } = await watching(eds, 'a', 'b')
  const one = textResource('a', 'one')
  stream.respond(eds.typeUrl, 'v1', 'n1', [one, textResource('b', 'one'), one])
  stream.respond(eds.typeUrl, 'v2', 'n2', [one])
  await settled()
  assert.deepEqual(take(watchers), [['failed ERR_INMESH_RESOURCE_INVALID', 'changed one'], ['changed one']])
  assert.deepEqual(
    stream.take().map(({ complaint }) => complaint),
    ['EDS "a": stands in the response more than once (node node-1)', undefined],
  )
})

test('a deleted listener stays in use with a warning, told once, and its return clears it', async () => {
  const lds = fullStateType()
  const { stream, bench, watchers } = await watching(lds, 'a', 'b')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one'), textResource('b', 'one')])
  await settled()
  take(watchers)
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('b', 'one')])
  stream.respond(lds.typeUrl, 'v3', 'n3', [textResource('b', 'one')])
  await settled()
  assert.deepEqual(take(watchers), [['ambient ERR_INMESH_RESOURCE_MISSING'], []])
  assert.equal(bench.log.filter((line) => line.includes('was deleted')).length, 1)
  stream.respond(lds.typeUrl, 'v4', 'n4', [textResource('a', 'one'), textResource('b', 'one')])
  await settled()
  assert.deepEqual(take(watchers), [['changed one'], []])
})

test('a late watcher of a deleted listener gets the value, then the error', async () => {
  const lds = fullStateType()
  const { stream, bench } = await watching(lds, 'a')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [])
  const late = new RecordingWatcher()
  bench.client.watch(lds, 'a', late)
  await settled()
  assert.deepEqual(late.take(), ['changed one', 'ambient ERR_INMESH_RESOURCE_MISSING'])
})

test('a response in which a name cannot be read deletes nothing', async () => {
  const lds = fullStateType()
  const { stream, watchers } = await watching(lds, 'a')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [new Uint8Array([0xff])])
  await settled()
  assert.deepEqual(take(watchers), [['changed one']])
})

test('what an endpoint response does not contain is left as it is', async () => {
  const eds = partialStateType()
  const { stream, watchers } = await watching(eds, 'a', 'b')
  stream.respond(eds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  stream.respond(eds.typeUrl, 'v2', 'n2', [textResource('b', 'two')])
  stream.respond(eds.typeUrl, 'v3', 'n3', [])
  await settled()
  assert.deepEqual(take(watchers), [['changed one'], ['changed two']])
})

test('a listener that an answer to its request lacks is hinted to be absent, others are not', async () => {
  const lds = fullStateType()
  const { stream, bench, watchers } = await watching(lds, 'a', 'b')
  const late = new RecordingWatcher()
  bench.client.watch(lds, 'c', late)
  await settled()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await settled()
  assert.deepEqual([...take(watchers), late.take()], [['changed one'], ['absent answer'], []])
  stream.respond(lds.typeUrl, 'v2', 'n2', [textResource('a', 'one')])
  await settled()
  assert.deepEqual([...take(watchers), late.take()], [[], [], ['absent answer']])
})

test('a late watcher gets what is known at once and asks for nothing', async () => {
  const lds = fullStateType()
  const { stream, bench } = await watching(lds, 'good', 'bad', 'rejected')
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('good', 'one'), textResource('rejected', 'one')])
  stream.respond(lds.typeUrl, 'v2', 'n2', [
    textResource('good', 'one'),
    textResource('bad', 'bad'),
    textResource('rejected', 'bad'),
  ])
  await settled()
  stream.take()
  const late = ['good', 'bad', 'rejected'].map((name) => {
    const watcher = new RecordingWatcher()
    bench.client.watch(lds, name, watcher)
    assert.deepEqual(watcher.lines, [], 'not from inside watch()')
    return watcher
  })
  await settled()
  assert.deepEqual(take(late), [
    ['changed one'],
    ['failed ERR_INMESH_RESOURCE_INVALID'],
    ['changed one', 'ambient ERR_INMESH_RESOURCE_INVALID'],
  ])
  assert.deepEqual(stream.take(), [])
})

test('a watch from inside a callback is served in the same run, after the callback', async () => {
  const lds = fullStateType()
  const { stream, bench } = await watching(lds, 'other')
  const order: string[] = []
  const inner = new RecordingWatcher(() => order.push('inner told'))
  const outer = new RecordingWatcher(() => {
    queueMicrotask(() => order.push('microtask of outer'))
    bench.client.watch(lds, 'a', inner)
    order.push('outer done')
  })
  const last = new RecordingWatcher(() => order.push('b told'))
  bench.client.watch(lds, 'a', outer)
  bench.client.watch(lds, 'b', last)
  await settled()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one'), textResource('b', 'one')])
  await settled()
  assert.deepEqual(order, ['outer done', 'b told', 'inner told', 'microtask of outer'])
})

test('a watcher that ended hears nothing of what was on its way', async () => {
  const lds = fullStateType()
  const { stream, bench } = await watching(lds, 'other')
  const watcher = new RecordingWatcher()
  const unwatch = bench.client.watch(lds, 'a', watcher)
  await settled()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  unwatch()
  await settled()
  assert.deepEqual(watcher.take(), [])
})

test('a watcher that throws keeps nothing from the others', async () => {
  const lds = fullStateType()
  const { stream, bench, watchers } = await watching(lds, 'b')
  const broken = new RecordingWatcher(() => {
    throw new Error('a defect of the watcher')
  })
  bench.client.watch(lds, 'a', broken)
  await settled()
  stream.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one'), textResource('b', 'one')])
  await settled()
  assert.deepEqual(take(watchers), [['changed one']])
  assert.ok(bench.log.some((line) => line.startsWith('error') && line.includes('a defect of the watcher')))
})
