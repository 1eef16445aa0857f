import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it, type TestContext } from 'node:test'
import { createMesh, type Mesh, type MeshServer } from 'inmesh'
import { listedService } from '../e2e/catalog-configuration.js'
import { ConfigurationDirectory } from '../e2e/configuration-directory.js'
import { eventually } from '../support/patience.js'

/** A mesh for which the catalog is an upstream of its own, with a server whose handler asks the catalog. */
async function meshOf(context: TestContext, name: string) {
  const upstream = createServer((request, response) => {
    response.end(`${name} ${request.headers.traceparent?.slice(3, 35) ?? 'no trace'}`)
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  context.after(async () => void upstream.close().closeAllConnections())
  const { port } = upstream.address() as AddressInfo
  const directory = await ConfigurationDirectory.create(context, {
    'catalog.yaml': listedService('catalog.test', 80, [port]),
  })
  const mesh = await createMesh({ config: directory.path, logLevel: 'silent' })
  context.after(() => mesh.close({ timeoutMs: 1 }))
  const server = await mesh.listen(
    async (request, response) => {
      const answer = await mesh.fetch('http://catalog.test/')
      const isOurs = mesh.context.current() !== undefined && request.mesh.context !== undefined
      response.end(`${await answer.text()} ${isOurs}`)
    },
    { host: '127.0.0.1', port: 0 },
  )
  return { mesh, server }
}

const trace = 'a'.repeat(32)

async function ask(server: MeshServer): Promise<string> {
  const headers = { traceparent: `00-${trace}-${'b'.repeat(16)}-01` }
  const response = await fetch(`http://127.0.0.1:${server.boundAddress!.port}/`, { headers })
  return await response.text()
}

/** The names that each gives to the catalog, asked from within the request of neither. */
async function direct(mesh: Mesh): Promise<string> {
  const response = await mesh.fetch('http://catalog.test/')
  return (await response.text()).split(' ')[0]!
}

it('two meshes in a process serve and call beside each other, and one goes on when the other is closed', async (t) => {
  const one = await meshOf(t, 'one')
  const two = await meshOf(t, 'two')
  assert.deepEqual(await Promise.all([ask(one.server), ask(two.server)]), [`one ${trace} true`, `two ${trace} true`])
  assert.deepEqual(await Promise.all([direct(one.mesh), direct(two.mesh)]), ['one', 'two'])

  // Both at work when the first is closed: neither loses a request.
  const others = Array.from({ length: 50 }, () => ask(two.server))
  const own = Promise.allSettled(Array.from({ length: 50 }, () => ask(one.server)))
  await eventually(
    'requests are in flight',
    async () => {
      await new Promise(setImmediate)
      return one.server.inFlight
    },
    (count) => count > 0,
  )
  await one.mesh.close()
  assert.deepEqual(new Set(await Promise.all(others)), new Set([`two ${trace} true`]))
  for (const end of await own) {
    if (end.status === 'fulfilled') assert.equal(end.value, `one ${trace} true`)
    else assert.match(String((end.reason as Error).cause), /ECONNREFUSED|ECONNRESET|other side closed/)
  }
  await assert.rejects(one.mesh.fetch('http://catalog.test/'))
  assert.equal(await ask(two.server), `two ${trace} true`)
  assert.equal(await direct(two.mesh), 'two')
  assert.deepEqual(two.mesh.readiness(), { ready: true, reasons: [] })
})
