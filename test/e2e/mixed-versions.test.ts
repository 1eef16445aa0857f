import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { meshExpress } from '@inmesh/express'
import type { meshFastify } from '@inmesh/fastify'
import Fastify from 'fastify'
import { createMesh, type Mesh, type MeshError } from 'inmesh'

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))

/** Loads a package a second time, from a place of its own, with the version that it was built with or another. */
async function load(context: TestContext, name: string, version?: string): Promise<Record<string, unknown>> {
  // Below this file, so that it finds what it imports itself.
  const folder = mkdtempSync(join(here, 'copy-'))
  context.after(() => rmSync(folder, { recursive: true }))
  cpSync(join(packages, name, 'package.json'), join(folder, 'package.json'))
  cpSync(join(packages, name, 'dist/bundle'), folder, { recursive: true })
  const { version: own } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as { version: string }
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.js'))) {
    const text = readFileSync(join(folder, file), 'utf8')
    writeFileSync(join(folder, file), text.replaceAll(`"${own}"`, `"${version ?? own}"`))
  }
  return (await import(pathToFileURL(join(folder, 'index.js')).href)) as Record<string, unknown>
}

async function ownMesh(context: TestContext): Promise<Mesh> {
  const mesh = await createMesh({ controlPlane: '127.0.0.1:1', logLevel: 'silent' })
  context.after(() => mesh.close({ timeoutMs: 1 }))
  return mesh
}

/** Names both versions and both places. */
function refusal(name: string, version: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal((error as MeshError).code, 'ERR_INMESH_VERSIONS')
    const { message } = error as MeshError
    assert.match(message, new RegExp(`${name} ${version} \\(file:.*copy-.*and @?[a-z/]+ 0\\.1\\.0 \\(file:.*bundle`))
    return true
  }
}

test('an adapter of another version than the mesh is refused by a code, with both versions and where they lie', async (context) => {
  const mesh = await ownMesh(context)
  const express = (await load(context, 'express', '9.9.9')) as { meshExpress: typeof meshExpress }
  assert.throws(() => express.meshExpress(mesh), refusal('@inmesh/express', '9.9.9'))
  const fastify = (await load(context, 'fastify', '9.9.8')) as { meshFastify: typeof meshFastify }
  const app = Fastify()
  void app.register(fastify.meshFastify, { mesh })
  const ready = async (): Promise<void> => {
    await app.ready()
  }
  await assert.rejects(ready, refusal('@inmesh/fastify', '9.9.8'))
})

test('a second mesh of another version in the process is refused by a code', async (context) => {
  await ownMesh(context)
  const other = (await load(context, 'inmesh', '9.9.7')) as { createMesh: typeof createMesh }
  await assert.rejects(other.createMesh({ controlPlane: '127.0.0.1:1' }), refusal('inmesh', '9.9.7'))
})

test('copies of the same version go together', async (context) => {
  const copy = (await load(context, 'inmesh')) as { createMesh: typeof createMesh }
  const adapters = (await load(context, 'express')) as { meshExpress: typeof meshExpress }
  const mesh = await copy.createMesh({ controlPlane: '127.0.0.1:1', logLevel: 'silent' })
  context.after(() => mesh.close({ timeoutMs: 1 }))
  for (const adapter of [meshExpress, adapters.meshExpress]) {
    const middleware = adapter(mesh)
    const server = createServer((request, response) => {
      const handle = middleware as unknown as (...values: unknown[]) => void
      handle(request, response, () => response.end(String('mesh' in request)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    context.after(() => server.close())
    const { port } = server.address() as { port: number }
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    assert.equal(await response.text(), 'true')
  }
})
