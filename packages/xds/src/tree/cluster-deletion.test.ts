import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { TypeUrl } from '@inmesh/xds-proto'
import { loadJsonCodec } from '@inmesh/xds-proto/json'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import type { FakeStream } from '../testing/fake-stream.js'
import { RecordingTargetWatcher } from '../testing/recording-target-watcher.js'
import { DependencyTree } from './dependency-tree.js'

const codec = loadJsonCodec()

const MANAGER = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  routeConfig: {
    name: 'r',
    virtualHosts: [{ name: 'h', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'c' } }] }],
  },
  httpFilters: [
    {
      name: 'router',
      typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
    },
  ],
}

const LISTENER = codec.encode(TypeUrl.Listener, { name: 'shop:80', apiListener: { apiListener: MANAGER } })
const CLUSTER = codec.encode(TypeUrl.Cluster, { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } } })
const ENDPOINTS = codec.encode(TypeUrl.ClusterLoadAssignment, {
  clusterName: 'c',
  endpoints: [
    {
      locality: { region: 'r' },
      loadBalancingWeight: 1,
      lbEndpoints: [{ endpoint: { address: { socketAddress: { address: '10.0.0.1', portValue: 80 } } } }],
    },
  ],
})

describe('a cluster that the control plane deletes and adds again, byte for byte the same', () => {
  let bench: AdsBench
  let tree: DependencyTree
  let watcher: RecordingTargetWatcher
  let stream: FakeStream

  async function start(deletion: 'keep' | 'drop'): Promise<void> {
    bench = new AdsBench({ deletion })
    tree = new DependencyTree({ provider: bench.client })
    watcher = new RecordingTargetWatcher()
    tree.watch('shop:80', watcher)
    stream = await bench.open()
    stream.respond(TypeUrl.Listener, '1', '1', [LISTENER])
    await settled()
    stream.respond(TypeUrl.Cluster, '1', '1', [CLUSTER])
    await settled()
    stream.respond(TypeUrl.ClusterLoadAssignment, '1', '1', [ENDPOINTS])
    await settled()
    assert.deepEqual(watcher.cluster('c'), [80])
  }

  afterEach(() => {
    tree.close()
    bench.client.close()
  })

  it('is back with its endpoints, which the control plane need not send again', async () => {
    await start('drop')
    stream.respond(TypeUrl.Cluster, '2', '2', [])
    await settled()
    assert.equal(watcher.cluster('c'), 'ERR_INMESH_RESOURCE_MISSING')
    stream.take()
    stream.respond(TypeUrl.Cluster, '3', '3', [CLUSTER])
    await settled()
    assert.deepEqual(watcher.cluster('c'), [80])
    assert.deepEqual(stream.take(TypeUrl.ClusterLoadAssignment), [])
  })

  it('is not missed where deletions are ignored', async () => {
    await start('keep')
    stream.respond(TypeUrl.Cluster, '2', '2', [])
    await settled()
    stream.respond(TypeUrl.Cluster, '3', '3', [CLUSTER])
    await settled()
    assert.deepEqual([watcher.cluster('c'), watcher.words], [[80], ['configured']])
  })
})
