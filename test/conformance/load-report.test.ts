import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { MeshProcess } from './harness/mesh-process.js'
import { assignment, cluster, listener, locality, routes, to } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'

describe('load reports', () => {
  const suite = suiteScope()
  let v1: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
  })

  const lrs_server = { lrs_server: { self: {} } }

  it('#97 load is reported by locality and category, as long as the cluster asks for it', async (t) => {
    const drops = { policy: { drop_overloads: [{ category: 'load', drop_percentage: { numerator: 50 } }] } }
    const plane = await ScriptedControlPlane.start(t, [
      listener(shop),
      routes(shop, to(shop)),
      cluster(shop, lrs_server),
      { ...assignment(shop, locality('zone-a', [v1.port])), ...drops },
    ])
    const mesh = await MeshProcess.connected(t, plane, { clockFactor: 4 })
    const { v1: passed = 0, 503: dropped = 0 } = await mesh.calls(shopUrl, 60)
    await mesh.calls(`${shopUrl}?status=500`, 20)
    const reported = v1.requests
    const sum = await plane.loadReported(({ issued }) => issued >= reported)
    assert.deepEqual([sum.issued, sum.zones], [reported, ['zone-a']])
    assert.equal(sum.succeeded, passed)
    assert.equal(sum.failed, reported - passed)
    assert.ok((sum.dropped.load ?? 0) >= dropped)

    await plane.set('2', cluster(shop))
    await plane.loadReportOver(1)
  })
})
