import assert from 'node:assert/strict'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { Consumer } from './consumer.js'

const DEPENDENCIES = {
  '@types/node': '20.19.0',
  esbuild: '0.25.12',
  express: '5.3.0',
  fastify: '5.12.8',
  jest: '30.5.2',
  typescript: '5.9.3',
  vitest: '4.1.12',
}

describe('the packages as npm hands them out', () => {
  let installed: Consumer | string

  before(async () => {
    installed = await Consumer.install(DEPENDENCIES, ['languages', 'jest', 'vitest'])
  })

  after(async () => {
    if (installed instanceof Consumer) await installed[Symbol.asyncDispose]()
  })

  /** A test of the installed packages; skipped with a word where nothing can be installed. */
  function consumes(title: string, body: (consumer: Consumer) => Promise<void>): void {
    test(title, async (context: TestContext) => {
      if (typeof installed === 'string') context.skip(installed)
      else await body(installed)
    })
  }

  consumes('are imported by an ES module', async (consumer) => {
    assert.equal(await consumer.node('languages/application.mjs'), '200 hello ERR_INMESH_CLOSED\n')
  })

  consumes('are required by CommonJS, which gets the copy that is imported', async (consumer) => {
    assert.equal(await consumer.node('languages/application.cjs'), '200 hello true\n')
  })

  for (const [module, resolution] of [
    ['commonjs', 'node10'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
  ] as const) {
    for (const type of module === 'commonjs' ? ['commonjs'] : ['commonjs', 'module']) {
      consumes(`are compiled by TypeScript with resolution ${resolution}, type ${type}, and run`, async (consumer) => {
        const out = `languages/${resolution}-${type}`
        mkdirSync(join(consumer.folder, out), { recursive: true })
        writeFileSync(join(consumer.folder, 'languages', 'package.json'), JSON.stringify({ type }))
        await consumer.node('node_modules/typescript/bin/tsc', [
          ...[
            '--strict',
            '--target',
            'es2022',
            '--types',
            'node',
            '--module',
            module,
            '--moduleResolution',
            resolution,
          ],
          ...['--outDir', out, 'languages/application.ts'],
        ])
        assert.equal(await consumer.node(`${out}/application.js`), '200 hello MeshError\n')
      })
    }
  }

  consumes('work in Jest, which knows CommonJS only', async (consumer) => {
    await consumer.node('node_modules/jest/bin/jest.js', ['--rootDir', 'jest'])
  })

  consumes('work in vitest', async (consumer) => {
    await consumer.node('node_modules/vitest/vitest.mjs', ['run', '--root', 'vitest'])
  })

  for (const bundle of ['bundle.cjs', 'bundle.mjs']) {
    consumes(`work in one file that esbuild makes, ${bundle}`, async (consumer) => {
      await consumer.node('languages/bundle.mjs')
      const aside = join(consumer.folder, 'aside')
      renameSync(join(consumer.folder, 'node_modules'), aside)
      try {
        assert.equal(await consumer.node(bundle), '200 hello MeshError\n')
      } finally {
        renameSync(aside, join(consumer.folder, 'node_modules'))
      }
    })
  }
})
