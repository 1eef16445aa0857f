import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type ClusterWatcher,
  FormatString,
  type ForwardAction,
  MeshError,
  SimulatedClock,
  type WeightedCluster,
} from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

const BY_HEADER: WeightedCluster = { name: '', clusterHeader: 'x-cluster', weight: 1, filterOverrides: new Map() }

/** A mesh whose only route sends a request to the cluster that its header `x-cluster` names. */
function named(context: TestContext, parts: Partial<ForwardAction> = {}, clock?: SimulatedClock) {
  const mesh = new ClientFixture(context, clock)
  const watchers = new Map<string, ClusterWatcher>()
  mesh.source.watchCluster = (name, watcher) => {
    watchers.set(name, watcher)
    return () => watchers.delete(name)
  }
  const action: ForwardAction = { kind: 'forward', clusters: [BY_HEADER], timeoutMs: 0, ...parts }
  mesh.source.set('reviews:80', target('reviews:80', [route({ clusters: {}, action })], []))
  const get = (name?: string) => mesh.request('/', { headers: name === undefined ? {} : { 'x-cluster': name } })
  return { mesh, watchers, get }
}

test('a request waits for the cluster that its header names, later ones do not', async (context) => {
  const { mesh, watchers, get } = named(context)
  const upstream = await TestUpstream.start(context)
  const first = get('canary')
  while (!watchers.has('canary')) await turn()
  assert.equal(mesh.cluster('canary').config, undefined)
  watchers.get('canary')!.clusterChanged(cluster('canary', [endpoint(upstream.port)]))
  assert.equal((await first).text, String(upstream.port))
  assert.equal((await get('canary')).text, String(upstream.port))
})

test('a cluster that does not exist is answered 503, or as the route says', async (context) => {
  for (const [parts, expected] of [
    [{}, 503],
    [{ clusterNotFoundStatus: 404 }, 404],
  ] as const) {
    const { watchers, get } = named(context, parts)
    const pending = get('nowhere')
    while (!watchers.has('nowhere')) await turn()
    const error = new MeshError('ERR_INMESH_RESOURCE_MISSING', 'cluster nowhere does not exist')
    watchers.get('nowhere')!.clusterChanged({ kind: 'failed', error })
    assert.equal((await pending).status, expected)
    assert.equal((await get()).status, expected)
    assert.deepEqual([...watchers.keys()], ['nowhere'])
  }
})

test('a cluster that no request names for a while is let go', async (context) => {
  const clock = new SimulatedClock()
  const { watchers, get } = named(context, {}, clock)
  const upstream = await TestUpstream.start(context)
  const pending = get('canary')
  while (!watchers.has('canary')) await turn()
  watchers.get('canary')!.clusterChanged(cluster('canary', [endpoint(upstream.port)]))
  await pending
  clock.advance(300_000)
  assert.equal(watchers.size, 1)
  clock.advance(300_000)
  assert.equal(watchers.size, 0)
})

test('one share of a split may go where a header says, changed as the share says', async (context) => {
  const value = FormatString.parse('by-header') as FormatString
  const addition = { name: 'x-share', value, action: 'overwrite', keepEmpty: false } as const
  const shares: WeightedCluster[] = [
    { name: 'reviews', weight: 1, filterOverrides: new Map() },
    { ...BY_HEADER, requestHeaders: { remove: [], add: [addition] }, hostRewrite: 'canary.test' },
  ]
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const canary = await TestUpstream.start(context)
  const action: ForwardAction = { kind: 'forward', clusters: shares, clusterChoice: { kind: 'header', name: 'x-dice' } }
  const clusters = [cluster('reviews', [endpoint(upstream.port)]), cluster('canary', [endpoint(canary.port)])]
  // A second route holds the cluster.
  const routes = [route({ clusters: {}, action }), route({ clusters: { canary: 1 } })]
  mesh.source.set('reviews:80', target('reviews:80', routes, clusters))
  const get = (dice: string, name = 'canary') => mesh.request('/', { headers: { 'x-dice': dice, 'x-cluster': name } })
  assert.equal((await get('0')).text, String(upstream.port))
  assert.equal((await get('1')).text, String(canary.port))
  assert.deepEqual(
    [canary.requests[0]!.headers['x-share'], canary.requests[0]!.headers.host],
    ['by-header', 'canary.test'],
  )
  assert.equal((await get('1', 'nowhere')).status, 503)
})

test('a mirror may go where a header says, and a request that does not say is not mirrored', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  const shadow = await TestUpstream.start(context)
  const mirrors = [{ cluster: '', clusterHeader: 'x-cluster', changes: [] }]
  const reviews = { name: 'reviews', weight: 1, filterOverrides: new Map() }
  const action: ForwardAction = { kind: 'forward', clusters: [reviews], mirrors }
  const clusters = [cluster('reviews', [endpoint(upstream.port)]), cluster('shadow', [endpoint(shadow.port)])]
  const routes = [route({ clusters: {}, action }), route({ clusters: { shadow: 1 } })]
  mesh.source.set('reviews:80', target('reviews:80', routes, clusters))
  await mesh.request('/')
  assert.equal(mesh.dispatcher.mirrors.sent, 0)
  await mesh.request('/', { headers: { 'x-cluster': 'shadow' } })
  await shadow.received(1)
  assert.equal(mesh.dispatcher.mirrors.sent, 1)
})
