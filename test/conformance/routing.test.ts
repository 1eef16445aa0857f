import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { type MeshParameters, MeshProcess } from './harness/mesh-process.js'
import { cluster, endpoints, inlineListener, listener, router, routes, routesOf, to } from './harness/resources.js'
import { ScriptedControlPlane, type SeenRequest } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

const shop = 'shop.test:80'
const shopUrl = 'http://shop.test/'
const faultType = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'

/** A fault filter, or an override of one, that answers every request with a status. */
function abort(status: number): ScriptedResource {
  return { '@type': faultType, abort: { http_status: status, percentage: { numerator: 100 } } }
}

describe('routing', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1')
    v2 = await Upstream.start(suite, 'v2')
  })

  /** Clusters `v1` and `v2`, one endpoint each. */
  function versions(): ScriptedResource[] {
    return [cluster('v1'), endpoints('v1', v1.port), cluster('v2'), endpoints('v2', v2.port)]
  }

  async function connected(t: TestContext, resources: readonly ScriptedResource[], parameters: MeshParameters = {}) {
    const plane = await ScriptedControlPlane.start(t, [...versions(), ...resources])
    return { plane, mesh: await MeshProcess.connected(t, plane, parameters) }
  }

  it('#43 #49 #54 a request in flight keeps its cluster when the route leaves it; the last one gone, it is given back', async (t) => {
    const again = await Upstream.start(t, 'again')
    const retry_policy = {
      retry_on: '5xx',
      retry_host_predicate: [{ name: 'envoy.retry_host_predicates.previous_hosts' }],
      host_selection_retry_max_attempts: 5,
    }
    const { plane, mesh } = await connected(t, [listener(shop), routes(shop, to('v1', { retry_policy }))])
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    const url = `${shopUrl}?hold&status=500&on=v1`
    const held = [1, 2].map(() => mesh.call({ url, mesh: { timeoutMs: 20_000 } }))
    await v1.received('/?hold&status=500&on=v1', 2)
    await plane.set('2', routes(shop, to('v2')))
    await mesh.answeredBy('v2', shopUrl)
    await plane.set('3', endpoints('v1', v1.port, again.port))
    await plane.acknowledged('ClusterLoadAssignment', '3')
    const given = ({ type, names }: SeenRequest) => {
      return type === 'Cluster' && names?.includes('v2') === true && !names.includes('v1')
    }
    assert.ok(!plane.requests().some(given), 'what calls in flight use is still asked for')
    await v1.release()
    // Both are retried, in the cluster that they were given, with what the control plane says of it by now.
    await again.received('/?hold&status=500&on=v1', 2)
    await again.release()
    assert.deepEqual(
      (await Promise.all(held)).map(({ server }) => server),
      ['again', 'again'],
    )
    await plane.request('v1 is no longer asked for', given)
  })

  it('#46 #52 a listener that points to other routes keeps the old ones until the new ones are there', async (t) => {
    const { plane, mesh } = await connected(t, [listener(shop), routes(shop, to('v1'))])
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    await plane.set('2', listener(shop, 'next'))
    await plane.request(
      'the next routes',
      ({ type, names }) => type === 'RouteConfiguration' && names?.includes('next') === true,
    )
    await plane.set('3', listener(shop, 'next', { stat_prefix: 'again' }))
    await plane.acknowledged('Listener', '3')
    assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
    await plane.set('4', routes('next', to('v2')))
    await mesh.answeredBy('v2', shopUrl)
  })

  it('#53 routes move from a resource into the listener and back', async (t) => {
    const { plane, mesh } = await connected(t, [listener(shop), routes(shop, to('v1'))])
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    await plane.set('2', inlineListener(shop, routes('inline', to('v2'))))
    await mesh.answeredBy('v2', shopUrl)
    await plane.request(
      'the routes are given back',
      ({ type, names }) => type === 'RouteConfiguration' && names?.length === 0,
    )
    await plane.set('3', listener(shop))
    await mesh.answeredBy('v1', shopUrl)
  })

  it('#47 requests are split by the weights of clusters', async (t) => {
    const weighted = {
      weighted_clusters: {
        clusters: [
          { name: 'v1', weight: 75 },
          { name: 'v2', weight: 25 },
        ],
      },
    }
    const { mesh } = await connected(t, [listener(shop), routes(shop, { match: { prefix: '/' }, route: weighted })])
    const { v1: first = 0, v2: second = 0 } = await mesh.calls(shopUrl, 800)
    assert.equal(first + second, 800)
    // Five standard deviations.
    assert.ok(Math.abs(first - 600) < 62, `${first} of 800`)
  })

  it('#57 an override of a filter replaces it whole: that of the cluster before the route, the virtual host and the filter', async (t) => {
    const filters = [{ name: 'fault', typed_config: abort(501) }, router]
    const weighted = (overrides?: ScriptedResource) => ({
      weighted_clusters: {
        clusters: [{ name: 'v1', weight: 1, ...(overrides && { typed_per_filter_config: overrides }) }],
      },
    })
    const route = (prefix: string, action: ScriptedResource, overrides?: ScriptedResource) => ({
      match: { prefix },
      route: action,
      ...(overrides && { typed_per_filter_config: overrides }),
    })
    const table = routesOf(
      shop,
      {
        name: 'shop',
        domains: ['shop.test'],
        typed_per_filter_config: { fault: abort(502) },
        routes: [
          route('/cluster', weighted({ fault: abort(504) }), { fault: abort(503) }),
          route('/route', { cluster: 'v1' }, { fault: abort(503) }),
          route('/empty', { cluster: 'v1' }, { fault: { '@type': faultType } }),
          route('/other', { cluster: 'v1' }, { another: abort(503) }),
          route('/', { cluster: 'v1' }),
        ],
      },
      { name: 'rest', domains: ['*'], routes: [to('v1')] },
    )
    const { plane, mesh } = await connected(t, [
      listener(shop, shop, { http_filters: filters }),
      listener('cart.test:80', shop, { http_filters: filters }),
      table,
    ])
    const status = async (path: string, host = 'shop.test') => (await mesh.get(`http://${host}${path}`)).status
    assert.equal(await status('/', 'cart.test'), 501)
    assert.equal(await status('/'), 502)
    assert.equal(await status('/route'), 503)
    assert.equal(await status('/cluster'), 504)
    assert.equal(await status('/other'), 502, 'an override of no known name changes nothing')
    assert.equal(await status('/empty'), 200, 'nothing is merged')
    // An override that is all that changed takes effect (it was lost where only the keys of the old map were compared).
    await plane.set('2', routes(shop, { ...to('v1'), typed_per_filter_config: { fault: abort(418) } }))
    await mesh.until('the override applies', shopUrl, (result) => result.status === 418)
  })

  it('#58 a filter that answers keeps later filters from running', async (t) => {
    const filters = [{ name: 'first', typed_config: abort(501) }, { name: 'second', typed_config: abort(502) }, router]
    const { mesh } = await connected(t, [listener(shop, shop, { http_filters: filters }), routes(shop, to('v1'))])
    assert.equal((await mesh.get(shopUrl)).status, 501)
  })

  it('#61 of the virtual hosts the exact one wins, then the longest suffix, the longest prefix, and `*`', async (t) => {
    const host = (name: string, ...domains: string[]) => ({
      name,
      domains,
      routes: [{ ...to('v1'), response_headers_to_add: [], name }],
    })
    const patterns = ['a.b.test', '*.b.test', '*.a.b.test', 'a.*', 'a.b.*', '*']
    const table = routesOf(
      'table',
      ...patterns.map((pattern, index) => ({
        ...host(`host-${index}`, pattern),
        routes: [{ match: { prefix: '/' }, route: { cluster: 'v1', prefix_rewrite: `/host-${index}/` } }],
      })),
    )
    const names = ['a.b.test', 'x.b.test', 'y.a.b.test', 'a.c.test', 'a.b.other', 'z.test', 'A.B.TEST']
    const { mesh } = await connected(t, [...names.map((name) => listener(`${name.toLowerCase()}:80`, 'table')), table])
    const expected = [0, 1, 2, 3, 4, 5, 0]
    for (const [index, name] of names.entries()) {
      const { body, status, error } = await mesh.get(`http://${name}/`)
      assert.equal(status, 200, `${name}: ${error?.message}`)
      assert.equal((JSON.parse(body) as { url: string }).url, `/host-${expected[index]}/`, name)
    }
  })

  it('#62 headers are matched whole, in half-open ranges, inverted where they are there, or by their presence', async (t) => {
    type Case = readonly [matcher: ScriptedResource, value: string | undefined, matches: boolean]
    const text = (string_match: ScriptedResource, more: ScriptedResource = {}) => ({ string_match, ...more })
    const range = { range_match: { start: 3, end: 7 } }
    const inverted = { invert_match: true }
    const cases: readonly Case[] = [
      [text({ exact: 'a' }), 'a', true],
      [text({ exact: 'a' }), 'ab', false],
      [text({ exact: 'a' }), undefined, false],
      [text({ exact: 'A', ignore_case: true }), 'a', true],
      [text({ prefix: 'a', ignore_case: true }), 'AB', true],
      [text({ exact: 'A' }), 'a', false],
      [text({ prefix: 'ab' }), 'abc', true],
      [text({ prefix: 'ab' }), 'cab', false],
      [text({ suffix: 'ab' }), 'cab', true],
      [text({ suffix: 'ab' }), 'abc', false],
      [text({ contains: 'ab' }), 'xaby', true],
      [text({ contains: 'ab' }), 'ba', false],
      [text({ safe_regex: { regex: 'b+[0-9]' } }), 'bb1', true],
      [text({ safe_regex: { regex: 'b+[0-9]' } }), 'abb12', false],
      [text({ safe_regex: { regex: 'a|[b]c' } }), 'ab', false],
      [text({ exact: 'a' }, inverted), 'b', true],
      [text({ exact: 'a' }, inverted), 'a', false],
      [text({ exact: 'a' }, inverted), undefined, false],
      [{ ...range }, '3', true],
      [{ ...range }, '6', true],
      [{ ...range }, '7', false],
      [{ ...range }, '2', false],
      [{ ...range }, '4.5', false],
      [{ ...range, ...inverted }, '9', true],
      [{ ...range, ...inverted }, 'four', true],
      [{ ...range, ...inverted }, undefined, false],
      [{ present_match: true }, 'a', true],
      [{ present_match: true }, undefined, false],
      [{ present_match: false }, undefined, true],
      [{ present_match: false }, 'a', false],
      [{ present_match: true, ...inverted }, undefined, true],
      [{ present_match: true, ...inverted }, 'a', false],
    ]
    const table = cases.map(([matcher], index) =>
      to('v1', {}, { prefix: undefined, path: `/${index}`, headers: [{ name: 'x-value', ...matcher }] }),
    )
    const { mesh } = await connected(t, [listener(shop), routes(shop, ...table, to('v2'))])
    const wrong: string[] = []
    for (const [index, [matcher, value, matches]] of cases.entries()) {
      const { server } = await mesh.get(`${shopUrl}${index}`, value === undefined ? {} : { 'x-value': value })
      if (server !== (matches ? 'v1' : 'v2')) wrong.push(`${JSON.stringify(matcher)} and ${value}: ${server}`)
    }
    assert.deepEqual(wrong, [])
  })

  it('#48 a route whose action a client cannot take fails its own requests; the table stays', async (t) => {
    const { mesh } = await connected(
      t,
      [listener(shop), routes(shop, { match: { prefix: '/server' }, non_forwarding_action: {} }, to('v1'))],
      { localReply: 'throw' },
    )
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    assert.equal((await mesh.get(`${shopUrl}server`)).error?.code, 'ERR_INMESH_ROUTE_UNSUPPORTED')
    const listed = await mesh.unsupported()
    assert.ok(
      listed.some(({ field }) => field.startsWith('virtual_hosts[0].routes[0]')),
      JSON.stringify(listed),
    )
  })

  it('#50 a listener for servers fails the target that meets it, until one for clients comes', async (t) => {
    const { '@type': type } = listener(shop)
    const server = {
      '@type': type,
      name: shop,
      address: { socket_address: { address: '127.0.0.1', port_value: 80 } },
      filter_chains: [
        {
          filters: [
            {
              name: 'envoy.filters.network.http_connection_manager',
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                http_filters: [router],
                route_config: { virtual_hosts: [] },
              },
            },
          ],
        },
      ],
    }
    const { plane, mesh } = await connected(t, [server, routes(shop, to('v1'))], { localReply: 'throw' })
    const { error } = await mesh.get(shopUrl)
    assert.notEqual(error, null)
    await plane.acknowledged('Listener', '1')
    await plane.set('2', listener(shop))
    await mesh.answeredBy('v1', shopUrl)
  })

  it('#69 nothing is decided before the whole tree is there, with routes in a resource and with routes inside', async (t) => {
    for (const inline of [false, true]) {
      const table = routes(shop, to('v1'))
      const plane = await ScriptedControlPlane.start(t, [
        ...versions(),
        ...(inline ? [inlineListener(shop, table)] : [listener(shop), table]),
      ])
      await plane.silence('ClusterLoadAssignment')
      const mesh = await MeshProcess.connected(t, plane)
      const call = mesh.get(shopUrl)
      await plane.request('endpoints', ({ type }) => type === 'ClusterLoadAssignment')
      await plane.silence()
      assert.equal((await call).server, 'v1')
    }
  })

  it('#69 routes that do not exist fail the target in time', async (t) => {
    const { mesh } = await connected(t, [listener(shop, 'nowhere')], {
      clockFactor: 10,

      localReply: 'throw',
    })
    const { error } = await mesh.get(shopUrl)
    assert.match(error?.message ?? '', /nowhere/)
  })

  it('#70 new routes take effect only when their cluster and its endpoints are there', async (t) => {
    const { plane, mesh } = await connected(t, [listener(shop), routes(shop, to('v1'))])
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    await plane.silence('ClusterLoadAssignment')
    await plane.set('2', routes(shop, to('v3')), cluster('v3'), endpoints('v3', v2.port))
    await plane.request(
      'endpoints of the new cluster',
      ({ type, names }) => type === 'ClusterLoadAssignment' && names?.includes('v3') === true,
    )
    assert.deepEqual(await mesh.calls(shopUrl, 20), { v1: 20 })
    await plane.silence()
    await mesh.answeredBy('v2', shopUrl)
  })

  it('#71 an error of one cluster stays with it', async (t) => {
    const { plane, mesh } = await connected(
      t,
      [
        listener(shop),
        routes(shop, to('nowhere', {}, { prefix: '/bad' }), to('v1')),
        { ...cluster('nowhere'), type: 'EDS', eds_cluster_config: {} },
      ],
      { localReply: 'throw' },
    )
    assert.equal((await mesh.get(shopUrl)).server, 'v1')
    assert.equal((await mesh.get(`${shopUrl}bad`)).error?.code, 'ERR_INMESH_NO_CLUSTER')
    assert.ok((await plane.rejected('Cluster')).error?.includes('nowhere'))
  })

  it('#59 a filter goes on with what it knows when its routes change', async (t) => {
    const fault = {
      '@type': faultType,
      delay: { fixed_delay: '30s', percentage: { numerator: 100 } },
      max_active_faults: 1,
    }
    const filters = [{ name: 'fault', typed_config: fault }, router]
    const { plane, mesh } = await connected(t, [
      listener(shop, shop, { http_filters: filters }),
      routes(shop, to('v1', {}, { prefix: '/held' }), to('v1')),
    ])
    const held = mesh.call({ url: `${shopUrl}held`, mesh: { timeoutMs: 3_000 } })
    await mesh.until('one is held back', shopUrl, ({ server }) => server === 'v1')
    await plane.set('2', routes(shop, to('v1', {}, { prefix: '/held' }), to('v2')))
    await mesh.answeredBy('v2', shopUrl)
    assert.deepEqual(await mesh.calls(shopUrl, 10), { v2: 10 }, 'the fault that is active still counts')
    assert.notEqual((await held).server, 'v1')
  })

  it('#73 a cluster that a header names keeps no other request waiting', async (t) => {
    const byHeader = { match: { prefix: '/by-header' }, route: { cluster_header: 'x-cluster', timeout: '0s' } }
    const { plane, mesh } = await connected(t, [listener(shop), routes(shop, byHeader, to('v1'))], {
      clockFactor: 10,

      localReply: 'throw',
    })
    await mesh.answeredBy('v1', shopUrl)
    assert.equal((await mesh.get(`${shopUrl}by-header`, { 'x-cluster': 'v2' })).server, 'v2')
    const waiting = mesh.get(`${shopUrl}by-header`, { 'x-cluster': 'nowhere' })
    await plane.request('the cluster of the header', ({ names }) => names?.includes('nowhere') === true)
    assert.deepEqual(await mesh.calls(shopUrl, 10), { v1: 10 })
    assert.equal((await waiting).error?.code, 'ERR_INMESH_NO_CLUSTER')
    assert.equal((await mesh.get(`${shopUrl}by-header`)).error?.code, 'ERR_INMESH_NO_CLUSTER')
    assert.deepEqual(await mesh.calls(shopUrl, 10), { v1: 10 })
  })

  for (const xdsProtocol of ['sotw', 'delta'] as const) {
    it(`#73 a cluster that does not exist is answered 503, or as its route says, before any time limit (${xdsProtocol})`, async (t) => {
      const by = (path: string, more: object = {}): ScriptedResource => {
        return { match: { path }, route: { cluster_header: 'x-cluster', ...more } }
      }
      const named = [
        by('/by-header'),
        by('/or-404', { cluster_not_found_response_code: 'NOT_FOUND' }),
        { match: { path: '/by-name' }, route: { cluster: 'unheard-of' } },
      ]
      const { plane, mesh } = await connected(t, [listener(shop), routes(shop, ...named, to('v1'))], { xdsProtocol })
      const got = async (path: string, cluster: string): Promise<string> => {
        const { status, server, body } = await mesh.get(`${shopUrl}${path}`, { 'x-cluster': cluster })
        return server ?? `${status}${body}`
      }
      assert.deepEqual([await got('', ''), await got('by-name', '')], ['v1', '503'])
      assert.deepEqual([await got('by-header', 'nowhere'), await got('or-404', 'no-such')], ['503', '404'])
      await plane.set('2', cluster('nowhere'), endpoints('nowhere', v2.port))
      await eventually(
        'the cluster is there',
        () => got('by-header', 'nowhere'),
        (answer) => answer === 'v2',
      )
    })
  }
})
