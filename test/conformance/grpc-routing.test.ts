import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { suiteScope } from '../support/suite-scope.js'
import { GrpcMeshProcess } from './harness/grpc-mesh-process.js'
import { assignment, cluster, endpoints, listener, locality, router, routes, to } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

const echo = 'echo.test:80'
const ok = 0
const deadlineExceeded = 4
const unavailable = 14
const faultType = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'

describe('gRPC calls: routing', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1', 'grpc')
    v2 = await Upstream.start(suite, 'v2', 'grpc')
  })

  /** Clusters `v1` and `v2`, one endpoint each, and what is added. */
  async function connected(t: TestContext, ...resources: readonly ScriptedResource[]) {
    const clusters = [cluster('v1'), endpoints('v1', v1.port), cluster('v2'), endpoints('v2', v2.port)]
    const plane = await ScriptedControlPlane.start(t, [...clusters, listener(echo), ...resources])
    return { plane, mesh: await GrpcMeshProcess.start(t, plane) }
  }

  for (const [what, manager, action, expected] of [
    ['of the listener', { common_http_protocol_options: { max_stream_duration: '0.2s' } }, {}, deadlineExceeded],
    [
      'of the route, before that of the listener',
      { common_http_protocol_options: { max_stream_duration: '0.2s' } },
      { max_stream_duration: { max_stream_duration: '30s' } },
      ok,
    ],
    [
      'of zero in the route, which lifts that of the listener',
      { common_http_protocol_options: { max_stream_duration: '0.2s' } },
      { max_stream_duration: { max_stream_duration: '0s' } },
      ok,
    ],
    [
      'of grpc_timeout_header_max, before max_stream_duration',
      {},
      { max_stream_duration: { max_stream_duration: '30s', grpc_timeout_header_max: '0.2s' } },
      deadlineExceeded,
    ],
    ['of the route action, which gRPC does not read', {}, { timeout: '0.2s' }, ok],
  ] as const) {
    it(`#45 a call has the limit ${what}`, async (t) => {
      const { mesh } = await connected(t, listener(echo, echo, manager), routes(echo, to('v1', action)))
      const call = mesh.call(echo, { headers: { 'x-hold': '1' } })
      if (expected === ok) {
        await v1.received(undefined, v1.requests + 1)
        // Longer than the limit that does not count.
        await mesh.call(echo, { headers: { 'x-hold': '1' }, deadlineMs: 400 })
        await v1.release()
      }
      assert.equal((await call).code, expected)
      await v1.release()
    })
  }

  it('#48 #41 a call without a route, or with one that a client cannot take, is UNAVAILABLE', async (t) => {
    const { mesh } = await connected(
      t,
      routes(echo, to('v1', {}, { prefix: '/fine' }), { match: { prefix: '/server' }, non_forwarding_action: {} }),
    )
    assert.deepEqual((await mesh.call(echo, { path: '/fine/Call' })).server, 'v1')
    for (const path of ['/server/Call', '/none/Call']) {
      const { code, server, details } = await mesh.call(echo, { path })
      assert.deepEqual([code, server], [unavailable, null], details)
    }
  })

  it('#60 #63 of metadata only what is custom and not binary is matched, and content-type', async (t) => {
    const { mesh } = await connected(
      t,
      routes(
        echo,
        to('v2', {}, { headers: [{ name: 'data-bin', present_match: true }] }),
        to('v2', {}, { headers: [{ name: 'grpc-timeout', present_match: true }] }),
        to('v1', {}, { headers: [{ name: 'content-type', string_match: { exact: 'application/grpc' } }] }),
        to('v2'),
      ),
    )
    assert.equal((await mesh.call(echo, { headers: { 'data-bin': 'AA' } })).server, 'v1')
  })

  it('#64 a route by query parameters does not exist, and a route without a known kind of cluster neither', async (t) => {
    const { mesh } = await connected(
      t,
      routes(
        echo,
        to('v2', {}, { query_parameters: [{ name: 'a', present_match: true }] }),
        { match: { prefix: '/' }, route: { cluster_header: 'x-cluster' } },
        to('v1'),
      ),
    )
    assert.equal((await mesh.call(echo)).server, 'v1')
  })

  const retryOn = (fields: ScriptedResource): ScriptedResource => ({
    retry_policy: { retry_on: 'unavailable', retry_back_off: { base_interval: '0.01s' }, ...fields },
  })
  const failing = { 'x-status': '14', 'x-status-until': '2' }

  for (const [what, host, action, attempts, code] of [
    ['none without a policy', {}, {}, 1, unavailable],
    ['one by default', {}, retryOn({}), 2, unavailable],
    ['as many as the route says', {}, retryOn({ num_retries: 3 }), 3, ok],
    ['as many as the virtual host says', retryOn({ num_retries: 3 }), {}, 3, ok],
    ['of the route alone, where both say', retryOn({ num_retries: 3 }), retryOn({ num_retries: 1 }), 2, unavailable],
    [
      'none where the policy of the route names nothing that gRPC knows',
      retryOn({ num_retries: 3 }),
      { retry_policy: { retry_on: '5xx', num_retries: 3 } },
      1,
      unavailable,
    ],
  ] as const) {
    it(`#65 retries: ${what}`, async (t) => {
      const table = routes(echo, to('v1', action))
      const [virtualHost] = table.virtual_hosts as ScriptedResource[]
      const { mesh } = await connected(t, { ...table, virtual_hosts: [{ ...virtualHost, ...host }] })
      const result = await mesh.call(echo, { headers: failing })
      assert.deepEqual([result.attempts, result.code], [attempts, code])
    })
  }

  it('#65 at most five attempts are made', async (t) => {
    const { mesh } = await connected(t, routes(echo, to('v1', retryOn({ num_retries: 9 }))))
    assert.equal((await mesh.call(echo, { headers: { 'x-status': '14' } })).attempts, 5)
  })

  for (const [what, fault, headers, code] of [
    ['a gRPC status', { abort: { grpc_status: 9, percentage: { numerator: 100 } } }, {}, 9],
    ['an HTTP status, translated', { abort: { http_status: 404, percentage: { numerator: 100 } } }, {}, 12],
    [
      'an HTTP status of 200, which is no success',
      { abort: { http_status: 200, percentage: { numerator: 100 } } },
      {},
      2,
    ],
    ['nothing, at no per cent', { abort: { http_status: 404, percentage: { numerator: 0 } } }, {}, ok],
    [
      'the status that a header asks for',
      { abort: { header_abort: {}, percentage: { numerator: 100 } } },
      { 'x-envoy-fault-abort-grpc-request': '7' },
      7,
    ],
    [
      'the HTTP status that a header asks for, before the gRPC one',
      { abort: { header_abort: {}, percentage: { numerator: 100 } } },
      { 'x-envoy-fault-abort-grpc-request': '7', 'x-envoy-fault-abort-request': '401' },
      16,
    ],
    [
      'nothing, where a header is no number',
      { abort: { header_abort: {}, percentage: { numerator: 100 } } },
      { 'x-envoy-fault-abort-grpc-request': 'seven' },
      ok,
    ],
    [
      'nothing, where a header lowers the share to none',
      { abort: { header_abort: {}, percentage: { numerator: 100 } } },
      { 'x-envoy-fault-abort-grpc-request': '7', 'x-envoy-fault-abort-request-percentage': '0' },
      ok,
    ],
  ] as const) {
    it(`#66 the fault filter aborts with ${what}`, async (t) => {
      const filters = [{ name: 'fault', typed_config: { '@type': faultType, ...fault } }, router]
      const { mesh } = await connected(t, listener(echo, echo, { http_filters: filters }), routes(echo, to('v1')))
      const result = await mesh.call(echo, { headers })
      assert.equal(result.code, code, result.details)
    })
  }

  it('#66 no more faults are active at once than the filter allows', async (t) => {
    const fault = { delay: { fixed_delay: '0.5s', percentage: { numerator: 100 } }, max_active_faults: 1 }
    const filters = [{ name: 'fault', typed_config: { '@type': faultType, ...fault } }, router]
    const { mesh } = await connected(t, listener(echo, echo, { http_filters: filters }), routes(echo, to('v1')))
    const finished: string[] = []
    const call = async (name: string): Promise<void> => {
      assert.equal((await mesh.call(echo)).code, ok)
      finished.push(name)
    }
    await Promise.all([call('held back'), call('passed')])
    assert.deepEqual(finished, ['passed', 'held back'])
  })

  for (const [what, serverFeatures, action, endpoint, expected] of [
    [
      'is rewritten where all three say so',
      ['trusted_xds_server'],
      { auto_host_rewrite: true },
      { hostname: 'own.test' },
      'own.test',
    ],
    ['stays where the server is not trusted', [], { auto_host_rewrite: true }, { hostname: 'own.test' }, undefined],
    ['stays where the route does not ask', ['trusted_xds_server'], {}, { hostname: 'own.test' }, undefined],
    [
      'stays where the route says no',
      ['trusted_xds_server'],
      { auto_host_rewrite: false },
      { hostname: 'own.test' },
      undefined,
    ],
    ['stays where the endpoint has no name', ['trusted_xds_server'], { auto_host_rewrite: true }, {}, undefined],
    [
      'knows no other rewrite',
      ['trusted_xds_server'],
      { host_rewrite_literal: 'other.test' },
      { hostname: 'own.test' },
      undefined,
    ],
  ] as const) {
    it(`#51 the authority of a call ${what} (A81)`, async (t) => {
      const address = { socket_address: { address: '127.0.0.1', port_value: v1.port } }
      const plane = await ScriptedControlPlane.start(t, [
        listener(echo),
        routes(echo, to('v1', action)),
        cluster('v1'),
        assignment('v1', locality('a', [{ endpoint: { address, ...endpoint } }])),
      ])
      const mesh = await GrpcMeshProcess.start(t, plane, { serverFeatures })
      const { authority, details } = await mesh.call(echo)
      assert.equal(authority, expected ?? `127.0.0.1:${v1.port}`, details)
    })
  }
})
