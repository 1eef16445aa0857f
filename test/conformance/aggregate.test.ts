import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { MeshProcess } from './harness/mesh-process.js'
import {
  aggregate,
  assignment,
  brokenEndpoints,
  cluster,
  endpoints,
  lbEndpoint,
  listener,
  locality,
  logicalDns,
  routes,
  to,
} from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'

describe('aggregate clusters', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
    v2 = await Upstream.start(suite, 'v2')
  })

  async function connected(t: TestContext, ...resources: readonly ScriptedResource[]) {
    const plane = await ScriptedControlPlane.start(t, [listener(shop), routes(shop, to('all')), ...resources])
    return { plane, mesh: await MeshProcess.connected(t, plane, { clockFactor: 5, localReply: 'throw' }) }
  }

  function unhealthy(name: string, port: number): ScriptedResource {
    return assignment(name, locality('a', [lbEndpoint(port, { health_status: 'UNHEALTHY' })]))
  }

  it('#72 its clusters are tried in order: over to the second, and back', async (t) => {
    const { plane, mesh } = await connected(
      t,
      aggregate('all', 'one', 'two'),
      cluster('one'),
      endpoints('one', v1.port),
      cluster('two'),
      endpoints('two', v2.port),
    )
    assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
    await plane.set('2', unhealthy('one', v1.port))
    await mesh.answeredBy('v2', shopUrl)
    await plane.set('3', endpoints('one', v1.port))
    await mesh.answeredBy('v1', shopUrl)
    assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
  })

  it('#72 a cluster that lost endpoints keeps what the rest can take, and the next gets what is over (Envoy)', async (t) => {
    const half = locality('a', [lbEndpoint(v1.port), lbEndpoint(v2.port, { health_status: 'UNHEALTHY' })])
    const { mesh } = await connected(
      t,
      aggregate('all', 'one', 'two'),
      cluster('one'),
      assignment('one', half),
      cluster('two'),
      endpoints('two', v2.port),
    )
    const calls = await mesh.calls(shopUrl, 400)
    // Half of them times 1.4 are 70 percent; five standard deviations of so many throws are 46.
    assert.deepEqual(Object.keys(calls).sort(), ['v1', 'v2'])
    assert.ok(Math.abs(calls.v1! - 280) < 46, `${calls.v1} of 400`)
  })

  it('#72 nothing is decided before all of its clusters are known; one in error is passed over', async (t) => {
    const { plane, mesh } = await connected(
      t,
      aggregate('all', 'missing', 'two'),
      { ...cluster('missing'), eds_cluster_config: {} },
      cluster('two'),
      endpoints('two', v2.port),
    )
    assert.equal((await mesh.get(shopUrl)).server, 'v2')
    await plane.set('2', cluster('missing'), endpoints('missing', v1.port))
    await mesh.answeredBy('v1', shopUrl)
  })

  it('#74 a cluster that is reached twice counts once, where it stands first', async (t) => {
    const { mesh } = await connected(
      t,
      aggregate('all', 'left', 'right'),
      aggregate('left', 'one', 'two'),
      aggregate('right', 'two', 'one'),
      cluster('one'),
      endpoints('one', v1.port),
      cluster('two'),
      endpoints('two', v2.port),
    )
    assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
  })

  it('#75 a circle with a cluster of endpoints in it works', async (t) => {
    const { mesh } = await connected(
      t,
      aggregate('all', 'again', 'one'),
      aggregate('again', 'all'),
      cluster('one'),
      endpoints('one', v1.port),
    )
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
  })

  for (const [what, resources] of [
    ['a circle without endpoints', [aggregate('all', 'again'), aggregate('again', 'all')]],
    ['a cluster that stands for itself', [aggregate('all', 'all')]],
  ] as const) {
    it(`#75 ${what} fails its requests, and only as long as it is one`, async (t) => {
      const { plane, mesh } = await connected(t, ...resources)
      const { error } = await mesh.get(shopUrl)
      assert.ok(
        ['ERR_INMESH_NO_CLUSTER', 'ERR_INMESH_NO_HEALTHY_ENDPOINT'].includes(String(error?.code)),
        error?.code ?? '',
      )
      await plane.set('2', aggregate('all', 'one'), cluster('one'), endpoints('one', v1.port))
      await mesh.answeredBy('v1', shopUrl)
    })
  }

  it('#72 aggregates may stand in one another sixteen deep, and not deeper', async (t) => {
    const chain = (depth: number): ScriptedResource[] =>
      Array.from({ length: depth }, (_, level) =>
        aggregate(level === 0 ? 'all' : `level-${level}`, level === depth - 1 ? 'one' : `level-${level + 1}`),
      )
    const leaf = [cluster('one'), endpoints('one', v1.port)]
    const { plane, mesh } = await connected(t, ...chain(15), ...leaf)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    await plane.set('2', ...chain(17))
    await mesh.until('it is too deep', shopUrl, ({ error }) => error !== null)
  })

  it('#76 endpoints that were refused leave the good ones in use, and the next cluster alone', async (t) => {
    const { plane, mesh } = await connected(
      t,
      aggregate('all', 'one', 'dns'),
      cluster('one'),
      endpoints('one', v1.port),
      logicalDns('dns', v2.port),
    )
    await mesh.answeredBy('v1', shopUrl)
    await plane.set('2', brokenEndpoints('one', v1.port))
    await plane.rejected('ClusterLoadAssignment')
    assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
  })

  it('#76 endpoints that were never good, or never came, make way for the next cluster', async (t) => {
    const { plane, mesh } = await connected(
      t,
      aggregate('all', 'one', 'dns'),
      cluster('one'),
      brokenEndpoints('one', v1.port),
      logicalDns('dns', v2.port),
    )
    assert.equal((await mesh.get(shopUrl)).server, 'v2')
    await plane.set('2', endpoints('one', v1.port))
    await mesh.answeredBy('v1', shopUrl)
    await plane.set('3', aggregate('all', 'absent', 'dns'), cluster('absent'))
    await mesh.answeredBy('v2', shopUrl)
  })

  it('#87 a cluster by name has one endpoint, whatever the name resolves to', async (t) => {
    const { plane, mesh } = await connected(t, logicalDns('all', v1.port))
    assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
    await plane.set('2', logicalDns('all', v2.port))
    await eventually(
      'the new port',
      () => mesh.calls(shopUrl, 10),
      (tally) => tally.v2 === 10,
    )
  })

  it('#104 no request is lost when the first cluster, by ring hash, has nobody at the start', async (t) => {
    const gone = await Upstream.start(t, 'gone')
    await gone.kill()
    const { mesh } = await connected(
      t,
      aggregate('all', 'one', 'dns'),
      cluster('one', { lb_policy: 'RING_HASH' }),
      unhealthy('one', gone.port),
      logicalDns('dns', v2.port),
    )
    assert.deepEqual(await mesh.calls(shopUrl, 40), { v2: 40 })
  })
})
