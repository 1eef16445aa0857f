import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import type { ServerHandler } from '@inmesh/http'
import { createMesh } from '../create-mesh.js'
import type { MeshOptions } from '../options/mesh-options.js'
import { served } from '../testing/inbound-listener.js'
import { configureServer, directoryMesh } from '../testing/inbound-mesh.js'

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function probed(context: TestContext, options: MeshOptions = {}) {
  const readinessPort = await freePort()
  const made = await directoryMesh(context, { readinessPort, ...options })
  const probe = async (path = '/ready', method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${readinessPort}${path}`, { method })
    return [response.status, await response.text()] as const
  }
  return { ...made, probe, readinessPort }
}

describe('the readiness endpoint', () => {
  test('answers 200 on /ready and 404 elsewhere, to probes only', async (context) => {
    const { probe } = await probed(context)
    assert.deepEqual(await probe(), [200, 'ready\n'])
    assert.deepEqual(await probe('/ready', 'HEAD'), [200, ''])
    assert.equal((await probe('/ready?x'))[0], 404)
    assert.equal((await probe('/ready', 'POST'))[0], 404)
  })

  test('says that a control plane has not answered, while servers take requests as they come', async (context) => {
    const readinessPort = await freePort()
    const mesh = await createMesh({ controlPlane: '127.0.0.1:1', readinessPort, logLevel: 'silent' })
    context.after(() => mesh.close({ timeoutMs: 1 }))
    const server = await mesh.listen((_, response) => response.end('served'), { port: 0, host: '127.0.0.1' })
    const response = await fetch(`http://127.0.0.1:${readinessPort}/ready`)
    assert.equal(response.status, 503)
    assert.match(await response.text(), /control plane 127\.0\.0\.1:1 has not answered/)
    assert.equal(await (await fetch(`http://127.0.0.1:${server.boundAddress!.port}`)).text(), 'served')
  })

  test('says that requests are answered 503 where the listener is required and nobody can tell it', async (context) => {
    const mesh = await createMesh({ controlPlane: '127.0.0.1:1', inboundListener: 'required', logLevel: 'silent' })
    context.after(() => mesh.close({ timeoutMs: 1 }))
    const server = await mesh.listen((_, response) => response.end('served'), { port: 0, host: '127.0.0.1' })
    const response = await fetch(`http://127.0.0.1:${server.boundAddress!.port}`)
    assert.equal(response.status, 503)
    assert.match(await response.text(), /^not ready: /)
  })

  test('follows what the application says of its server, which answers 503 until it was ready once', async (context) => {
    const { mesh, path, probe } = await probed(context)
    const app: ServerHandler = (request, response) => response.end(request.mesh.route ?? 'none')
    const server = await mesh.listen(app, { port: 0, host: '127.0.0.1', ready: false, exempt: ['/health'] })
    const { port } = server.boundAddress!
    const url = `http://127.0.0.1:${port}`
    const [status, reason] = await probe()
    assert.equal(status, 503)
    assert.match(reason, new RegExp(`does not take requests on port ${port}`))
    assert.equal((await fetch(url)).status, 503)
    assert.equal((await fetch(`${url}/health`)).status, 200)
    // ... once its caches are warm:
    server.ready = true
    assert.deepEqual(await probe(), [200, 'ready\n'])
    await configureServer(path, port, { routes: [served({ name: 'all' })] })
    server.ready = false
    assert.equal((await probe())[0], 503)
    assert.equal(await (await fetch(url)).text(), 'all', 'what comes all the same passes its listener')
  })

  test('is not opened on a port that is taken: the mesh is not made, and the error names the option', async (context) => {
    const { readinessPort, path } = await probed(context)
    const made = createMesh({ config: path, readinessPort, logLevel: 'silent' })
    await assert.rejects(made, { code: 'ERR_INMESH_LISTEN', place: { field: 'readinessPort' } })
  })

  test('is gone when the mesh is closed', async (context) => {
    const { mesh, readinessPort } = await probed(context)
    await mesh.close()
    assert.deepEqual(mesh.readiness().ready, false)
    await assert.rejects(fetch(`http://127.0.0.1:${readinessPort}/ready`))
  })
})
