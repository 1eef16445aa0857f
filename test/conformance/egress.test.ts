import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { MeshProcess } from './harness/mesh-process.js'
import { cluster, router, routes, to, typeNames } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

/** A listener of a sidecar, as istiod sends one for each port: it catches what goes there and reads the table of that name. */
function outbound(port: number): ScriptedResource {
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    rds: { config_source: { ads: {}, resource_api_version: 'V3' }, route_config_name: `${port}` },
    http_filters: [router],
  }
  return {
    '@type': `type.googleapis.com/${typeNames.listener}`,
    name: `0.0.0.0_${port}`,
    traffic_direction: 'OUTBOUND',
    address: { socket_address: { address: '0.0.0.0', port_value: port } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
  }
}

/** istiod's cluster for hosts that it does not know, in the mode ALLOW_ANY. */
function passthrough(thresholds: ScriptedResource = {}): ScriptedResource {
  return cluster('PassthroughCluster', {
    type: 'ORIGINAL_DST',
    lb_policy: 'CLUSTER_PROVIDED',
    eds_cluster_config: undefined,
    circuit_breakers: { thresholds: [thresholds] },
  })
}

describe('what leaves the mesh, as a sidecar of Istio has it', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
    v2 = await Upstream.start(suite, 'v2')
  })

  async function sidecar(t: TestContext, ...resources: readonly ScriptedResource[]): Promise<MeshProcess> {
    const plane = await ScriptedControlPlane.start(t, [outbound(v1.port), outbound(v2.port), ...resources])
    return MeshProcess.connected(t, plane, { targetNaming: 'sidecar' })
  }

  /** A name that leads to loopback in the mesh's process, by its resolver alone. */
  const url = ({ name, port }: Upstream, path = '/'): string => `http://${name}.outside.test:${port}${path}`

  it('a host that the route for all others passes on is reached where it is', async (t) => {
    const mesh = await sidecar(
      t,
      passthrough(),
      routes(`${v1.port}`, to('PassthroughCluster')),
      routes(`${v2.port}`, to('PassthroughCluster')),
    )
    const { server, body, error } = await mesh.get(url(v1, '/a'))
    assert.equal(server, 'v1', error?.message)
    assert.equal(JSON.parse(body).headers.host, `v1.outside.test:${v1.port}`)
    assert.equal((await mesh.get(url(v2))).server, 'v2')
  })

  it('the limits of the cluster count for all hosts that are passed on together', async (t) => {
    const mesh = await sidecar(
      t,
      passthrough({ max_requests: 2 }),
      routes(`${v1.port}`, to('PassthroughCluster')),
      routes(`${v2.port}`, to('PassthroughCluster')),
    )
    assert.equal((await mesh.get(url(v1))).server, 'v1')
    const held = [mesh.get(url(v1, '/held?hold')), mesh.get(url(v2, '/held?hold'))]
    await Promise.all([v1.received('/held?hold'), v2.received('/held?hold')])
    const { status, server, headers } = await mesh.get(url(v1))
    assert.deepEqual([status, server, headers['x-envoy-overloaded']], [503, null, 'true'])
    await Promise.all([v1.release(), v2.release()])
    assert.deepEqual(
      (await Promise.all(held)).map((each) => each.server),
      ['v1', 'v2'],
    )
    assert.equal((await mesh.get(url(v2))).server, 'v2')
  })

  it('connections to a host that is passed on, and requests that wait for one, are limited by the cluster', async (t) => {
    const mesh = await sidecar(
      t,
      passthrough({ max_connections: 1, max_pending_requests: 1 }),
      routes(`${v1.port}`, to('PassthroughCluster')),
      routes(`${v2.port}`, to('PassthroughCluster')),
    )
    const held = mesh.get(url(v1, '/only?hold'))
    await v1.received('/only?hold')
    const waiting = mesh.get(url(v1, '/next'))
    const { status, headers } = await mesh.get(url(v1, '/other'))
    assert.deepEqual([status, headers['x-envoy-overloaded']], [503, 'true'])
    await v1.release()
    assert.deepEqual([(await held).server, (await waiting).server], ['v1', 'v1'])
  })

  // istiod in the mode REGISTRY_ONLY makes the virtual host `block_all` for all other hosts, a direct response of 502 (Istio,
  // pilot/pkg/networking/core/httproute.go, buildCatchAllVirtualHost): that is what users of a sidecar see.
  it('a host that is not in the registry is answered with 502 where only those are let out', async (t) => {
    const mesh = await sidecar(
      t,
      routes(`${v1.port}`, { name: 'block_all', match: { prefix: '/' }, direct_response: { status: 502 } }),
      routes(`${v2.port}`),
    )
    const { status, server } = await mesh.get(url(v1))
    assert.deepEqual([status, server], [502, null])
  })

  // BlackHoleCluster itself is STATIC and has no endpoints; istiod sends TCP there. A route of somebody's own that leads there gets what
  // Envoy says of any cluster without endpoints: 503, `no healthy upstream`, flag UH (Envoy, "Response flags").
  it('a route to a cluster that never has endpoints is answered with 503', async (t) => {
    const mesh = await sidecar(
      t,
      cluster('BlackHoleCluster', { type: 'STATIC', eds_cluster_config: undefined }),
      routes(`${v1.port}`, to('BlackHoleCluster')),
      routes(`${v2.port}`),
    )
    const { status, server, body } = await mesh.get(url(v1))
    assert.deepEqual([status, server, body], [503, null, 'no healthy upstream'])
  })
})
