import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { MeshProcess, nodeId } from './harness/mesh-process.js'
import { cluster, endpoints, listener, routes, service, to } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'
const cart = 'cart.test:80'
const cartUrl = 'http://cart.test/'

describe('server fallback', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
    v2 = await Upstream.start(suite, 'v2')
  })

  /** A mesh with several servers, the first of which goes before the second. Its time runs fast, so that pauses are short. */
  function connected(t: TestContext, ...planes: readonly ScriptedControlPlane[]): Promise<MeshProcess> {
    const xds_servers = planes.map(({ address }) => ({ server_uri: address, channel_creds: [{ type: 'insecure' }] }))
    return MeshProcess.start(t, {
      bootstrap: { xds_servers, node: { id: nodeId } },
      clockFactor: 4,
      localReply: 'throw',
    })
  }

  it('#31 the second server serves where the first cannot be reached; the first is back, and the second is left', async (t) => {
    const first = await ScriptedControlPlane.start(t, service(shop, v1.port))
    const second = await ScriptedControlPlane.start(t, service(shop, v2.port))
    await first.stop()
    const mesh = await connected(t, first, second)
    assert.equal((await mesh.get(shopUrl)).server, 'v2')
    await first.restart()
    await mesh.answeredBy('v1', shopUrl)
    await second.streamOver(1)
    assert.equal(second.openStreams, 0)
  })

  it('#31 where all that is asked for is there, the loss of the first server asks no other', async (t) => {
    const first = await ScriptedControlPlane.start(t, service(shop, v1.port))
    const second = await ScriptedControlPlane.start(t, service(shop, v2.port))
    const mesh = await connected(t, first, second)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    await first.stop()
    // The stream that had responses ends first; then the next cannot be opened.
    await mesh.logged(/stream to .* ended.*(refused|No connection)/i)
    assert.deepEqual(await mesh.calls(shopUrl, 40), { v1: 40 })
    assert.equal(second.streams, 0)
  })

  it('#32 a resource that is missing while the first server is away makes the second serve', async (t) => {
    const first = await ScriptedControlPlane.start(t, service(shop, v1.port))
    const second = await ScriptedControlPlane.start(t, [...service(shop, v2.port), ...service(cart, v2.port)])
    const mesh = await connected(t, first, second)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    await first.stop()
    assert.equal((await mesh.get(cartUrl)).server, 'v2')
    await second.request(
      'everything is asked for',
      ({ type, names }) => type === 'Listener' && names?.includes(shop) === true,
    )
    await first.set('2', ...service(cart, v1.port))
    await first.restart()
    await mesh.answeredBy('v1', cartUrl)
    await second.streamOver(1)
  })

  it('#33 the first server may go between a listener and its cluster', async (t) => {
    const first = await ScriptedControlPlane.start(t, [listener(shop), routes(shop, to('v1'))])
    await first.silence('Cluster')
    const second = await ScriptedControlPlane.start(t, [
      listener(shop),
      routes(shop, to('v2')),
      cluster('v2'),
      endpoints('v2', v2.port),
    ])
    const mesh = await connected(t, first, second)
    const call = mesh.get(shopUrl)
    await first.request('the cluster', ({ type }) => type === 'Cluster')
    await first.stop()
    assert.equal((await call).server, 'v2')
  })

  it('#34 of three servers the highest that can be reached serves; lower ones are closed', async (t) => {
    const planes: ScriptedControlPlane[] = []
    for (const { port } of [v1, v2, v1]) planes.push(await ScriptedControlPlane.start(t, service(shop, port)))
    const [first, second, third] = planes as [ScriptedControlPlane, ScriptedControlPlane, ScriptedControlPlane]
    await first.stop()
    await second.stop()
    const mesh = await connected(t, first, second, third)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    assert.equal(third.openStreams, 1)
    await second.restart()
    await mesh.answeredBy('v2', shopUrl)
    await third.streamOver(1)
    await first.restart()
    await mesh.answeredBy('v1', shopUrl)
    await second.streamOver(1)
    assert.equal(third.openStreams, 0)
  })

  it('#35 requests fail only when every server failed', async (t) => {
    const first = await ScriptedControlPlane.start(t)
    const second = await ScriptedControlPlane.start(t)
    await first.stop()
    await second.stop()
    const mesh = await connected(t, first, second)
    const { error } = await mesh.get(shopUrl)
    assert.equal(error?.code, 'ERR_INMESH_CONTROL_PLANE_UNAVAILABLE')
    for (const { address } of [first, second]) assert.ok(error.message.includes(address), error.message)
    await second.serve('1', service(shop, v2.port))
    await second.restart()
    await mesh.answeredBy('v2', shopUrl)
  })
})
