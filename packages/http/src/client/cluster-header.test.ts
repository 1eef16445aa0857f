import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type ClusterWatcher, MeshError, SimulatedClock } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

/** A mesh whose only route sends a request to the cluster that its header `x-cluster` names. */
function named(context: TestContext, parts: { clusterNotFoundStatus?: 404 } = {}, clock?: SimulatedClock) {
  const mesh = new ClientFixture(context, clock)
  const watchers = new Map<string, ClusterWatcher>()
  mesh.source.watchCluster = (name, watcher) => {
    watchers.set(name, watcher)
    return () => watchers.delete(name)
  }
  const plain = route({ clusters: {} })
  const action = { ...plain.action, clusterHeader: 'x-cluster', ...parts }
  mesh.source.set('reviews:80', target('reviews:80', [{ ...plain, action } as typeof plain], []))
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
