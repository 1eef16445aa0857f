import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { ResolvedCluster } from '@inmesh/core'
import { clusterType } from '../resource/cluster/cluster-type.js'
import { endpointAssignmentType } from '../resource/endpoint/endpoint-assignment-type.js'
import { listenerType } from '../resource/listener/listener-type.js'
import { settled } from '../testing/fake-clock.js'
import { FakeResourceProvider } from '../testing/fake-resource-provider.js'
import { RecordingTargetWatcher } from '../testing/recording-target-watcher.js'
import { clusterOf, endpointsOn, listenerWith, routesTo } from '../testing/resource-fixtures.js'
import { DependencyTree } from './dependency-tree.js'

let provider: FakeResourceProvider
let tree: DependencyTree
let told: string[]

beforeEach(() => {
  provider = new FakeResourceProvider()
  tree = new DependencyTree({ provider })
  told = []
})

function tell(cluster: ResolvedCluster): void {
  if (cluster.kind === 'failed') {
    told.push(cluster.error.code)
    return
  }
  const [locality] = cluster.kind === 'resolved' ? cluster.endpoints.localities : []
  told.push(`${cluster.kind} ${locality?.endpoints.map(({ port }) => port).join()}`)
}

function eds(name: string, port: number): void {
  provider.change(clusterType, name, clusterOf(name))
  provider.change(endpointAssignmentType, name, endpointsOn([port]))
}

test('a cluster that a watcher goes on to watch while it is told of a configuration without it is not asked for anew', async () => {
  const watcher = new RecordingTargetWatcher()
  let stop = (): void => {}
  let isDismissed = false
  tree.watch('shop:80', {
    configured: (config) => {
      watcher.configured(config)
      if (isDismissed) stop = tree.watchCluster('old', { clusterChanged: tell })
    },
    unknown: () => watcher.unknown(),
    failed: (error) => watcher.failed(error),
  })
  provider.change(listenerType, 'shop:80', listenerWith(routesTo('old')))
  eds('old', 1)
  await settled()
  isDismissed = true
  provider.change(listenerType, 'shop:80', listenerWith(routesTo('new')))
  eds('new', 2)
  await settled()
  assert.deepEqual([[...watcher.config.clusters.keys()], told], [['new'], ['resolved 1']])
  provider.change(endpointAssignmentType, 'old', endpointsOn([3]))
  await settled()
  assert.deepEqual(told, ['resolved 1', 'resolved 3'])
  stop()
  assert.ok(!provider.isWatched(clusterType, 'old'))
})

test('a cluster that nobody goes on to watch is given back', async () => {
  tree.watch('shop:80', new RecordingTargetWatcher())
  provider.change(listenerType, 'shop:80', listenerWith(routesTo('old')))
  eds('old', 1)
  await settled()
  provider.change(listenerType, 'shop:80', listenerWith(routesTo('new')))
  eds('new', 2)
  await settled()
  assert.ok(!provider.isWatched(clusterType, 'old'))
})

const MISSING = 'ERR_INMESH_RESOURCE_MISSING'

test('a cluster that an answer lacks does not exist, until it comes', async () => {
  tree.watchCluster('nowhere', { clusterChanged: tell })
  await settled()
  provider.omit(clusterType, 'nowhere', 'silence')
  await settled()
  assert.deepEqual(told, [])
  provider.omit(clusterType, 'nowhere', 'answer')
  await settled()
  assert.deepEqual(told, [MISSING])
  provider.omit(clusterType, 'nowhere', 'answer')
  eds('nowhere', 1)
  await settled()
  assert.deepEqual(told, [MISSING, 'resolved 1'])
})

test('a target begins without a cluster that an answer lacks', async () => {
  const watcher = new RecordingTargetWatcher()
  tree.watch('shop:80', watcher)
  provider.change(listenerType, 'shop:80', listenerWith(routesTo('there', 'nowhere')))
  eds('there', 1)
  provider.omit(clusterType, 'nowhere')
  await settled()
  assert.deepEqual([watcher.cluster('there'), watcher.cluster('nowhere')], [[1], MISSING])
  eds('nowhere', 2)
  await settled()
  assert.deepEqual(watcher.cluster('nowhere'), [2])
})

test('routes in use stay until a cluster that an answer lacks has come, or has not in its time', async () => {
  const watcher = new RecordingTargetWatcher()
  tree.watch('shop:80', watcher)
  const lead = (...to: string[]): void => provider.change(listenerType, 'shop:80', listenerWith(routesTo(...to)))
  lead('old')
  eds('old', 1)
  await settled()
  lead('late')
  provider.omit(clusterType, 'late')
  await settled()
  assert.deepEqual([watcher.words, watcher.cluster('old')], [['configured'], [1]])
  provider.change(clusterType, 'late', clusterOf('late'))
  await settled()
  assert.equal(watcher.words.length, 1)
  provider.change(endpointAssignmentType, 'late', endpointsOn([2]))
  await settled()
  assert.deepEqual(watcher.cluster('late'), [2])
  lead('never', 'late')
  provider.omit(clusterType, 'never')
  await settled()
  assert.deepEqual([...watcher.config.clusters.keys()], ['late'])
  provider.miss(clusterType, 'never')
  await settled()
  assert.deepEqual([watcher.cluster('late'), watcher.cluster('never')], [[2], MISSING])
})

test('an aggregate passes over a part that an answer lacks, but keeps for it what it has', async () => {
  const watcher = new RecordingTargetWatcher()
  tree.watch('shop:80', watcher)
  const stand = (...clusters: string[]): void =>
    provider.change(clusterType, 'all', { ...clusterOf('all'), discovery: { kind: 'aggregate', clusters } })
  provider.change(listenerType, 'shop:80', listenerWith(routesTo('all')))
  stand('nowhere', 'there')
  eds('there', 1)
  provider.omit(clusterType, 'nowhere')
  await settled()
  assert.deepEqual(watcher.cluster('all'), [1])
  stand('later')
  provider.omit(clusterType, 'later')
  await settled()
  assert.deepEqual(watcher.cluster('all'), [1])
  provider.miss(clusterType, 'later')
  await settled()
  assert.equal(watcher.cluster('all'), 'ERR_INMESH_RESOURCE_INVALID')
})
