import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openMesh } from '../create-mesh.js'
import { meshDirectory, serviceEntry } from '../testing/mesh-directory.js'

async function listening(context: TestContext, answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('the fetch built into Node goes through the mesh from when it is installed until the mesh closes', async (context) => {
  const port = await listening(context, (_request, response) => response.end('from an endpoint'))
  const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [port]) })
  const mesh = await openMesh({ namespace: 'shop', config }, {})
  context.after(() => mesh.close())
  await assert.rejects(fetch('http://reviews.shop.svc.cluster.local/'), TypeError)
  const uninstall = mesh.installGlobal()
  assert.equal(await (await fetch('http://reviews.shop.svc.cluster.local/')).text(), 'from an endpoint')
  uninstall()
  await assert.rejects(fetch('http://reviews.shop.svc.cluster.local/'), TypeError)
  mesh.installGlobal()
  mesh.installGlobal()
  assert.equal(await (await fetch('http://reviews.shop.svc.cluster.local/')).text(), 'from an endpoint')
  await mesh.close()
  await assert.rejects(fetch('http://reviews.shop.svc.cluster.local/'), TypeError)
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'from an endpoint')
  assert.throws(() => mesh.installGlobal(), { code: 'ERR_INMESH_CLOSED' })
})

test('errors of the mesh are the cause of what fetch rejects with', async (context) => {
  const port = await listening(context, (request) => request.socket.destroy())
  const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [port]) })
  const mesh = await openMesh({ namespace: 'shop', config, localReply: 'throw' }, {})
  context.after(() => mesh.close())
  mesh.installGlobal()
  await assert.rejects(fetch('http://reviews.shop.svc.cluster.local/'), (error: Error) => {
    assert.equal((error.cause as { code?: string }).code, 'ERR_INMESH_RESET')
    return true
  })
})

test('a mesh that is off installs nothing', async (context) => {
  const place = Symbol.for('undici.globalDispatcher.1')
  const before = (globalThis as Record<symbol, unknown>)[place]
  const mesh = await openMesh({ mode: 'off' }, {})
  context.after(() => mesh.close())
  const uninstall = mesh.installGlobal()
  assert.equal((globalThis as Record<symbol, unknown>)[place], before)
  uninstall()
})
