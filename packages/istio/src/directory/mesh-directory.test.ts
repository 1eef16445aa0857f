import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { MeshError } from '@inmesh/core'
import type { MeshConfig } from '../model/mesh-config.js'
import { catalogText, destinationRuleText } from '../testing/mesh-text.js'
import type { MeshChange } from './mesh-change.js'
import { MeshDirectory } from './mesh-directory.js'

async function directoryWith(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'inmesh-directory-'))
  context.after(() => rm(directory, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(directory, path, '..'), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  return directory
}

type News =
  | { readonly kind: 'changed'; readonly config: MeshConfig; readonly changes: readonly MeshChange[] }
  | { readonly kind: 'refused'; readonly errors: readonly MeshError[] }

/** Hands out what a watch tells, one piece at a time. */
class NewsQueue {
  readonly #waiting: ((news: News) => void)[] = []
  readonly #arrived: News[] = []

  push(news: News): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#arrived.push(news)
    else next(news)
  }

  next(): Promise<News> {
    const news = this.#arrived.shift()
    return news === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(news)
  }

  get isEmpty(): boolean {
    return this.#arrived.length === 0
  }
}

function watched(context: TestContext, directory: MeshDirectory): NewsQueue {
  const queue = new NewsQueue()
  const unwatch = directory.watch({
    changed: (config, changes) => queue.push({ kind: 'changed', config, changes }),
    refused: (errors) => queue.push({ kind: 'refused', errors }),
  })
  // The watch alone does not keep the process alive, not even that of a test that waits for it.
  const hold = setInterval(() => {}, 1000)
  context.after(() => {
    unwatch()
    clearInterval(hold)
  })
  return queue
}

function summary(news: News): readonly string[] {
  return news.kind === 'changed'
    ? news.changes.map(({ change, kind, name }) => `${change} ${kind} ${name}`)
    : news.errors.map((error) => error.message)
}

describe('a directory is read', () => {
  it('with the directories below it, without hidden names and other kinds of file', async (context) => {
    const directory = await directoryWith(context, {
      'b.yaml': destinationRuleText(),
      'deep/er/a.yml': catalogText,
      'c.json': '{"@type":"type.googleapis.com/envoy.config.cluster.v3.Cluster","name":"c"}',
      '.hidden.yaml': 'not: [valid',
      '.git/a.yaml': 'not: [valid',
      'notes.txt': 'not: [valid',
    })
    // Each real directory is read once, whatever links lead to it.
    await symlink(directory, join(directory, 'again'))
    const result = await new MeshDirectory(directory).load()
    assert.ok(result.kind === 'loaded')
    assert.deepEqual(result.config.declared.map(({ name }) => name).sort(), ['c', 'shop/catalog', 'shop/catalog'])
  })

  it('to an error when it is not there', async () => {
    const result = await new MeshDirectory('/nowhere/mesh').load()
    assert.ok(result.kind === 'refused')
    assert.match(result.errors[0]?.message ?? '', /^\/nowhere\/mesh: the directory cannot be read: ENOENT/)
  })
})

describe('a watch of a directory', () => {
  it('tells what changed when files are written, replaced by renaming, added and removed', async (context) => {
    const path = await directoryWith(context, { 'a.yaml': catalogText })
    const directory = new MeshDirectory(path)
    await directory.load()
    const queue = watched(context, directory)

    await writeFile(join(path, 'a.yaml'), catalogText.replace('number: 80', 'number: 81'))
    assert.deepEqual(summary(await queue.next()), ['changed ServiceEntry shop/catalog'])

    await writeFile(join(path, 'a.yaml.part'), catalogText)
    await rename(join(path, 'a.yaml.part'), join(path, 'a.yaml'))
    assert.deepEqual(summary(await queue.next()), ['changed ServiceEntry shop/catalog'])

    await mkdir(join(path, 'below'))
    await writeFile(join(path, 'below/rule.yaml'), destinationRuleText())
    assert.deepEqual(summary(await queue.next()), ['added DestinationRule shop/catalog'])

    await writeFile(join(path, 'below/rule.yaml'), destinationRuleText().replace('v2', 'v3'))
    assert.deepEqual(summary(await queue.next()), ['changed DestinationRule shop/catalog'])

    await rm(join(path, 'below'), { recursive: true })
    assert.deepEqual(summary(await queue.next()), ['removed DestinationRule shop/catalog'])
  })

  it('refuses a bad file, keeps the last good configuration, and takes the mended one', async (context) => {
    const path = await directoryWith(context, { 'a.yaml': catalogText })
    const directory = new MeshDirectory(path)
    const first = await directory.load()
    assert.ok(first.kind === 'loaded')
    const queue = watched(context, directory)

    await writeFile(join(path, 'a.yaml'), catalogText.replace('number: 80', 'number: eighty'))
    assert.deepEqual(summary(await queue.next()), [`${join(path, 'a.yaml')}:8 spec.ports[0].number: must be a number`])
    assert.equal(directory.lastGood, first.config)

    await writeFile(join(path, 'a.yaml'), catalogText)
    const mended = await queue.next()
    assert.deepEqual([mended.kind, summary(mended)], ['changed', []])
  })

  it('says nothing of a write that changes nothing but notation', async (context) => {
    const path = await directoryWith(context, { 'a.yaml': catalogText })
    const directory = new MeshDirectory(path)
    await directory.load()
    const queue = watched(context, directory)
    const first = directory.lastGood
    await writeFile(join(path, 'a.yaml'), `# a comment\n${catalogText}`)
    while (directory.lastGood === first) await setTimeout(5)
    await writeFile(join(path, 'b.yaml'), destinationRuleText())
    // News of the second write; there was none of the first, which was read.
    assert.deepEqual(summary(await queue.next()), ['added DestinationRule shop/catalog'])
    assert.ok(queue.isEmpty)
  })
})
