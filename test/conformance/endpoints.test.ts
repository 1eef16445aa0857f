import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { type MeshParameters, MeshProcess } from './harness/mesh-process.js'
import {
  assignment,
  brokenEndpoints,
  cluster,
  endpoints,
  lbEndpoint,
  listener,
  locality,
  routes,
  to,
  typeNames,
} from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'
const weighted = { common_lb_config: { locality_weighted_lb_config: {} } }

/** Whether a share is within five standard deviations of what the weights say. */
function assertShare(count: number, total: number, share: number): void {
  const deviation = Math.sqrt(total * share * (1 - share))
  assert.ok(Math.abs(count - total * share) <= 5 * deviation, `${count} of ${total}, not ${share}`)
}

describe('endpoints', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  let v3: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
    v2 = await Upstream.start(suite, 'v2')
    v3 = await Upstream.start(suite, 'v3')
  })

  async function connected(
    t: TestContext,
    parts: { readonly endpoints?: ScriptedResource; readonly cluster?: ScriptedResource },
    parameters: MeshParameters & { readonly serverFeatures?: readonly string[] } = {},
  ) {
    const resources = [listener(shop), routes(shop, to(shop)), parts.cluster ?? cluster(shop)]
    if (parts.endpoints !== undefined) resources.push(parts.endpoints)
    const plane = await ScriptedControlPlane.start(t, resources)
    return { plane, mesh: await MeshProcess.connected(t, plane, parameters) }
  }

  /** Calls until all of many calls come to exactly these servers. */
  async function serves(mesh: MeshProcess, servers: string, calls = 30): Promise<void> {
    await eventually(
      `requests go to ${servers}`,
      () => mesh.calls(shopUrl, calls),
      (tally) => Object.keys(tally).sort().join() === servers,
    )
  }

  it('#77 endpoints of one locality come, go and are replaced while it runs', async (t) => {
    const { plane, mesh } = await connected(t, { endpoints: endpoints(shop, v1.port) })
    await serves(mesh, 'v1')
    await plane.set('2', endpoints(shop, v1.port, v2.port))
    await serves(mesh, 'v1,v2')
    await plane.set('3', endpoints(shop, v2.port))
    await serves(mesh, 'v2')
    await plane.set('4', endpoints(shop, v3.port))
    await serves(mesh, 'v3')
  })

  it('#78 requests are split by the weights of localities, which come, go and change', async (t) => {
    const split = (...weights: readonly number[]): ScriptedResource =>
      assignment(
        shop,
        ...weights.map((weight, index) =>
          locality(`zone-${index}`, [[v1, v2, v3][index]!.port], { load_balancing_weight: weight }),
        ),
      )
    const { plane, mesh } = await connected(t, { endpoints: split(3, 1), cluster: cluster(shop, weighted) })
    await serves(mesh, 'v1,v2')
    assertShare((await mesh.calls(shopUrl, 800)).v1 ?? 0, 800, 0.75)
    await plane.set('2', split(1, 1, 2))
    await serves(mesh, 'v1,v2,v3', 60)
    assertShare((await mesh.calls(shopUrl, 800)).v3 ?? 0, 800, 0.5)
    await plane.set('3', split(1))
    await serves(mesh, 'v1')
  })

  it('#79 only healthy endpoints and those of unknown health take requests', async (t) => {
    const health = (port: number, health_status: string): ScriptedResource => lbEndpoint(port, { health_status })
    const { plane, mesh } = await connected(t, {
      endpoints: assignment(
        shop,
        locality('a', [health(v1.port, 'HEALTHY'), health(v2.port, 'UNKNOWN'), health(v3.port, 'UNHEALTHY')]),
      ),
    })
    await serves(mesh, 'v1,v2')
    assert.deepEqual(Object.keys(await mesh.calls(shopUrl, 60)).sort(), ['v1', 'v2'])
    await plane.set(
      '2',
      assignment(
        shop,
        locality('a', [health(v1.port, 'DRAINING'), health(v2.port, 'HEALTHY'), health(v3.port, 'HEALTHY')]),
      ),
    )
    await serves(mesh, 'v2,v3')
    assert.deepEqual(Object.keys(await mesh.calls(shopUrl, 60)).sort(), ['v2', 'v3'])
  })

  for (const [what, resource] of [
    ['an assignment without localities', assignment(shop)],
    ['a locality without endpoints', assignment(shop, locality('a', []))],
  ] as const) {
    it(`#80 #86 ${what} answers requests at once, and says that there is no endpoint`, async (t) => {
      const { plane, mesh } = await connected(t, { endpoints: resource }, { localReply: 'throw' })
      const { error } = await mesh.get(shopUrl)
      assert.equal(error?.code, 'ERR_INMESH_NO_HEALTHY_ENDPOINT')
      assert.ok(error?.message.includes(shop))
      await plane.set('2', endpoints(shop, v1.port))
      await mesh.answeredBy('v1', shopUrl)
      await plane.set('3', resource)
      await mesh.until('emptied', shopUrl, ({ error: empty }) => empty?.code === 'ERR_INMESH_NO_HEALTHY_ENDPOINT')
    })
  }

  it('#80 #86 endpoints that never come fail requests in time', async (t) => {
    const { mesh } = await connected(t, {}, { clockFactor: 10, localReply: 'throw' })
    const { error } = await mesh.get(shopUrl)
    assert.equal(error?.code, 'ERR_INMESH_NO_CLUSTER')
    assert.match(error?.message ?? '', /endpoints shop\.test:80/)
  })

  it('#80 endpoints that come malformed fail requests where there were none before', async (t) => {
    const { plane, mesh } = await connected(t, { endpoints: brokenEndpoints(shop, v1.port) }, { localReply: 'throw' })
    const { error } = await mesh.get(shopUrl)
    assert.match(error?.message ?? '', /priorit/)
    await plane.set('2', endpoints(shop, v1.port))
    await mesh.answeredBy('v1', shopUrl)
  })

  it('#81 endpoints cannot be deleted: what the control plane no longer has stays in use', async (t) => {
    const { plane, mesh } = await connected(
      t,
      { endpoints: endpoints(shop, v1.port) },
      { serverFeatures: ['fail_on_data_errors'] },
    )
    await serves(mesh, 'v1')
    for (const [version, resources] of [
      ['2', []],
      ['3', [endpoints('other', v2.port)]],
    ] as const) {
      await plane.send({ type: typeNames.endpoints, version, resources })
      await plane.acknowledged('ClusterLoadAssignment', version)
      assert.deepEqual(await mesh.calls(shopUrl, 30), { v1: 30 })
    }
  })

  it('#82 malformed endpoints leave those in use that there were', async (t) => {
    const { plane, mesh } = await connected(t, { endpoints: endpoints(shop, v1.port) })
    await serves(mesh, 'v1')
    await plane.set('2', brokenEndpoints(shop, v2.port))
    assert.match((await plane.rejected('ClusterLoadAssignment')).error ?? '', /priorit/)
    assert.deepEqual(await mesh.calls(shopUrl, 30), { v1: 30 })
  })

  it('#83 the endpoints of a cluster are found by its service name, or by its own where it has none', async (t) => {
    const named = (service_name: string): ScriptedResource =>
      cluster(shop, { eds_cluster_config: { eds_config: { ads: {} }, service_name } })
    const { plane, mesh } = await connected(t, { endpoints: endpoints(shop, v1.port) })
    await serves(mesh, 'v1')
    await plane.set('2', named('green'), endpoints('green', v2.port))
    await serves(mesh, 'v2')
    await plane.set('3', named('blue'))
    await plane.request('blue', ({ names }) => names?.includes('blue') === true)
    assert.deepEqual(await mesh.calls(shopUrl, 30), { v2: 30 }, 'until the new ones are there, the old ones serve')
    await plane.set('4', endpoints('blue', v3.port))
    await serves(mesh, 'v3')
    await plane.set('5', cluster(shop))
    await serves(mesh, 'v1')
  })

  it('#88 a locality that moves to another priority loses no request, and no connection', async (t) => {
    const split = (first: number, second: number): ScriptedResource =>
      assignment(
        shop,
        ...[locality('a', [v1.port], { priority: first }), locality('b', [v2.port], { priority: second })].sort(
          (left, right) => Number(left.priority) - Number(right.priority),
        ),
      )
    const { plane, mesh } = await connected(t, { endpoints: split(0, 1) })
    await serves(mesh, 'v1')
    const before = Math.max(v1.connections, v2.connections)
    const load = mesh.calls(shopUrl, 1000)
    for (let step = 2; step < 12; step++) {
      await plane.set(String(step), step % 2 === 0 ? split(1, 0) : split(0, 1))
      await plane.acknowledged('ClusterLoadAssignment', String(step))
    }
    const { v1: first = 0, v2: second = 0 } = await load
    assert.equal(first + second, 1000)
    // As many as there were callers at once.
    for (const { name, connections } of [v1, v2]) assert.ok(connections <= before + 4, `${connections} to ${name}`)
    await serves(mesh, 'v1')
  })

  it('#89 the first priority that can serve takes the requests: over, and back', async (t) => {
    const split = (health_status: string): ScriptedResource =>
      assignment(
        shop,
        locality('a', [lbEndpoint(v1.port, { health_status })], { priority: 0 }),
        locality('b', [v2.port], { priority: 1 }),
        locality('c', [v3.port], { priority: 2 }),
      )
    const { plane, mesh } = await connected(t, { endpoints: split('HEALTHY') })
    await serves(mesh, 'v1')
    await plane.set('2', split('UNHEALTHY'))
    await serves(mesh, 'v2')
    assert.deepEqual(await mesh.calls(shopUrl, 30), { v2: 30 })
    await plane.set('3', split('HEALTHY'))
    await serves(mesh, 'v1')
  })

  it('#95 so many requests as the cluster allows are in flight; one more is refused at once', async (t) => {
    const breaker = { circuit_breakers: { thresholds: [{ max_requests: 2 }] } }
    const { plane, mesh } = await connected(
      t,
      { endpoints: endpoints(shop, v1.port), cluster: cluster(shop, breaker) },
      { localReply: 'throw' },
    )
    await mesh.answeredBy('v1', shopUrl)
    const held = [1, 2].map(() => mesh.get(`${shopUrl}?hold`))
    await v1.received('/?hold', 2)
    assert.equal((await mesh.get(`${shopUrl}?third`)).error?.code, 'ERR_INMESH_OVERFLOW')
    await v1.release()
    await Promise.all(held)
    assert.equal((await mesh.get(`${shopUrl}?last`)).server, 'v1')
    await v1.received('/?last')
    assert.equal(v1.requestsFor('/?third'), 0, 'the third never left')
    await plane.set('2', cluster(shop, { circuit_breakers: { thresholds: [{ max_requests: 0 }] } }))
    await mesh.until('none is allowed', shopUrl, ({ error }) => error?.code === 'ERR_INMESH_OVERFLOW')
  })

  it('#96 a share of the requests is dropped by category', async (t) => {
    const drops = { policy: { drop_overloads: [{ category: 'load', drop_percentage: { numerator: 25 } }] } }
    const { mesh } = await connected(
      t,
      { endpoints: { ...endpoints(shop, v1.port), ...drops } },
      { localReply: 'throw' },
    )
    await mesh.answeredBy('v1', shopUrl)
    const { v1: passed = 0, ERR_INMESH_OVERFLOW: dropped = 0 } = await mesh.calls(shopUrl, 800)
    assert.equal(passed + dropped, 800)
    assertShare(dropped, 800, 0.25)
  })

  it('#106 least request sends less to an endpoint that holds requests', async (t) => {
    const { mesh } = await connected(t, {
      endpoints: endpoints(shop, v1.port, v2.port),
      cluster: cluster(shop, { lb_policy: 'LEAST_REQUEST' }),
    })
    await serves(mesh, 'v1,v2')
    const held = Array.from({ length: 8 }, () => mesh.get(`${shopUrl}?hold=least`))
    await v1.received('/?hold=least', 3)
    await v2.release()
    const { v1: first = 0, v2: second = 0 } = await mesh.calls(shopUrl, 400, { callers: 1 })
    assert.equal(first + second, 400)
    // Two draws with replacement: the busy one is taken where both fall on it.
    assertShare(first, 400, 0.25)
    await v1.release()
    await v2.release()
    await Promise.all(held)
  })

  it('#107 with wrr_locality a locality of twice the weight takes twice the requests', async (t) => {
    const policy = (name: string, type: string, fields: ScriptedResource = {}): ScriptedResource => ({
      typed_extension_config: {
        name,
        typed_config: { '@type': `type.googleapis.com/envoy.extensions.load_balancing_policies.${type}`, ...fields },
      },
    })
    const child = { policies: [policy('child', 'round_robin.v3.RoundRobin')] }
    const load_balancing_policy = {
      policies: [policy('locality', 'wrr_locality.v3.WrrLocality', { endpoint_picking_policy: child })],
    }
    const { mesh } = await connected(t, {
      cluster: cluster(shop, { load_balancing_policy }),
      endpoints: assignment(
        shop,
        locality('a', [v1.port], { load_balancing_weight: 2 }),
        locality('b', [v2.port, v3.port], { load_balancing_weight: 1 }),
      ),
    })
    await serves(mesh, 'v1,v2,v3')
    assertShare((await mesh.calls(shopUrl, 900)).v1 ?? 0, 900, 2 / 3)
  })

  it('#105 requests are weighed by what endpoints report of their load', async (t) => {
    const typed_config = {
      '@type':
        'type.googleapis.com/envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin',
      blackout_period: '0s',
      weight_update_period: '0.1s',
    }
    const load_balancing_policy = { policies: [{ typed_extension_config: { name: 'weighted', typed_config } }] }
    const { mesh } = await connected(t, {
      cluster: cluster(shop, { load_balancing_policy }),
      endpoints: endpoints(shop, v1.port, v2.port),
    })
    // Thrice the utilization at the same rate of requests is a third of the weight.
    const url = `${shopUrl}?load=v1:0.3,v2:0.9`
    await eventually(
      'three quarters go to the one with less load',
      () => mesh.calls(url, 200),
      ({ v1: first = 0 }) => first >= 140 && first <= 160,
    )
  })
})
