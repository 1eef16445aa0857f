import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import type { DeltaRequestLine, DeltaResponseLine, FakeStream } from '../testing/fake-stream.js'
import { RecordingSetWatcher } from '../testing/recording-set-watcher.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, type TextType, textResource } from '../testing/text-resource.js'

/** A client that speaks the incremental variant about one type. */
class DeltaBench extends AdsBench {
  readonly type: TextType
  #stream: FakeStream | undefined

  constructor(type: TextType, features: readonly string[] = []) {
    super({ protocol: 'delta' }, features)
    this.type = type
  }

  watch(name: string): { readonly watcher: RecordingWatcher; readonly unwatch: () => void } {
    const watcher = new RecordingWatcher()
    return { watcher, unwatch: this.client.watch(this.type, name, watcher) }
  }

  async opened(): Promise<DeltaRequestLine[]> {
    this.#stream = await this.open()
    return this.#stream.takeDelta()
  }

  /** Ends the stream, opens the next one and gives its first requests. */
  async reopened(): Promise<DeltaRequestLine[]> {
    await this.end()
    await this.clock.advance(1_000)
    return await this.opened()
  }

  /** Sends a response and gives what is said to that. */
  async respond(nonce: string, line: DeltaResponseLine): Promise<DeltaRequestLine[]> {
    this.#stream!.respondDelta(this.type.typeUrl, `v-${nonce}`, nonce, line)
    await settled()
    return this.said()
  }

  said(): DeltaRequestLine[] {
    return this.#stream!.takeDelta()
  }
}

const one = (name: string): Uint8Array => textResource(name, 'one')
const two = (name: string): Uint8Array => textResource(name, 'two')

test('the first request of a stream has the node and the names, without versions or nonce', async () => {
  const bench = new DeltaBench(fullStateType())
  bench.watch('a')
  bench.watch('b')
  assert.deepEqual(await bench.opened(), [{ node: 'node-1', subscribe: ['a', 'b'] }])
  assert.match(bench.opener.last.method, /DeltaAggregatedResources$/)
})

test('a response is accepted by its nonce alone', async () => {
  const bench = new DeltaBench(fullStateType())
  const { watcher } = bench.watch('a')
  await bench.opened()
  assert.deepEqual(await bench.respond('n1', { resources: { a: one('a') } }), [{ nonce: 'n1' }])
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('what is watched and let go later is told as the difference, without a nonce', async () => {
  const bench = new DeltaBench(fullStateType())
  const { unwatch } = bench.watch('a')
  await bench.opened()
  await bench.respond('n1', { resources: { a: one('a') } })
  bench.watch('b')
  await settled()
  assert.deepEqual(bench.said(), [{ subscribe: ['b'] }])
  unwatch()
  bench.watch('c')
  await settled()
  assert.deepEqual(bench.said(), [{ subscribe: ['c'], unsubscribe: ['a'] }])
})

test('with nothing watched there is no first request, which would ask for everything', async () => {
  const bench = new DeltaBench(fullStateType())
  const { unwatch } = bench.watch('a')
  unwatch()
  assert.deepEqual(await bench.opened(), [])
})

test('the last watch that ends takes its name away, and a later stream does not mention the type', async () => {
  const bench = new DeltaBench(fullStateType())
  const { unwatch } = bench.watch('a')
  await bench.opened()
  unwatch()
  await settled()
  assert.deepEqual(bench.said(), [{ unsubscribe: ['a'] }])
  assert.deepEqual(await bench.reopened(), [])
})

test('what a response lacks is left as it is, in every type', async () => {
  for (const type of [fullStateType(), partialStateType()]) {
    const bench = new DeltaBench(type)
    const [a, b] = [bench.watch('a').watcher, bench.watch('b').watcher]
    await bench.opened()
    await bench.respond('n1', { resources: { a: one('a') } })
    await bench.respond('n2', { resources: { b: one('b') } })
    await bench.respond('n3', {})
    assert.deepEqual([a.take(), b.take()], [['changed one'], ['changed one']])
  }
})

test('what the server says to be absent is missing at once, in every type, and may come later', async () => {
  for (const type of [fullStateType(), partialStateType()]) {
    const bench = new DeltaBench(type)
    const { watcher } = bench.watch('a')
    await bench.opened()
    assert.deepEqual(await bench.respond('n1', { removed: ['a', 'x'] }), [{ nonce: 'n1' }])
    assert.deepEqual(watcher.take(), ['missing'])
    assert.equal(bench.clock.timerCount, 0)
    await bench.respond('n2', { resources: { a: one('a') } })
    assert.deepEqual(watcher.take(), ['changed one'])
  }
})

test('a resource that neither comes nor is said to be absent is missing after 15 s', async () => {
  const bench = new DeltaBench(fullStateType())
  const { watcher } = bench.watch('a')
  await bench.opened()
  await bench.clock.advance(15_000)
  assert.deepEqual(watcher.take(), ['missing'])
})

test('a resource that is taken back stays in use with a warning, in every type, until it is sent again', async () => {
  for (const type of [fullStateType(), partialStateType()]) {
    const bench = new DeltaBench(type)
    const { watcher } = bench.watch('a')
    await bench.opened()
    await bench.respond('n1', { resources: { a: one('a') } })
    await bench.respond('n2', { removed: ['a'] })
    await bench.respond('n3', { removed: ['a'] })
    assert.deepEqual(watcher.take(), ['changed one', 'ambient ERR_INMESH_RESOURCE_MISSING'])
    await bench.respond('n4', { resources: { a: one('a') } })
    assert.deepEqual(watcher.take(), ['changed one'])
  }
})

test('a resource that is taken back goes where the bootstrap says so', async () => {
  const bench = new DeltaBench(partialStateType(), ['fail_on_data_errors'])
  const { watcher } = bench.watch('a')
  await bench.opened()
  await bench.respond('n1', { resources: { a: one('a') } })
  await bench.respond('n2', { removed: ['a'] })
  assert.deepEqual(watcher.take(), ['changed one', 'missing'])
})

test('a new stream is told all names, and by name the versions that are held', async () => {
  const bench = new DeltaBench(fullStateType())
  for (const name of ['a', 'b', 'c']) bench.watch(name)
  await bench.opened()
  await bench.respond('n1', { resources: { a: one('a'), b: one('b') }, versions: { a: '7' } })
  assert.deepEqual(await bench.reopened(), [
    { node: 'node-1', subscribe: ['a', 'b', 'c'], initial: { a: '7', b: 'v-n1' } },
  ])
  bench.watch('d')
  await settled()
  assert.deepEqual(bench.said(), [{ subscribe: ['d'] }], 'versions are told once')
})

test('a version is the latest that came, also with bytes that did not change', async () => {
  const bench = new DeltaBench(fullStateType())
  const { watcher } = bench.watch('a')
  await bench.opened()
  await bench.respond('n1', { resources: { a: one('a') } })
  await bench.respond('n2', { resources: { a: one('a') } })
  assert.deepEqual(await bench.reopened(), [{ node: 'node-1', subscribe: ['a'], initial: { a: 'v-n2' } }])
  assert.deepEqual(watcher.take(), ['changed one'])
  assert.equal(bench.type.decoded, 1)
})

test('of a rejected resource the version of the copy in use is held, of a rejected first one none', async () => {
  const bench = new DeltaBench(fullStateType())
  for (const name of ['a', 'b']) bench.watch(name)
  await bench.opened()
  await bench.respond('n1', { resources: { a: one('a'), b: textResource('b', 'bad') } })
  await bench.respond('n2', { resources: { a: textResource('a', 'bad') } })
  assert.deepEqual(await bench.reopened(), [{ node: 'node-1', subscribe: ['a', 'b'], initial: { a: 'v-n1' } }])
})

test('of a resource that was taken back no version is held, or its return with the same one would not be sent', async () => {
  const bench = new DeltaBench(fullStateType())
  bench.watch('a')
  await bench.opened()
  await bench.respond('n1', { resources: { a: one('a') } })
  await bench.respond('n2', { removed: ['a'] })
  assert.deepEqual(await bench.reopened(), [{ node: 'node-1', subscribe: ['a'] }])
})

test('a malformed resource is rejected by nonce, with its error; its siblings apply', async () => {
  const bench = new DeltaBench(fullStateType())
  const [a, b] = [bench.watch('a').watcher, bench.watch('b').watcher]
  await bench.opened()
  const [nack, ...more] = await bench.respond('n1', { resources: { a: textResource('a', 'bad'), b: one('b') } })
  assert.deepEqual(more, [])
  assert.equal(nack?.nonce, 'n1')
  assert.match(nack?.complaint ?? '', /LDS "a": virtual_hosts\[0\]\.name: is bad;.*node-1/)
  assert.deepEqual([a.take(), b.take()], [['failed ERR_INMESH_RESOURCE_INVALID'], ['changed one']])
})

test('a change of names goes out while a rejection waits, and the rejection keeps its pace', async () => {
  const bench = new DeltaBench(fullStateType())
  bench.watch('a')
  await bench.opened()
  const bad = { resources: { a: textResource('a', 'bad') } }
  assert.equal((await bench.respond('n1', bad)).length, 1)
  assert.deepEqual(await bench.respond('n2', bad), [])
  bench.watch('b')
  await settled()
  assert.deepEqual(bench.said(), [{ subscribe: ['b'] }])
  await bench.clock.advance(1_000)
  const said = bench.said()
  assert.deepEqual(
    said.map(({ nonce, complaint }) => [nonce, complaint !== undefined]),
    [['n2', true]],
  )
})

test('every response has an answer of its own: a good one does not take the place of a rejection that waits', async () => {
  const bench = new DeltaBench(fullStateType())
  bench.watch('a')
  await bench.opened()
  const bad = { resources: { a: textResource('a', 'bad') } }
  await bench.respond('n1', bad)
  await bench.respond('n2', bad)
  assert.deepEqual(await bench.respond('n3', { resources: { a: one('a') } }), [{ nonce: 'n3' }])
  await bench.clock.advance(1_000)
  assert.deepEqual(
    bench.said().map(({ nonce, complaint }) => [nonce, complaint !== undefined]),
    [['n2', true]],
  )
})

test('a server that sends a rejected resource again at once is told once a second', async () => {
  const bench = new DeltaBench(fullStateType())
  const { watcher } = bench.watch('a')
  await bench.opened()
  const bad = { resources: { a: textResource('a', 'bad') } }
  let rejections = (await bench.respond('n0', bad)).length
  for (let tick = 1; tick <= 100; tick++) {
    if (tick === 1 || bench.said().length > 0) rejections += (await bench.respond(`n${tick}`, bad)).length + 1
    await bench.clock.advance(100)
  }
  assert.ok(rejections >= 9 && rejections <= 12, `${rejections} rejections in 10 s`)
  assert.equal(bench.type.decoded, 1)
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_RESOURCE_INVALID'])
})

test('a resource without a name, or of another type, rejects the response', async () => {
  const bench = new DeltaBench(fullStateType())
  bench.watch('a')
  await bench.opened()
  const [nack] = await bench.respond('n1', { resources: { '': new Uint8Array([0xff]) } })
  assert.match(nack?.complaint ?? '', /without a readable name/)
})

test('the name of the wrapper counts, also around bytes that cannot be read', async () => {
  const bench = new DeltaBench(fullStateType())
  const { watcher } = bench.watch('a')
  await bench.opened()
  const [nack] = await bench.respond('n1', { resources: { a: new Uint8Array([0xff]) } })
  assert.match(nack?.complaint ?? '', /LDS "a": cannot be decoded/)
  assert.deepEqual(watcher.take(), ['failed ERR_INMESH_RESOURCE_INVALID'])
})

test('a whole type is asked for by *, is complete with the first response, and changes by name', async () => {
  const bench = new DeltaBench(fullStateType())
  const all = new RecordingSetWatcher()
  const unwatch = bench.client.watchAll(bench.type, all)
  assert.deepEqual(await bench.opened(), [{ node: 'node-1', subscribe: ['*'] }])
  await bench.respond('n1', { resources: { a: one('a'), b: one('b') } })
  assert.deepEqual(all.take(), ['changed a one', 'changed b one', 'complete'])
  await bench.respond('n2', { resources: { a: two('a'), c: one('c') }, removed: ['b'] })
  assert.deepEqual(all.take().sort(), ['changed a two', 'changed c one', 'removed b'])
  assert.deepEqual(await bench.reopened(), [{ node: 'node-1', subscribe: ['*'], initial: { a: 'v-n2', c: 'v-n2' } }])
  await bench.respond('n3', { removed: ['c'] })
  assert.deepEqual(all.take(), ['removed c'])
  unwatch()
  await settled()
  assert.deepEqual(bench.said(), [{ unsubscribe: ['*'] }])
})

test('a whole type that is empty is complete', async () => {
  const bench = new DeltaBench(fullStateType())
  const all = new RecordingSetWatcher()
  bench.client.watchAll(bench.type, all)
  await bench.opened()
  await bench.respond('n1', {})
  assert.deepEqual(all.take(), ['complete'])
})

test('what a complete set lacks is missing at once and asked for by name; a name that is let go is taken away', async () => {
  const bench = new DeltaBench(fullStateType())
  bench.client.watchAll(bench.type, new RecordingSetWatcher())
  await bench.opened()
  await bench.respond('n1', { resources: { a: one('a') } })
  const { watcher, unwatch } = bench.watch('on-demand')
  const inSet = bench.watch('a')
  await settled()
  assert.deepEqual(bench.said(), [{ subscribe: ['on-demand'] }])
  assert.deepEqual([watcher.take(), inSet.watcher.take()], [['missing'], ['changed one']])
  await bench.respond('n2', { resources: { 'on-demand': one('on-demand') } })
  assert.deepEqual(watcher.take(), ['changed one'])
  unwatch()
  await settled()
  assert.deepEqual(bench.said(), [{ unsubscribe: ['on-demand'] }])
})
