import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, get, Agent as HttpAgent, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { openMesh } from './create-mesh.js'
import type { Mesh } from './mesh.js'
import type { MeshOptions } from './options/mesh-options.js'
import { meshDirectory, serviceEntry } from './testing/mesh-directory.js'

async function serving(context: TestContext): Promise<{ config: string; port: number }> {
  const server = createServer((request, response) => response.end(request.url)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { config: await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [port]) }), port }
}

async function mesh(context: TestContext, options: MeshOptions): Promise<Mesh> {
  const made = await openMesh({ namespace: 'shop', logLevel: 'silent', ...options }, {})
  context.after(() => made.close({ timeoutMs: 1 }))
  return made
}

async function answer(url: string, options: RequestOptions): Promise<string> {
  const [response] = (await once(get(url, options), 'response')) as [IncomingMessage]
  return text(response)
}

test('requests of node:http go where the mesh says, until it is closed', async (context) => {
  const { config } = await serving(context)
  const tested = await mesh(context, { config })
  const agent = tested.httpAgent()
  assert.equal(await answer('http://reviews/7', { agent }), '/7')
  await tested.close()
  await assert.rejects(answer('http://reviews/7', { agent }), { code: 'ERR_INMESH_CLOSED' })
})

test('closing the mesh waits for requests of node:http that are under way', async (context) => {
  const held = createServer().listen(0, '127.0.0.1')
  await once(held, 'listening')
  context.after(() => held.close())
  const { port } = held.address() as AddressInfo
  const config = await meshDirectory(context, { 'held.yaml': serviceEntry('held', [port]) })
  const tested = await mesh(context, { config })
  const arrived = once(held, 'request')
  const answered = answer('http://held/', { agent: tested.httpAgent() })
  const [, response] = await arrived
  const closed = tested.close()
  response.end('in time')
  assert.equal(await answered, 'in time')
  await closed
})

test('a mesh that is switched off gives the agents of node, with the same limits', async (context) => {
  const { port } = await serving(context)
  const tested = await mesh(context, { mode: 'off' })
  const agent = tested.httpAgent({ maxSockets: 3, mesh: { timeoutMs: 10 } })
  assert.deepEqual([agent.constructor, agent.maxSockets], [HttpAgent, 3])
  assert.equal(tested.httpsAgent().constructor, HttpsAgent)
  assert.equal(await answer(`http://127.0.0.1:${port}/7`, { agent }), '/7')
  const options = { rejectUnauthorized: false } as object
  assert.throws(() => tested.httpsAgent(options), { code: 'ERR_INMESH_OPTIONS' }, 'off weakens nothing')
  agent.destroy()
})

test('a job that made its calls with an agent ends by itself, its mesh still open', async (context) => {
  const { config } = await serving(context)
  const entry = new URL('./index.js', import.meta.url)
  const code = `import { get } from 'node:http'
    import { text } from 'node:stream/consumers'
    import { createMesh } from '${entry}'
    const mesh = await createMesh()
    const agent = mesh.httpAgent({ timeout: 60_000 })
    get('http://reviews.shop/7', { agent }, async (response) => console.log(await text(response)))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    env: { PATH: process.env.PATH, INMESH_CONFIG: config, INMESH_NAMESPACE: 'shop' },
    timeout: 20_000,
  })
  assert.equal(stdout, '/7\n')
})
