import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../support/patience.js'
import { catalogService } from './catalog-configuration.js'
import { EndpointWatch } from './endpoint-watch.js'
import { catalogUrl, ShopMesh } from './shop-mesh.js'

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The address stays while other workers listen on it, so callers are not told of one that goes: a request may meet the end of an idle connection. */
const retries = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
  http:
  - retries: { attempts: 2, retryOn: 'reset,connect-failure' }
    route: [{ destination: { host: catalog } }]
`

test('workers of node:cluster without code are one workload, and are replaced one by one without a failed call', async (t) => {
  const mesh = await ShopMesh.start(t, { 'catalog.yaml': catalogService, 'retries.yaml': retries })
  const endpoints = new EndpointWatch(t, mesh.controlPlane.address, 'outbound|80||catalog.shop.svc.cluster.local')
  const readiness = await freePort()
  const application = mesh.zeroCodeWorkers({ INMESH_READINESS_PORT: String(readiness) })
  const start = async () => {
    const pid = await application.ask<number>('fork')
    const { port } = await application.line('a worker', (line) => line.event === 'listening' && line.pid === pid)
    return { pid, port: Number(port) }
  }
  const end = async (pid: number) => {
    await application.ask('shutdown', { pid })
    return application.line('its end', (line) => line.event === 'ended' && line.pid === pid)
  }
  const [first, second] = [await start(), await start()]
  assert.equal(first.port, second.port)
  const address = `127.0.0.1:${first.port}`
  const client = await mesh.client()
  await client.until('there is somebody', catalogUrl, ({ status }) => status === 200)
  assert.deepEqual(await endpoints.until(({ length }) => length > 0), [address])

  // The primary leaves the port for probes to its workers.
  const ready = () =>
    fetch(`http://127.0.0.1:${readiness}/ready`).then(
      ({ status }) => status,
      () => 0,
    )
  await eventually('the workers are ready', ready, (status) => status === 200)

  const load = await client.load({ url: catalogUrl, callers: 4 })
  await load.more(100)
  let present = [first, second]
  for (const leaving of present) {
    const next = await start()
    assert.equal(next.port, first.port)
    assert.deepEqual(await end(leaving.pid), { event: 'ended', pid: leaving.pid, code: 0, signal: null })
    present = [...present.filter((worker) => worker !== leaving), next]
    await load.more(100)
  }
  const { failures, servers } = await load.stop()
  assert.deepEqual(failures, {})
  assert.ok(
    present.every(({ pid }) => servers[String(pid)] !== undefined),
    'those that came took calls',
  )

  for (const { pid } of present) assert.equal((await end(pid)).code, 0)
  assert.deepEqual(await endpoints.until(({ length }) => length === 0), [])
  application.endInput()
  assert.deepEqual(await application.exited, { code: 0, signal: null }, application.output)
})
