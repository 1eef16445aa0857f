import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceSetWatcher } from '../resource/resource-provider.js'
import { settled } from '../testing/fake-clock.js'
import type { FakeStream } from '../testing/fake-stream.js'
import { RouterBench, serverEntry } from '../testing/router-bench.js'
import { fullStateType, textResource } from '../testing/text-resource.js'

const lds = fullStateType()

class RecordingSetWatcher implements ResourceSetWatcher<string> {
  readonly #lines: string[] = []

  take(): string[] {
    return this.#lines.splice(0)
  }

  changed(name: string, value: string): void {
    this.#lines.push(`${name} is ${value}`)
  }

  removed(name: string): void {
    this.#lines.push(`${name} removed`)
  }

  failed(name: string): void {
    this.#lines.push(`${name} failed`)
  }

  ambient(): void {}

  complete(): void {
    this.#lines.push('complete')
  }

  unreachable(): void {
    this.#lines.push('unreachable')
  }
}

function watched(): { bench: RouterBench; watcher: RecordingSetWatcher } {
  const bench = new RouterBench([serverEntry('a:1'), serverEntry('b:1')])
  const watcher = new RecordingSetWatcher()
  bench.router.watchAll(lds, watcher)
  return { bench, watcher }
}

async function give(stream: FakeStream, words: Readonly<Record<string, string>>): Promise<void> {
  const resources = Object.entries(words).map(([name, word]) => textResource(name, word))
  stream.respond(lds.typeUrl, 'v1', 'n1', resources)
  await settled()
}

test('a set comes from the first server that can be reached, as a whole', async () => {
  const { bench, watcher } = watched()
  await bench.fail('a:1')
  assert.deepEqual(watcher.take(), [])
  await give(await bench.open('b:1'), { x: 'b', y: 'bad' })
  assert.deepEqual(watcher.take(), ['x is b', 'y failed', 'complete'])
  const late = new RecordingSetWatcher()
  bench.router.watchAll(lds, late)
  await settled()
  assert.deepEqual(late.take(), ['x is b', 'y failed', 'complete'])
})

test('the set of the better server takes the place of the whole of the other', async () => {
  const { bench, watcher } = watched()
  await bench.fail('a:1')
  const second = await bench.open('b:1')
  await give(second, { x: 'b', only: 'b' })
  watcher.take()
  const first = await bench.reopen('a:1')
  await give(first, { x: 'a' })
  assert.deepEqual(bench.tried, ['a:1'])
  assert.deepEqual(watcher.take(), ['only removed', 'x is a'])
  await give(first, { x: 'a', new: 'a' })
  assert.deepEqual(watcher.take(), ['new is a'])
  await give(first, { new: 'a' })
  assert.deepEqual(watcher.take(), ['x removed'])
})

test('a set stays as it is while its server cannot be reached', async () => {
  const { bench, watcher } = watched()
  await give(await bench.open('a:1'), { x: 'a' })
  watcher.take()
  await bench.fail('a:1')
  await bench.clock.advance(1_000)
  await bench.fail('a:1')
  assert.deepEqual([watcher.take(), bench.tried], [[], ['a:1']])
})

test('without a set, it is told once that no server can be reached', async () => {
  const { bench, watcher } = watched()
  await bench.fail('a:1')
  await bench.fail('b:1')
  await bench.reopen('b:1')
  await bench.fail('b:1')
  assert.deepEqual(watcher.take(), ['unreachable'])
})
