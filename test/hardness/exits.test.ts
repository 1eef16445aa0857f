import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogService } from '../e2e/catalog-configuration.js'
import { catalogUrl, ShopMesh } from '../e2e/shop-mesh.js'
import { TestProcess, type TestScope } from '../support/test-process.js'

const script = new URL('./processes/job-process.js', import.meta.url)

/** A process that does its work and says what it did, with a control plane and an instance to call. */
async function work(scope: TestScope, ...what: readonly string[]) {
  const mesh = await ShopMesh.start(scope, { 'catalog.yaml': catalogService })
  await mesh.catalogs('v1', 'a')
  const env = { INMESH_CONTROL_PLANE: mesh.controlPlane.address, INMESH_NAMESPACE: 'shop' }
  return TestProcess.node(scope, script, { env, args: [catalogUrl, ...what] })
}

describe('a process whose work is done ends by itself while its stream is open', () => {
  it('when it only calls', async (t) => {
    const job = await work(t, 'call')
    assert.deepEqual(await job.exited, { code: 0, signal: null })
    assert.deepEqual(job.lines, [{ did: 'call', status: 200 }])
  })

  it('when its server has closed, and when both of its meshes serve no longer', async (t) => {
    for (const what of ['server', 'servers']) {
      const job = await work(t, 'call', what, 'call')
      assert.deepEqual(await job.exited, { code: 0, signal: null })
      assert.deepEqual(
        job.lines.map(({ did }) => did),
        ['call', what, 'call'],
      )
    }
  })

  it('when it never made a call, also where nobody is at the address of its control plane', async (t) => {
    for (const address of ['127.0.0.1:1', undefined]) {
      const job = address === undefined ? await work(t, 'ready') : lonely(t, address)
      assert.deepEqual(await job.exited, { code: 0, signal: null })
    }
  })

  it('and not while a server listens', async (t) => {
    const job = await work(t, 'listen')
    const { port } = await job.line('the server', ({ did }) => did === 'listen')
    for (let call = 0; call < 3; call += 1) {
      const response = await fetch(`http://127.0.0.1:${port}/`)
      assert.equal(await response.text(), 'alive')
    }
    job.signal('SIGTERM')
    assert.deepEqual(await job.exited, { code: null, signal: 'SIGTERM' })
  })
})

function lonely(scope: TestScope, address: string): TestProcess {
  const env = { INMESH_CONTROL_PLANE: address, INMESH_LOG_LEVEL: 'silent' }
  return TestProcess.node(scope, script, { env, args: [catalogUrl] })
}
