import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { MeshClient } from '../support/mesh-client.js'
import { eventually } from '../support/patience.js'
import { catalogService, catalogSplit } from './catalog-configuration.js'
import { catalogUrl, ShopMesh } from './shop-mesh.js'

const calls = 400

/** Calls that a version got out of {@link calls}. */
async function callsOf(client: MeshClient, server: string): Promise<number> {
  const { failures, servers } = await client.calls({ url: catalogUrl, callers: 8, calls })
  assert.deepEqual(failures, {})
  return servers[server] ?? 0
}

/** Waits until v2 gets its share of the calls, as far as dice allow. */
async function untilShare(client: MeshClient, percent: number): Promise<void> {
  const expected = (calls * percent) / 100
  // Four standard deviations: once in 16,000 blocks it is more.
  const tolerance = 4 * Math.sqrt((expected * (100 - percent)) / 100)
  await eventually(
    `v2 has ${percent} % of ${calls} calls`,
    () => callsOf(client, 'v2'),
    (share) => Math.abs(share - expected) <= tolerance,
  )
}

it('the split follows the weights in the file while calls are made', async (t) => {
  const mesh = await ShopMesh.start(t, { 'catalog.yaml': catalogService, 'split.yaml': catalogSplit(100, 0) })
  const [client] = await Promise.all([mesh.client(), mesh.catalogs('v1', 'v1'), mesh.catalogs('v2', 'v2')])
  await client.answeredBy('v1', catalogUrl)
  await untilShare(client, 0)

  for (const percent of [10, 50, 100]) {
    await mesh.directory.write('split.yaml', catalogSplit(100 - percent, percent))
    await untilShare(client, percent)
  }
})

it('a bad file is refused by file, line and field while what held before stays; mended, it holds', async (t) => {
  const mesh = await ShopMesh.start(t, { 'catalog.yaml': catalogService, 'split.yaml': catalogSplit(100, 0) })
  const [client] = await Promise.all([mesh.client(), mesh.catalogs('v1', 'v1'), mesh.catalogs('v2', 'v2')])
  await client.answeredBy('v1', catalogUrl)

  const mark = mesh.controlPlane.process.lines.length
  const bad = catalogSplit(0, 100).replace('weight: 100', 'weight: all')
  await mesh.directory.write('split.yaml', bad)
  const refusal = JSON.stringify(await mesh.controlPlane.refusal(mark))
  assert.match(refusal, /split\.yaml/)
  assert.match(refusal, /spec\.http\[0\]\.route\[1\]\.weight/)
  const line = bad.split('\n').findIndex((text) => text.includes('weight: all')) + 1
  assert.match(refusal, new RegExp(`\\b${line}\\b`))
  assert.equal(await callsOf(client, 'v1'), calls)

  await mesh.directory.write('split.yaml', catalogSplit(0, 100))
  await untilShare(client, 100)
})
