import assert from 'node:assert/strict'
import { it } from 'node:test'
import { catalogService, catalogSplit } from './catalog-configuration.js'
import { catalogUrl, ShopMesh } from './shop-mesh.js'

it('calls go on without a control plane; a new one learns who is there, and its changes take effect', async (t) => {
  const mesh = await ShopMesh.start(t, { 'catalog.yaml': catalogService, 'split.yaml': catalogSplit(100, 0) })
  const [client] = await Promise.all([mesh.client(), mesh.catalogs('v1', 'v1'), mesh.catalogs('v2', 'v2')])
  await client.answeredBy('v1', catalogUrl)

  const load = await client.load({ url: catalogUrl, callers: 4 })
  await load.more(20)
  await mesh.controlPlane.process.kill()
  await load.more(200)

  await mesh.directory.write('split.yaml', catalogSplit(0, 100))
  await mesh.restartControlPlane()
  await client.answeredBy('v2', catalogUrl)
  const later = await mesh.catalogs('v2', 'v2-later')
  await client.answeredBy(later[0]!.name, catalogUrl)
  const { failures, servers } = await load.stop()
  assert.deepEqual(failures, {})
  assert.ok((servers.v1 ?? 0) >= 220, 'the first version was called until the new control plane was there')
})
