import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { MeshProcess, nodeId } from './harness/mesh-process.js'
import {
  brokenCluster,
  brokenEndpoints,
  brokenListener,
  brokenRoutes,
  cluster,
  endpoints,
  garbage,
  listener,
  routes,
  service,
  to,
  typeNames,
} from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'
const cart = 'cart.test:80'
const cartUrl = 'http://cart.test/'

describe('ADS: acknowledgement', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
    v2 = await Upstream.start(suite, 'v2')
  })

  /** A mesh that has called the shop once. */
  async function connected(t: TestContext): Promise<{ plane: ScriptedControlPlane; mesh: MeshProcess }> {
    const plane = await ScriptedControlPlane.start(t, service(shop, v1.port))
    const mesh = await MeshProcess.connected(t, plane)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    return { plane, mesh }
  }

  it('#1 an update is ACKed with its version and nonce, a bad one NACKed with the version before, the next good one ACKed', async (t) => {
    const { plane, mesh } = await connected(t)
    for (const type of ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']) {
      const { nonce } = await plane.acknowledged(type, '1')
      assert.ok(plane.responses(type).some((response) => response.nonce === nonce && response.version === '1'))
    }
    await plane.set('2', brokenRoutes(shop))
    const refusal = await plane.rejected('RouteConfiguration')
    const bad = plane.responses('RouteConfiguration').find(({ version }) => version === '2')
    assert.deepEqual([refusal.version, refusal.nonce, refusal.errorCode], ['1', bad?.nonce, 3])
    assert.match(refusal.error ?? '', /shop\.test:80.*virtual_hosts\[0\]\.routes\[0\]\.match\.safe_regex/s)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    await plane.set('3', routes(shop, to('other')), cluster('other'), endpoints('other', v2.port))
    await plane.acknowledged('RouteConfiguration', '3')
    await mesh.answeredBy('v2', shopUrl)
  })

  it('#2 when the first response is bad, the NACK has an empty version', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [brokenListener(shop)])
    const mesh = await MeshProcess.connected(t, plane)
    assert.equal((await mesh.get(shopUrl)).status, 503)
    const { version, nonce, error } = await plane.rejected('Listener')
    assert.deepEqual([version, nonce], ['', plane.responses('Listener')[0]?.nonce])
    assert.match(error ?? '', /http_filters/)
  })

  it('#4 an error that is rejected again with the same words is told once', async (t) => {
    const { plane, mesh } = await connected(t)
    await plane.set('2', brokenRoutes(shop))
    await plane.rejected('RouteConfiguration')
    const from = plane.mark
    await plane.send({ type: typeNames.routes, version: '2', resources: [brokenRoutes(shop)] })
    await plane.rejected('RouteConfiguration', from)
    const told = mesh.warnings.filter((message) => message.includes('safe_regex'))
    assert.equal(told.length, 1, told.join('\n'))
  })

  it('#8 the version of each type survives the stream, its nonce does not', async (t) => {
    const { plane, mesh } = await connected(t)
    for (const type of ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']) {
      await plane.acknowledged(type, '1')
    }
    await plane.endStreams()
    await plane.request(
      'endpoints asked for again',
      ({ stream, type }) => stream === 2 && type === 'ClusterLoadAssignment',
    )
    for (const type of ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']) {
      const first = plane.requests(type).find(({ stream }) => stream === 2)
      assert.deepEqual([first?.version, first?.nonce, first?.error], ['1', '', null], type)
    }
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
  })

  it('#14 the node is sent in the first request of each stream and in no other', async (t) => {
    const { plane } = await connected(t)
    await plane.endStreams()
    await plane.request(
      'the last type asked for again',
      ({ stream, type }) => stream === 2 && type === 'ClusterLoadAssignment',
    )
    for (const stream of [1, 2]) {
      const [first, ...later] = plane.requests().filter((request) => request.stream === stream)
      assert.equal(first?.node?.id, nodeId)
      assert.deepEqual(
        later.map(({ node }) => node),
        later.map(() => null),
      )
    }
  })

  it('#16 an error names the node', async (t) => {
    const { plane, mesh } = await connected(t)
    await plane.set('2', brokenRoutes(shop))
    const { error } = await plane.rejected('RouteConfiguration')
    assert.ok(error?.includes(nodeId), `to the server: ${error}`)
    const message = await mesh.logged(/safe_regex/)
    assert.ok(message.includes(nodeId), `in the log: ${message}`)
  })

  for (const [type, broken, healed] of [
    ['Listener', () => brokenListener(cart), () => listener(cart)],
    ['RouteConfiguration', () => brokenRoutes(cart), () => routes(cart, to(cart))],
    ['Cluster', () => brokenCluster(cart), () => cluster(cart)],
    ['ClusterLoadAssignment', () => brokenEndpoints(cart, v1.port), () => endpoints(cart, v1.port)],
  ] as const) {
    it(`#23 of a ${type} response with one bad resource the good ones apply, and there is one NACK`, async (t) => {
      const plane = await ScriptedControlPlane.start(t, [...service(cart, v1.port), ...service(shop, v1.port)])
      const mesh = await MeshProcess.connected(t, plane)
      assert.equal((await mesh.get(shopUrl)).server, 'v1')
      assert.equal((await mesh.get(cartUrl)).server, 'v1')
      const good = {
        Listener: [listener(shop, 'elsewhere'), routes('elsewhere', to('v2')), cluster('v2'), endpoints('v2', v2.port)],
        RouteConfiguration: [routes(shop, to('v2')), cluster('v2'), endpoints('v2', v2.port)],
        Cluster: [
          cluster(shop, { eds_cluster_config: { eds_config: { ads: {} }, service_name: 'v2' } }),
          endpoints('v2', v2.port),
        ],
        ClusterLoadAssignment: [endpoints(shop, v2.port)],
      }[type]
      await plane.set('2', broken(), ...good)
      const refusal = await plane.rejected(type)
      assert.ok(refusal.error?.includes(cart), refusal.error ?? '')
      assert.ok(!refusal.error?.includes(shop), refusal.error ?? '')
      await mesh.answeredBy('v2', shopUrl)
      assert.equal((await mesh.get(cartUrl)).server, 'v1', 'the last good value stays in use')
      const nacks = plane.requests(type).filter(({ error, nonce }) => error !== null && nonce === refusal.nonce)
      assert.equal(nacks.length, 1)
      await plane.set('3', healed())
      await plane.acknowledged(type, '3')
    })
  }

  it('#30 bytes that no parser can read are NACKed; the process lives and what it had stays in use', async (t) => {
    const { plane, mesh } = await connected(t)
    for (const type of ['listener', 'routes', 'cluster', 'endpoints'] as const) {
      const from = plane.mark
      await plane.send({ type: typeNames[type], version: 'x', resources: [garbage(type)] })
      const shortName = typeNames[type].slice(typeNames[type].lastIndexOf('.') + 1)
      assert.match((await plane.rejected(shortName, from)).error ?? '', /resource/)
    }
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
  })
})
