import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { meshDirectory, serviceEntry } from './testing/mesh-directory.js'

const run = promisify(execFile)
const entry = new URL('./index.js', import.meta.url).href

/** Runs a program to its end; one that does not end by itself fails. */
async function program(lines: string, environment: Record<string, string> = {}): Promise<string> {
  const code = `import { createMesh } from '${entry}'\n${lines}`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
    env: { PATH: process.env.PATH, ...environment },
    timeout: 20_000,
  })
  return stdout
}

test('a job that only makes calls ends by itself, its mesh still open', async (context) => {
  const server = createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [port]) })
  const output = await program(
    `const mesh = await createMesh()
    const response = await mesh.fetch('http://reviews.shop/')
    console.log(await response.text())`,
    { INMESH_CONFIG: config, INMESH_NAMESPACE: 'shop' },
  )
  assert.equal(output, 'answer\n')
})

test('a job whose control plane is out of reach is told so and ends by itself', async () => {
  const output = await program(
    `const mesh = await createMesh({ controlPlane: '127.0.0.1:1', logLevel: 'silent' })
    const response = await mesh.fetch('http://reviews.shop/')
    console.log(response.status)`,
  )
  assert.equal(output, '503\n')
})

/** Names of the CommonJS packages that a mesh has loaded, undici, gRPC and YAML among them. */
async function loaded(options: string, use = ''): Promise<string[]> {
  const output = await program(
    `import { createRequire } from 'node:module'
    const mesh = await createMesh(${options})
    // With a control plane out of reach: until it was tried.
    for (let known = false; !known; ) known = await mesh.ready({ timeoutMs: 20 }).then(() => true, ({ cause }) => cause)
    ${use}
    const files = Object.keys(createRequire('${entry}').cache)
    const names = files.map((file) => /node_modules.((?:@[^\\/\\\\]+.)?[^\\/\\\\]+)/.exec(file)?.[1])
    console.log(JSON.stringify([...new Set(names)]))
    await mesh.close()`,
  )
  return JSON.parse(output) as string[]
}

test('gRPC and YAML are loaded only when configuration needs them', async (context) => {
  const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews') })
  const cases: readonly [string, boolean, boolean][] = [
    ["{ mode: 'off' }", false, false],
    [JSON.stringify({ config }), false, true],
    ["{ controlPlane: '127.0.0.1:1', logLevel: 'silent' }", true, false],
  ]
  for (const [options, grpc, yaml] of cases) {
    const names = await loaded(options)
    assert.ok(names.includes('undici'))
    assert.equal(names.includes('@grpc/grpc-js'), grpc, options)
    assert.equal(names.includes('yaml'), yaml, options)
  }
})

test('opossum is loaded only when a service has a breaker', async () => {
  for (const [use, opossum] of [
    ["mesh.service('reviews')", false],
    ["mesh.service('reviews', { breaker: {} })", true],
  ] as const) {
    const names = await loaded("{ controlPlane: '127.0.0.1:1', logLevel: 'silent' }", use)
    assert.equal(names.includes('opossum'), opossum, use)
  }
})

test('a breaker without opossum, as in a bundle, is refused in words', async () => {
  const output = await program(
    `import Module from 'node:module'
    const resolve = Module._resolveFilename
    Module._resolveFilename = (name, ...rest) => {
      if (name === 'opossum') throw new Error('not in the bundle')
      return resolve(name, ...rest)
    }
    const mesh = await createMesh({ controlPlane: '127.0.0.1:1', logLevel: 'silent' })
    try {
      mesh.service('reviews', { breaker: {} })
    } catch (error) {
      console.log(error.code, error.message)
    }`,
  )
  assert.match(output, /^ERR_INMESH_OPTIONS a breaker needs the package opossum/)
})

test('a job ends by itself although a breaker is open', async () => {
  const output = await program(
    `const mesh = await createMesh({ controlPlane: '127.0.0.1:1', logLevel: 'silent' })
    const reviews = mesh.service('127.0.0.1:1', { breaker: { volumeThreshold: 1 } })
    await reviews.fetch('/').catch(() => {})
    console.log(reviews.breaker.state)`,
  )
  assert.equal(output, 'open\n')
})
