import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { MeshProcess, nodeId } from './harness/mesh-process.js'
import { brokenRoutes, cluster, listener, routes, service, to } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'

describe('deletion and data errors', () => {
  const suite = suiteScope()
  let v1: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
  })

  async function connected(t: TestContext, serverFeatures: readonly string[]) {
    const plane = await ScriptedControlPlane.start(t, service(shop, v1.port))
    const mesh = await MeshProcess.connected(t, plane, { serverFeatures, localReply: 'throw' })
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    for (const type of ['Listener', 'Cluster']) await plane.acknowledged(type, '1')
    return { plane, mesh }
  }

  for (const type of ['Listener', 'Cluster']) {
    for (const features of [[], ['ignore_resource_deletion']]) {
      it(`#36 a deleted ${type} stays in use with server_features [${features}]`, async (t) => {
        const { plane, mesh } = await connected(t, features)
        const other = type === 'Listener' ? listener('other') : cluster('other')
        await plane.change({ version: '2', set: [other], remove: { [type]: [shop] } })
        await plane.acknowledged(type, '2')
        await mesh.logged(/deleted/)
        assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
      })
    }

    it(`#36 #44 a deleted ${type} fails requests with server_features [fail_on_data_errors], and heals when it is back`, async (t) => {
      const { plane, mesh } = await connected(t, ['fail_on_data_errors'])
      await plane.remove('2', type, shop)
      const failed = await mesh.until('the deletion takes effect', shopUrl, ({ server }) => server === null)
      if (type === 'Cluster') assert.equal(failed.error?.code, 'ERR_INMESH_NO_CLUSTER')
      await plane.set('3', type === 'Listener' ? listener(shop) : cluster(shop))
      await mesh.answeredBy('v1', shopUrl)
    })
  }

  it('#36 an update that is refused fails requests with server_features [fail_on_data_errors]', async (t) => {
    const { plane, mesh } = await connected(t, ['fail_on_data_errors'])
    await plane.set('2', brokenRoutes(shop))
    const failed = await mesh.until('the refusal takes effect', shopUrl, ({ server }) => server === null)
    assert.match(failed.error?.message ?? '', /safe_regex/)
    await plane.set('3', routes(shop, to(shop)))
    await mesh.answeredBy('v1', shopUrl)
  })

  it('#85 a cluster that is missing fails its requests; it comes back identical, and they pass', async (t) => {
    const { plane, mesh } = await connected(t, ['fail_on_data_errors'])
    for (const round of [1, 2]) {
      await plane.remove(`gone ${round}`, 'Cluster', shop)
      const { error } = await mesh.until('the deletion takes effect', shopUrl, ({ server }) => server === null)
      assert.equal(error?.code, 'ERR_INMESH_NO_CLUSTER')
      assert.match(error?.message ?? '', /shop\.test:80/)
      await plane.set(`back ${round}`, cluster(shop))
      await mesh.answeredBy('v1', shopUrl)
    }
  })

  it('#41 a host that no virtual host names has no route, and the error names the table', async (t) => {
    const table = { ...routes(shop), virtual_hosts: [{ name: 'other', domains: ['other.test'], routes: [to(shop)] }] }
    const plane = await ScriptedControlPlane.start(t, [...service(shop, v1.port), table])
    const mesh = await MeshProcess.connected(t, plane, { localReply: 'throw' })
    const { error } = await mesh.get(shopUrl)
    assert.equal(error?.code, 'ERR_INMESH_NO_ROUTE')
    assert.match(error?.message ?? '', /shop\.test/)
    await plane.acknowledged('RouteConfiguration', '1')
  })

  it('#42 refused routes fail requests where there were none, and leave those in use that there were', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [...service(shop, v1.port), brokenRoutes(shop)])
    const mesh = await MeshProcess.connected(t, plane, { localReply: 'throw' })
    const { error } = await mesh.get(shopUrl)
    assert.match(error?.message ?? '', /safe_regex/)
    assert.ok(error?.message.includes(nodeId), error?.message)
    await plane.set('2', routes(shop, to(shop)))
    await mesh.answeredBy('v1', shopUrl)
    await plane.set('3', brokenRoutes(shop))
    await plane.rejected('RouteConfiguration', plane.mark - 1)
    assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
  })

  it('#28 what became of each resource is shown: asked for, accepted, refused with the reason while the old one is in use', async (t) => {
    const { plane, mesh } = await connected(t, [])
    const record = async (type: string) => (await mesh.clientStatus()).find((seen) => seen.type === type)
    for (const type of ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']) {
      const { name, status, version, hasBytes, fault } = (await record(type))!
      assert.deepEqual([name, status, version, hasBytes, fault], [shop, 'accepted', '1', true, null], type)
    }
    await plane.set('2', brokenRoutes(shop))
    await plane.rejected('RouteConfiguration')
    const refused = (await record('RouteConfiguration'))!
    assert.deepEqual([refused.status, refused.version, refused.hasBytes], ['rejected', '1', true])
    assert.equal(refused.fault?.version, '2')
    assert.match(refused.fault?.details ?? '', /safe_regex/)
    await plane.silence('ClusterLoadAssignment')
    await plane.set('3', routes(shop, to('other')), cluster('other'))
    await plane.request('the other endpoints', ({ type, names }) => {
      return type === 'ClusterLoadAssignment' && names?.includes('other') === true
    })
    const asked = (await mesh.clientStatus()).find(
      ({ type, name }) => type === 'ClusterLoadAssignment' && name === 'other',
    )
    assert.deepEqual([asked?.status, asked?.version, asked?.hasBytes], ['requested', '', false])
  })
})
