import assert from 'node:assert/strict'
import { it } from 'node:test'
import { catalogRetries, catalogService } from './catalog-configuration.js'
import { catalogUrl, ShopMesh } from './shop-mesh.js'

const readers = 8
const writers = 4

it('killed in mid-request, an instance costs no read, and exactly the writes that had reached it', async (t) => {
  const mesh = await ShopMesh.start(t, { 'catalog.yaml': catalogService, 'retries.yaml': catalogRetries })
  const [client, [doomed, survivor]] = await Promise.all([mesh.client(), mesh.catalogs('v1', 'doomed', 'survivor')])
  await client.answeredBy('doomed', catalogUrl)
  await client.answeredBy('survivor', catalogUrl)

  await doomed!.hold()
  const reads = await client.load({ url: catalogUrl, callers: readers })
  const writes = await client.load({ url: 'http://catalog/orders', method: 'POST', callers: writers })
  // Sooner or later each caller has its turn there, and stays.
  await doomed!.holds('GET', readers)
  await doomed!.holds('POST', writers)
  // While a process dies, the kernel still takes connections for it: a write that is made just then may be lost there as well.
  await writes.end()
  await doomed!.process.kill()
  await reads.more(200)
  const read = await reads.stop()
  assert.deepEqual([read.failed, read.failures], [0, {}])

  const written = await writes.stop()
  const [[failure, count] = ['', 0], ...others] = Object.entries(written.failures)
  assert.match(failure, /^status 503 of the mesh: upstream connect error.*connection termination/)
  assert.deepEqual([count, others], [writers, []])
  assert.equal(survivor!.received('POST'), written.calls - writers, 'no write was repeated')
})
