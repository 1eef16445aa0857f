import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { MeshProcess, nodeId } from './harness/mesh-process.js'
import { cluster, endpoints, listener, routes, routesOf, service, to } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

const types = {
  listener: 'envoy.config.listener.v3.Listener',
  routes: 'envoy.config.route.v3.RouteConfiguration',
  cluster: 'envoy.config.cluster.v3.Cluster',
  endpoints: 'envoy.config.endpoint.v3.ClusterLoadAssignment',
} as const

/** The name of a resource in the authority of the tests. */
function xdstp(type: keyof typeof types, id: string, parameters = ''): string {
  return `xdstp://other.authority/${types[type]}/${id}${parameters}`
}

describe('federation', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
    v2 = await Upstream.start(suite, 'v2')
  })

  /** A cluster of the authority, with the endpoints that its name says. */
  function federated(id: string, port: number): ScriptedResource[] {
    const eds_cluster_config = { eds_config: { ads: {} }, service_name: xdstp('endpoints', id) }
    return [cluster(xdstp('cluster', id), { eds_cluster_config }), endpoints(xdstp('endpoints', id), port)]
  }

  function connected(
    t: TestContext,
    plane: ScriptedControlPlane,
    other: ScriptedControlPlane,
    template?: string,
  ): Promise<MeshProcess> {
    const server = ({ address }: ScriptedControlPlane) => ({
      server_uri: address,
      channel_creds: [{ type: 'insecure' }],
    })
    return MeshProcess.start(t, {
      bootstrap: {
        xds_servers: [server(plane)],
        authorities: { 'other.authority': { xds_servers: [server(other)] } },
        ...(template !== undefined && { client_default_listener_resource_name_template: template }),
        node: { id: nodeId },
      },
      localReply: 'throw',
      clockFactor: 4,
    })
  }

  it('#38 old names and new ones mix: each resource comes from the servers of its authority', async (t) => {
    const table = xdstp('routes', 'shop')
    const plane = await ScriptedControlPlane.start(t, [
      listener('shop.test:80', table),
      ...service('cart.test:80', v1.port),
    ])
    const other = await ScriptedControlPlane.start(t, [
      routes(table, to(xdstp('cluster', 'shop'))),
      ...federated('shop', v2.port),
    ])
    const mesh = await connected(t, plane, other)
    assert.equal((await mesh.get('http://shop.test/')).server, 'v2')
    assert.equal((await mesh.get('http://cart.test/')).server, 'v1')
    assert.deepEqual(
      [...new Set(other.requests().flatMap(({ names }) => names ?? []))].filter(
        (name) => !name.startsWith('xdstp://other.authority/'),
      ),
      [],
    )
    assert.equal(
      plane.requests().some(({ names }) => names?.some((name) => name.startsWith('xdstp:'))),
      false,
    )
  })

  it('#39 a template in the new style takes the target percent-encoded, and its virtual host as it is', async (t) => {
    const plane = await ScriptedControlPlane.start(t)
    const other = await ScriptedControlPlane.start(t, [
      listener(xdstp('listener', 'shop.test:80'), xdstp('routes', 'shop')),
      routesOf(xdstp('routes', 'shop'), {
        name: 'shop',
        domains: ['shop.test'],
        routes: [to(xdstp('cluster', 'shop'))],
      }),
      listener(xdstp('listener', 'shop%7B1%7D.test:80'), xdstp('routes', 'odd')),
      routesOf(xdstp('routes', 'odd'), {
        name: 'odd',
        domains: ['shop{1}.test'],
        routes: [to(xdstp('cluster', 'shop'))],
      }),
      ...federated('shop', v2.port),
    ])
    const mesh = await connected(t, plane, other, 'xdstp://other.authority/envoy.config.listener.v3.Listener/%s')
    assert.equal((await mesh.get('http://shop.test/')).server, 'v2')
    assert.equal((await mesh.get('http://shop{1}.test/')).server, 'v2')
  })

  it('#26 authorities that have the same server share one stream to it', async (t) => {
    const table = xdstp('routes', 'shop')
    const plane = await ScriptedControlPlane.start(t, [
      listener('shop.test:80', table),
      routes(table, to(xdstp('cluster', 'shop'))),
      ...federated('shop', v2.port),
    ])
    const mesh = await connected(t, plane, plane)
    assert.equal((await mesh.get('http://shop.test/')).server, 'v2')
    assert.equal(plane.streams, 1)
  })

  for (const type of ['routes', 'cluster', 'endpoints'] as const) {
    it(`#27 the order of context parameters in a name of ${type} does not matter`, async (t) => {
      const name = (wanted: keyof typeof types, order: string) =>
        wanted === type ? xdstp(wanted, 'shop', order) : xdstp(wanted, 'shop')
      const asked = '?b=2&a=1'
      const served = '?a=1&b=2'
      const eds_cluster_config = { eds_config: { ads: {} }, service_name: name('endpoints', asked) }
      const plane = await ScriptedControlPlane.start(t, [listener('shop.test:80', name('routes', asked))])
      const other = await ScriptedControlPlane.start(t, [
        routes(name('routes', served), to(name('cluster', asked))),
        cluster(name('cluster', served), { eds_cluster_config }),
        endpoints(name('endpoints', served), v2.port),
      ])
      const mesh = await connected(t, plane, other)
      assert.equal((await mesh.get('http://shop.test/')).server, 'v2')
    })
  }

  it('#40 an authority that the bootstrap does not name is an error that says so, in a listener and in a cluster', async (t) => {
    const unknown = 'xdstp://nobody/envoy.config.route.v3.RouteConfiguration/shop'
    const plane = await ScriptedControlPlane.start(t, [
      listener('shop.test:80', unknown),
      listener('cart.test:80'),
      routes('cart.test:80', to('xdstp://nobody/envoy.config.cluster.v3.Cluster/cart')),
    ])
    const other = await ScriptedControlPlane.start(t)
    const mesh = await connected(t, plane, other)
    for (const url of ['http://shop.test/', 'http://cart.test/']) {
      const { error } = await mesh.get(url)
      assert.match(error?.message ?? '', /the authority "nobody", which the bootstrap does not name/)
    }
  })
})
