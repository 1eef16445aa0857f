import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeletionPolicy } from '../ads/data-error-policy.js'
import { settled } from '../testing/fake-clock.js'
import type { FakeStream } from '../testing/fake-stream.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { RouterBench, serverEntry } from '../testing/router-bench.js'
import { fullStateType, partialStateType, type TextType, textResource } from '../testing/text-resource.js'

const UNAVAILABLE = 'ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'

const lds = fullStateType()
const eds = partialStateType()

/** Servers `a:1`, `b:1` and so on. */
function benchOf(count: number, features: readonly string[] = [], deletion?: DeletionPolicy): RouterBench {
  const servers = Array.from('abc'.slice(0, count), (letter) => serverEntry(`${letter}:1`, features))
  return new RouterBench(servers, deletion)
}

function watch(bench: RouterBench, type: TextType, name: string): RecordingWatcher {
  const watcher = new RecordingWatcher()
  bench.router.watch(type, name, watcher)
  return watcher
}

async function give(stream: FakeStream, type: TextType, words: Readonly<Record<string, string>>): Promise<void> {
  const resources = Object.entries(words).map(([name, word]) => textResource(name, word))
  stream.respond(type.typeUrl, 'v1', 'n1', resources)
  await settled()
}

test('at the start, a server that cannot be reached is passed over, and watchers hear nothing of it', async () => {
  const bench = benchOf(2)
  const watcher = watch(bench, lds, 'x')
  await settled()
  assert.deepEqual(bench.tried, ['a:1'])
  await bench.fail('a:1')
  assert.deepEqual(bench.tried, ['a:1', 'b:1'], 'the first is still tried')
  await give(await bench.open('b:1'), lds, { x: 'from b' })
  assert.deepEqual(watcher.take(), ['changed from b'])
  assert.ok(bench.log.some((line) => line === 'warn xds: a:1 cannot be reached, falling back to b:1'))
})

test('what one of several servers lacks is not taken for absent: another may have named it', async () => {
  const bench = benchOf(2)
  const [watcher, gone] = [watch(bench, lds, 'x'), watch(bench, lds, 'gone')]
  await settled()
  await bench.fail('a:1')
  await give(await bench.open('b:1'), lds, { x: 'from b' })
  assert.deepEqual([watcher.take(), gone.take()], [['changed from b'], ['absent silence']])
})

test('nothing is fallen back for while everything is known, absence included', async () => {
  const bench = benchOf(2)
  const watcher = watch(bench, lds, 'x')
  const missing = watch(bench, lds, 'gone')
  await give(await bench.open('a:1'), lds, { x: 'from a' })
  await bench.clock.advance(15_000)
  assert.deepEqual([watcher.take(), missing.take()], [['changed from a'], ['absent answer', 'missing']])
  await bench.fail('a:1')
  await bench.reopen('a:1')
  await bench.fail('a:1')
  assert.deepEqual(bench.tried, ['a:1'])
  assert.deepEqual([watcher.take(), missing.take()], [[`ambient ${UNAVAILABLE}`], []])
})

test('a resource that becomes needed during an outage is fallen back for, and everything is asked of the next server', async () => {
  const bench = benchOf(2)
  watch(bench, lds, 'x')
  await give(await bench.open('a:1'), lds, { x: 'from a' })
  await bench.fail('a:1')
  await bench.reopen('a:1')
  await bench.fail('a:1')
  const added = watch(bench, eds, 'y')
  await settled()
  assert.deepEqual(bench.tried, ['a:1', 'b:1'])
  const second = await bench.open('b:1')
  assert.deepEqual(
    second.take().map(({ names }) => names),
    [['x'], ['y']],
  )
  await give(second, eds, { y: 'from b' })
  assert.deepEqual(added.take(), ['changed from b'])
})

test('a server lost between the first resource and the next is fallen back for', async () => {
  const bench = benchOf(2)
  const listener = watch(bench, lds, 'x')
  await give(await bench.open('a:1'), lds, { x: 'from a' })
  const endpoints = watch(bench, eds, 'y')
  await settled()
  // The stream had a response: its end alone is no failure (gRFC A57), the next one's is.
  await bench.fail('a:1')
  assert.deepEqual(bench.tried, ['a:1'])
  await bench.clock.advance(1_000)
  await bench.fail('a:1')
  assert.deepEqual(bench.tried, ['a:1', 'b:1'])
  const second = await bench.open('b:1')
  await give(second, lds, { x: 'from b' })
  await give(second, eds, { y: 'from b' })
  assert.deepEqual([listener.take(), endpoints.take()], [['changed from a', 'changed from b'], ['changed from b']])
})

test('the first answer of the better server ends all with the other, and its values are back, also those that it does not send again', async () => {
  const bench = benchOf(2)
  const known = watch(bench, eds, 'x')
  await give(await bench.open('a:1'), eds, { x: 'from a' })
  await bench.fail('a:1')
  await bench.reopen('a:1')
  await bench.fail('a:1')
  const added = watch(bench, eds, 'y')
  await settled()
  const second = await bench.open('b:1')
  await give(second, eds, { x: 'from b', y: 'from b' })
  assert.deepEqual(known.take(), ['changed from a', `ambient ${UNAVAILABLE}`, 'changed from a', 'changed from b'])
  assert.deepEqual(added.take(), ['changed from b'])
  const first = await bench.reopen('a:1')
  assert.deepEqual(bench.tried, ['a:1', 'b:1'], 'a connection alone is no answer')
  await give(first, eds, { x: 'from a' })
  assert.ok(second.isCancelled)
  assert.deepEqual(bench.tried, ['a:1'])
  assert.deepEqual([known.take(), added.take()], [['changed from a'], []], 'what it has not sent stays')
  await give(first, eds, { y: 'from a' })
  assert.deepEqual(added.take(), ['changed from a'])
})

test('watchers are told that nobody can be reached after the last server failed, once, with every reason', async () => {
  const bench = benchOf(3)
  const watcher = watch(bench, lds, 'x')
  await bench.fail('a:1')
  await bench.fail('b:1')
  assert.deepEqual(watcher.take(), [])
  await bench.fail('c:1')
  assert.deepEqual(watcher.take(), [`failed ${UNAVAILABLE}`])
  assert.match(watcher.errors[0]!.message, /a:1 did not answer.*; .*b:1 did not answer.*; .*c:1 did not answer/)
  const late = watch(bench, lds, 'x')
  const other = watch(bench, lds, 'other')
  await settled()
  for (const each of [late, other]) assert.deepEqual(each.take(), [`failed ${UNAVAILABLE}`])
  await bench.reopen('a:1')
  await bench.fail('a:1')
  assert.deepEqual(watcher.take(), [])
})

test('of three servers the second takes over from the third, and the first from the second', async () => {
  const bench = benchOf(3)
  const watcher = watch(bench, lds, 'x')
  await bench.fail('a:1')
  await bench.fail('b:1')
  await give(await bench.open('c:1'), lds, { x: 'from c' })
  assert.deepEqual(bench.tried, ['a:1', 'b:1', 'c:1'])
  await give(await bench.reopen('b:1'), lds, { x: 'from b' })
  assert.deepEqual(bench.tried, ['a:1', 'b:1'])
  await give(await bench.reopen('a:1'), lds, { x: 'from a' })
  assert.deepEqual(bench.tried, ['a:1'])
  assert.deepEqual(watcher.take(), ['changed from c', 'changed from b', 'changed from a'])
})

test('the first takes over from the third at once when it answers before the second', async () => {
  const bench = benchOf(3)
  watch(bench, lds, 'x')
  await bench.fail('a:1')
  await bench.fail('b:1')
  await give(await bench.open('c:1'), lds, { x: 'from c' })
  await give(await bench.reopen('a:1'), lds, { x: 'from a' })
  assert.deepEqual(bench.tried, ['a:1'])
})

test('a value outlives that the server which is in use now does not have it, unless the policy says otherwise', async () => {
  const kept = ['ambient ERR_INMESH_RESOURCE_MISSING']
  for (const { features, deletion, told } of [
    { features: [], deletion: 'keep', told: kept },
    { features: ['fail_on_data_errors'], deletion: 'keep', told: ['missing'] },
    { features: [], deletion: 'drop', told: ['missing'] },
    { features: ['ignore_resource_deletion'], deletion: 'drop', told: kept },
  ] as const) {
    const bench = benchOf(2, features, deletion)
    const watcher = watch(bench, eds, 'x')
    await give(await bench.open('a:1'), eds, { x: 'from a' })
    await bench.fail('a:1')
    await bench.clock.advance(1_000)
    await bench.fail('a:1')
    watch(bench, eds, 'y')
    await settled()
    await bench.open('b:1')
    watcher.take()
    await bench.clock.advance(15_000)
    assert.deepEqual(watcher.take(), told)
  }
})

test('a malformed copy of the next server leaves the value of the first in use', async () => {
  const bench = benchOf(2)
  const watcher = watch(bench, eds, 'x')
  await give(await bench.open('a:1'), eds, { x: 'from a' })
  await bench.fail('a:1')
  await bench.clock.advance(1_000)
  await bench.fail('a:1')
  watch(bench, eds, 'y')
  await settled()
  await give(await bench.open('b:1'), eds, { x: 'bad' })
  assert.deepEqual(watcher.take(), [
    'changed from a',
    `ambient ${UNAVAILABLE}`,
    'changed from a',
    'ambient ERR_INMESH_RESOURCE_INVALID',
  ])
})

test('the end of the last watch of a resource ends it with every server', async () => {
  const bench = benchOf(2)
  const unwatch = bench.router.watch(lds, 'x', new RecordingWatcher())
  watch(bench, lds, 'y')
  await bench.fail('a:1')
  const second = await bench.open('b:1')
  second.take()
  unwatch()
  await settled()
  assert.deepEqual(
    second.take().map(({ names }) => names),
    [['y']],
  )
})

test('where reachability alone counts, a known value does not keep the next server from being asked', async () => {
  const name = 'xdstp://far/envoy.config.listener.v3.Listener/x'
  for (const { alone, tried } of [
    { alone: true, tried: ['a:1', 'b:1'] },
    { alone: false, tried: ['a:1'] },
  ]) {
    const bench = new RouterBench({
      xds_servers: [serverEntry('a:1'), serverEntry('b:1')],
      authorities: { far: { fallback_on_reachability_only: alone } },
    })
    watch(bench, lds, name)
    await give(await bench.open('a:1'), lds, { [name]: 'from a' })
    await bench.fail('a:1')
    await bench.clock.advance(1_000)
    await bench.fail('a:1')
    assert.deepEqual(bench.tried, tried)
  }
})

test('after close nothing is open, waits or is told', async () => {
  const bench = benchOf(2)
  const watcher = watch(bench, lds, 'x')
  await bench.fail('a:1')
  const second = await bench.open('b:1')
  second.respond(lds.typeUrl, 'v1', 'n1', [textResource('x', 'from b')])
  bench.router.close()
  bench.router.close()
  await settled()
  assert.deepEqual([watcher.take(), bench.tried, bench.clock.timerCount], [[], [], 0])
  assert.throws(() => watch(bench, lds, 'x'), { code: 'ERR_INMESH_CLOSED' })
  assert.throws(
    () =>
      bench.router.watchAll(lds, {
        changed() {},
        removed() {},
        failed() {},
        ambient() {},
        complete() {},
        unreachable() {},
      }),
    {
      code: 'ERR_INMESH_CLOSED',
    },
  )
})
