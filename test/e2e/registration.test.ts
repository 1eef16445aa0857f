import assert from 'node:assert/strict'
import { it } from 'node:test'
import { catalogService } from './catalog-configuration.js'
import { EndpointWatch } from './endpoint-watch.js'
import { catalogUrl, ShopMesh } from './shop-mesh.js'

const files = { 'catalog.yaml': catalogService }
const catalogCluster = 'outbound|80||catalog.shop.svc.cluster.local'

it('an instance is called from when it listens, and no longer once it was killed', async (t) => {
  const mesh = await ShopMesh.start(t, files)
  const endpoints = new EndpointWatch(t, mesh.controlPlane.address, catalogCluster)
  const instance = mesh.catalog('a', 'v1')
  const [client] = await Promise.all([mesh.client(), instance.started()])
  await instance.process.ask('ready')
  // Callers that try again at once must not keep their process from learning that an instance is there.
  const early = await client.load({ url: catalogUrl, callers: 2 })
  await early.more(20)

  await instance.listen()
  await client.answeredBy('a', catalogUrl)
  const { failures } = await early.stop()
  assert.deepEqual(Object.keys(failures), ['status 503 of the mesh: no healthy upstream'])
  assert.deepEqual(await endpoints.until(({ length }) => length === 1), [instance.address])

  await instance.process.kill()
  assert.deepEqual(await endpoints.until(({ length }) => length === 0), [])
  await client.until('there is nobody', catalogUrl, ({ server }) => server === 'the mesh: no healthy upstream')
})

it('no call fails while instances come and are closed one after the other', async (t) => {
  const mesh = await ShopMesh.start(t, files)
  const endpoints = new EndpointWatch(t, mesh.controlPlane.address, catalogCluster)
  const [first, ...others] = ['a', 'b', 'c'].map((name) => mesh.catalog(name, 'v1'))
  const client = await mesh.client()
  await first!.listen()
  await client.answeredBy('a', catalogUrl)

  const load = await client.load({ url: catalogUrl, callers: 8 })
  let present = first!
  for (const next of others) {
    await next.listen()
    await endpoints.until(({ length }) => length === 2)
    await load.more(200)
    await present.close()
    assert.deepEqual(await endpoints.until(({ length }) => length === 1), [next.address])
    await load.more(200)
    present = next
  }
  const { failures, servers } = await load.stop()
  assert.deepEqual(failures, {})
  assert.deepEqual(Object.keys(servers).sort(), ['a', 'b', 'c'])
})

it('workers that share a port are one endpoint, which goes with the last of them', async (t) => {
  const mesh = await ShopMesh.start(t, files)
  const endpoints = new EndpointWatch(t, mesh.controlPlane.address, catalogCluster)
  const workers = mesh.catalogWorkers()
  const later = mesh.catalog('later', 'v1')
  const first = await workers.event('listening')
  const second = await workers.line('the other worker', (line) => line.event === 'listening' && line.pid !== first.pid)
  assert.equal(first.port, second.port)
  const address = `127.0.0.1:${first.port}`
  const client = await mesh.client()
  await client.until('there is somebody', catalogUrl, ({ status }) => status === 200)
  // Each caller has a connection of its own, and workers get connections in turn.
  const { servers } = await client.calls({ url: catalogUrl, callers: 4, calls: 100 })
  assert.deepEqual(Object.keys(servers).sort(), [String(first.pid), String(second.pid)].sort())
  assert.deepEqual(await endpoints.until(({ length }) => length > 0), [address])

  process.kill(Number(first.pid), 'SIGKILL')
  // Changes are told in order: with the next one, the end of the first worker has been told too.
  await later.listen()
  const both = [address, later.address].sort()
  assert.deepEqual(await endpoints.until((addresses) => addresses.includes(later.address)), both)

  process.kill(Number(second.pid), 'SIGKILL')
  assert.deepEqual(await endpoints.until(({ length }) => length === 1), [later.address])
})
