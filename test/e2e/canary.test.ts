import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { MeshClient } from '../support/mesh-client.js'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { catalogService, catalogSplit } from './catalog-configuration.js'
import { catalogUrl, ShopMesh } from './shop-mesh.js'

const calls = 400

describe('a canary', () => {
  const suite = suiteScope()
  let mesh: ShopMesh
  let client: MeshClient

  before(async () => {
    mesh = await ShopMesh.start(suite, { 'catalog.yaml': catalogService, 'split.yaml': catalogSplit(100, 0) })
    const starting = [mesh.client(), mesh.catalogs('v1', 'v1'), mesh.catalogs('v2', 'v2')] as const
    client = (await Promise.all(starting))[0]
    await client.answeredBy('v1', catalogUrl)
  })

  /** Calls that v2 got out of {@link calls}, none of which failed. */
  async function callsOfV2(): Promise<number> {
    const { failures, servers } = await client.calls({ url: catalogUrl, callers: 8, calls })
    assert.deepEqual(failures, {})
    return servers.v2 ?? 0
  }

  /** Waits until v2 gets its share of the calls, as far as dice allow. */
  async function untilShareOfV2(percent: number): Promise<void> {
    const expected = (calls * percent) / 100
    // Four standard deviations: once in 16,000 blocks it is more.
    const tolerance = 4 * Math.sqrt((expected * (100 - percent)) / 100)
    const passes = (share: number) => Math.abs(share - expected) <= tolerance
    await eventually(`v2 has ${percent} % of ${calls} calls`, callsOfV2, passes)
  }

  it('follows the weights in the file while calls are made', async () => {
    for (const percent of [0, 10, 50, 100]) {
      await mesh.directory.write('split.yaml', catalogSplit(100 - percent, percent))
      await untilShareOfV2(percent)
    }
  })

  it('stays as it is when the file becomes bad, which is told by file, line and field; mended, the file holds', async () => {
    await mesh.directory.write('split.yaml', catalogSplit(100, 0))
    await untilShareOfV2(0)

    const mark = mesh.controlPlane.process.lines.length
    const bad = catalogSplit(0, 100).replace('weight: 100', 'weight: all')
    await mesh.directory.write('split.yaml', bad)
    const refusal = JSON.stringify(await mesh.controlPlane.refusal(mark))
    assert.match(refusal, /split\.yaml/)
    assert.match(refusal, /spec\.http\[0\]\.route\[1\]\.weight/)
    const line = bad.split('\n').findIndex((text) => text.includes('weight: all')) + 1
    assert.match(refusal, new RegExp(`"line":${line}\\b`))
    assert.equal(await callsOfV2(), 0)

    await mesh.directory.write('split.yaml', catalogSplit(0, 100))
    await untilShareOfV2(100)
  })
})
