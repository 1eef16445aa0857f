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
