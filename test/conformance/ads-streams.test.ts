import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { ClientProcess } from './harness/client-process.js'
import { MeshProcess } from './harness/mesh-process.js'
import { cluster, endpoints, listener, routes, service, to } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'
const types = ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment']

describe('ADS: streams', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
    v2 = await Upstream.start(suite, 'v2')
  })

  it('#5 after a stream that failed there is a pause that grows, then every name is asked for again', async (t) => {
    const plane = await ScriptedControlPlane.start(t)
    await plane.silence('Listener')
    const client = await ClientProcess.start(t, plane)
    await client.watch('one', 'listener', 'one')
    await client.watch('two', 'listener', 'two')
    const asked = (stream: number) =>
      plane.request(
        `both names on stream ${stream}`,
        ({ stream: on, names }) => on === stream && names?.includes('one') === true && names.includes('two'),
      )
    const times: number[] = []
    for (const stream of [1, 2, 3]) {
      await asked(stream)
      times.push(plane.requests().find((request) => request.stream === stream)!.atMs)
      if (stream < 3) await plane.endStreams()
    }
    const [first, second, third] = times as [number, number, number]
    // 1 s and 1.6 s, each a fifth less at most.
    assert.ok(second - first >= 790, `${second - first} ms`)
    assert.ok(third - second >= 1270, `${third - second} ms`)
    assert.deepEqual(client.told('one'), ['failed'], 'told once, though two streams failed')
  })

  it('#6 a new stream begins with the last accepted version and no nonce', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one')])
    const client = await ClientProcess.start(t, plane)
    await client.watch('one', 'listener', 'one')
    await plane.acknowledged('Listener', '1')
    await plane.set('2', listener('one', 'other'))
    await plane.acknowledged('Listener', '2')
    await plane.endStreams()
    const again = await plane.request('the listener on stream 2', ({ stream }) => stream === 2)
    assert.deepEqual([again.version, again.nonce, again.names], ['2', '', ['one']])
  })

  it('#7 what is asked for before there is a stream goes out once there is one', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one'), listener('two')])
    await plane.stop()
    const client = await ClientProcess.start(t, plane)
    await client.watch('one', 'listener', 'one')
    await client.watch('two', 'listener', 'two')
    await client.heard('one', 'failed')
    await plane.restart()
    await client.heard('one', 'changed')
    await client.heard('two', 'changed')
    assert.deepEqual([...(plane.requests('Listener')[0]?.names ?? [])].sort(), ['one', 'two'])
  })

  it('#9 every watch of every type is asked for again on a new stream', async (t) => {
    const plane = await ScriptedControlPlane.start(t, service(shop, v1.port))
    const mesh = await MeshProcess.connected(t, plane)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    for (const type of types) await plane.acknowledged(type, '1')
    await plane.endStreams()
    for (const type of types) {
      const again = await plane.request(`${type} again`, ({ stream, type: of }) => stream === 2 && of === type)
      assert.deepEqual(again.names, [shop])
    }
  })

  it('#3 the last watcher gone, its name is taken back; a new watch sends no stale nonce', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one')])
    const client = await ClientProcess.start(t, plane)
    await client.watch('one', 'listener', 'one')
    await client.heard('one', 'changed')
    const { nonce } = await plane.acknowledged('Listener', '1')
    await client.unwatch('one')
    const ended = await plane.request('no name', ({ names }) => names?.length === 0)
    assert.equal(ended.nonce, nonce)
    await plane.set('2', listener('one', 'other'))
    await client.watch('again', 'listener', 'one')
    await client.heard('again', 'changed')
    const stale = plane
      .requests('Listener')
      .filter(({ nonce: sent, stream }) => sent !== '' && !sent.startsWith(`${stream}-`))
    assert.deepEqual(stale, [])
    const last = await plane.acknowledged('Listener', '2')
    assert.notEqual(last.nonce, nonce)
  })

  it('#12 the timer of a resource stops when the stream breaks and starts anew; what was received is untouched', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('here')])
    const client = await ClientProcess.start(t, plane, { clockFactor: 20 })
    await client.watch('here', 'listener', 'here')
    await client.heard('here', 'changed')
    await plane.silence('Listener', 'Cluster')
    await client.watch('gone', 'cluster', 'gone')
    await plane.request('the cluster', ({ type }) => type === 'Cluster')
    await plane.stop()
    await client.timePasses(16_000)
    assert.ok(!client.told('gone').includes('missing'), 'time without a stream does not count')
    await plane.restart()
    await client.heard('gone', 'missing')
    assert.ok(!client.told('here').includes('missing'), client.told('here').join())
    await plane.silence()
    await plane.set('2', cluster('gone'))
    await client.heard('gone', 'changed')
  })

  it('#13 a resource that does not come within 15 s counts as missing, and may still come', async (t) => {
    const plane = await ScriptedControlPlane.start(t)
    const client = await ClientProcess.start(t, plane, { clockFactor: 10 })
    for (const type of ['listener', 'routes', 'cluster', 'endpoints'] as const) await client.watch(type, type, 'late')
    for (const type of ['listener', 'routes', 'cluster', 'endpoints']) await client.heard(type, 'missing')
    await plane.serve('2', [listener('late'), routes('late', to('x')), cluster('late'), endpoints('late', 1)])
    for (const type of ['listener', 'routes', 'cluster', 'endpoints']) await client.heard(type, 'changed')
  })

  it('#26 one stream serves every target, and ends with the mesh', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [...service(shop, v1.port), ...service('cart.test:80', v2.port)])
    const mesh = await MeshProcess.connected(t, plane)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    assert.equal((await mesh.get('http://cart.test/')).server, 'v2')
    assert.equal(plane.streams, 1)
    await mesh.close()
    await plane.streamOver(1)
    assert.equal(plane.streams, 1)
  })

  it('#29 a stream that ends after a response is no failure: nobody is told, and the next comes at once', async (t) => {
    const plane = await ScriptedControlPlane.start(t, [listener('one')])
    const client = await ClientProcess.start(t, plane)
    await client.watch('one', 'listener', 'one')
    await plane.acknowledged('Listener', '1')
    await plane.endStreams(0)
    await plane.stream(2)
    await plane.set('2', listener('one', 'other'))
    await client.heard('one', 'changed', 2)
    assert.deepEqual(client.told('one'), ['changed', 'changed'])
  })

  it('#84 the loss of the control plane does not reach requests', async (t) => {
    const plane = await ScriptedControlPlane.start(t, service(shop, v1.port))
    const mesh = await MeshProcess.connected(t, plane)
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    await plane.stop()
    // The stream is lost, and then nobody answers any more.
    await mesh.logged(/stream to .* ended.*(refused|No connection)/i)
    assert.deepEqual(await mesh.calls(shopUrl, 40), { v1: 40 })
    await plane.restart()
    await plane.set('2', endpoints(shop, v2.port))
    await mesh.answeredBy('v2', shopUrl)
  })
})
