import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { MeshProcess } from './harness/mesh-process.js'
import { cluster, endpoints, listener, routes, to } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'

describe('outlier detection', () => {
  const suite = suiteScope()
  const good: Upstream[] = []
  let bad: Upstream
  before(async () => {
    for (const name of ['v1', 'v2', 'v3', 'v4']) good.push(await Upstream.start(suite, name))
    bad = await Upstream.start(suite, 'bad')
  })

  /** Five endpoints, one of which answers 500 to whoever asks for a failure there. */
  async function connected(t: TestContext, outlier_detection?: ScriptedResource) {
    const ports = [...good, bad].map(({ port }) => port)
    const fields = outlier_detection === undefined ? {} : { outlier_detection }
    const plane = await ScriptedControlPlane.start(t, [
      listener(shop),
      routes(shop, to(shop)),
      cluster(shop, fields),
      endpoints(shop, ...ports),
    ])
    return { plane, mesh: await MeshProcess.connected(t, plane, { clockFactor: 10 }) }
  }

  const failing = `${shopUrl}?status=500&on=bad`

  async function ejected(mesh: MeshProcess): Promise<void> {
    await eventually(
      'the bad one is left out',
      () => mesh.calls(failing, 100),
      (tally) => tally.bad === undefined,
    )
  }

  it('#99 without outlier detection nobody is left out', async (t) => {
    const { mesh } = await connected(t)
    for (let round = 0; round < 3; round++) assert.ok(((await mesh.calls(failing, 100)).bad ?? 0) > 0)
  })

  it('#99 an endpoint that fails in a row is left out, and taken back in time', async (t) => {
    const { mesh } = await connected(t, {
      consecutive_5xx: 5,
      interval: '1s',
      base_ejection_time: '60s',
      max_ejection_percent: 100,
    })
    await ejected(mesh)
    // 60 s by the mesh's clock are 6 s.
    await eventually(
      'it is taken back',
      () => mesh.calls(shopUrl, 50),
      (tally) => (tally.bad ?? 0) > 0,
    )
  })

  it('#99 #100 the message alone turns detection by success rate on', async (t) => {
    const { mesh } = await connected(t, {
      consecutive_5xx: 1_000_000,
      consecutive_gateway_failure: 1_000_000,
      interval: '10s',
      max_ejection_percent: 20,
    })
    await ejected(mesh)
  })

  it('#100 detection by failure percentage is off until it is enforced', async (t) => {
    const { mesh } = await connected(t, {
      consecutive_5xx: 1_000_000,
      consecutive_gateway_failure: 1_000_000,
      enforcing_success_rate: 0,
      enforcing_failure_percentage: 100,
      failure_percentage_threshold: 50,
      interval: '10s',
      max_ejection_percent: 20,
    })
    await ejected(mesh)
  })

  it('#100 no more are left out than the limit allows, which may be none, but one where one always may be', async (t) => {
    const { mesh } = await connected(t, {
      consecutive_5xx: 3,
      interval: '1s',
      base_ejection_time: '600s',
      max_ejection_percent: 1,
      always_eject_one_host: true,
    })
    await ejected(mesh)
    const all = await mesh.calls(`${shopUrl}?status=500`, 200)
    assert.equal(Object.keys(all).length, 4, 'nobody else is left out, though all fail')
  })
})
