import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Consumer } from './consumer.js'

const DEPENDENCIES = {
  '@nestjs/common': '11.2.10',
  '@nestjs/core': '11.2.10',
  '@nestjs/platform-express': '11.2.10',
  '@nestjs/platform-fastify': '11.2.8',
  '@types/express': '5.0.6',
  '@types/node': '20.19.0',
  express: '5.3.0',
  next: '16.4.6',
  react: '19.2.0',
  'react-dom': '19.2.0',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  typescript: '5.9.3',
}

describe('applications of frameworks, served and called through the mesh', () => {
  let installed: Consumer | string

  before(async () => {
    installed = await Consumer.install(DEPENDENCIES, ['nest', 'next'])
  })

  after(async () => {
    if (installed instanceof Consumer) await installed[Symbol.asyncDispose]()
  })

  test('NestJS on Express and on Fastify', async (context) => {
    if (typeof installed === 'string') return context.skip(installed)
    await installed.node('node_modules/typescript/bin/tsc', [
      ...['--strict', '--skipLibCheck', '--experimentalDecorators', '--emitDecoratorMetadata', '--esModuleInterop'],
      ...['--target', 'es2022', '--types', 'node', '--module', 'node16', '--outDir', 'nest', 'nest/application.ts'],
    ])
    assert.equal(await installed.node('nest/application.js'), 'express 200 hello true\nfastify 200 hello true\n')
  })

  test('Next.js on a server of the mesh', async (context) => {
    if (typeof installed === 'string') return context.skip(installed)
    await installed.node('node_modules/next/dist/bin/next', ['build'], 'next')
    const written = await installed.node('next/server.mjs', [], 'next')
    assert.match(written, /^route 200 hello true$/m)
    assert.match(written, /^page 200 hello$/m)
  })
})
