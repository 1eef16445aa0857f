// With TEST_STOPPED_MS=60000 processes are stopped for as long as a laptop sleeps or a debugger holds them. Otherwise for a moment.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { catalogRetries, catalogService } from '../e2e/catalog-configuration.js'
import { EndpointWatch } from '../e2e/endpoint-watch.js'
import { catalogUrl, ShopMesh } from '../e2e/shop-mesh.js'
import type { TestProcess } from '../support/test-process.js'

const stoppedMs = Number(process.env.TEST_STOPPED_MS ?? 300)
const cluster = 'outbound|80||catalog.shop.svc.cluster.local'

/** Stops a process for a while. What it was to do meanwhile waits in its sockets. */
async function stopped(process: TestProcess): Promise<void> {
  process.signal('SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, stoppedMs))
  process.signal('SIGCONT')
}

async function shop(context: TestContext) {
  const mesh = await ShopMesh.start(context, { 'catalog.yaml': catalogService, 'retries.yaml': catalogRetries })
  const endpoints = new EndpointWatch(context, mesh.controlPlane.address, cluster)
  const [client, instances] = await Promise.all([mesh.client(), mesh.catalogs('v1', 'a', 'b')])
  await endpoints.until(({ length }) => length === 2)
  await client.answeredBy('a', catalogUrl)
  await client.answeredBy('b', catalogUrl)
  return { mesh, client, instances, endpoints }
}

describe('a process that was stopped and goes on', () => {
  it('that calls: its next request succeeds, over whatever is left of its connections', async (t) => {
    const { client } = await shop(t)
    await stopped(client.process)
    assert.equal((await client.get(catalogUrl)).status, 200)
    assert.equal((await client.call({ url: catalogUrl, method: 'GET' })).status, 200)
    assert.equal((await client.calls({ url: catalogUrl, callers: 4, calls: 100 })).failed, 0)
  })

  it('that calls while others come: it learns of them, by its stream or by another', async (t) => {
    const { client, mesh } = await shop(t)
    const stop = stopped(client.process)
    const later = mesh.catalogs('v1', 'later')
    await Promise.all([stop, later])
    assert.equal((await client.get(catalogUrl)).status, 200)
    await client.answeredBy('later', catalogUrl)
  })

  it('that serves: requests that it held are answered, and it is called on', async (t) => {
    const { client, instances } = await shop(t)
    const load = await client.load({ url: catalogUrl, callers: 4 })
    await load.more(50)
    await stopped(instances[0]!.process)
    await client.answeredBy('a', catalogUrl)
    assert.deepEqual((await load.stop()).failures, {})
  })

  it('that is the control plane: calls go on, and what it is told afterwards takes effect', async (t) => {
    const { client, mesh } = await shop(t)
    const load = await client.load({ url: catalogUrl, callers: 4 })
    await load.more(50)
    await stopped(mesh.controlPlane.process)
    await load.more(50)
    await mesh.catalogs('v1', 'later')
    await client.answeredBy('later', catalogUrl)
    assert.deepEqual((await load.stop()).failures, {})
  })
})
