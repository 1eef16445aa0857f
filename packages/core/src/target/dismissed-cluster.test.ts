import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { Cluster } from '../cluster/cluster.js'
import { ClusterRegistry } from '../cluster/cluster-registry.js'
import type { ResolvedCluster } from '../model/cluster.js'
import type { ConfigSource } from '../ports/config-source.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { cluster, endpoint, FakeCarrier, forward, route, targetConfig } from '../testing/fixtures.js'
import { Target } from './target.js'

let watched: Map<string, (cluster: ResolvedCluster) => void>
let registry: ClusterRegistry
let target: Target

beforeEach(() => {
  watched = new Map()
  const source: ConfigSource = {
    watch: () => () => {},
    watchCluster: (name, { clusterChanged }) => {
      watched.set(name, clusterChanged)
      return () => watched.delete(name)
    },
  }
  const random = new SeededRandom(1)
  registry = new ClusterRegistry({ carriers: [new FakeCarrier()], clock: new SimulatedClock(), random })
  target = new Target('reviews:80', source, registry, registry, random)
})

function use(name: string): Cluster {
  target.configured(targetConfig([route({}, forward(name))], [[name, cluster(name, [endpoint(1)])]]))
  return target.snapshot!.clusters.get(name)!
}

function ports(running: Cluster): readonly number[] {
  return [...running.endpoints.values()].map(({ port }) => port)
}

test('a cluster that left the configuration is kept up to date as long as calls use it', () => {
  const old = use('old')
  old.hold()
  use('new')
  assert.deepEqual([...watched.keys()], ['old'])
  watched.get('old')?.(cluster('old', [endpoint(2)]))
  assert.deepEqual(ports(old), [2])
  old.release()
  assert.deepEqual([[...watched.keys()], ports(old)], [[], []])
})

test('one that no call uses is not watched, nor one that stays', () => {
  const stays = use('stays')
  stays.hold()
  use('stays')
  stays.release()
  use('other')
  assert.deepEqual([...watched.keys()], [])
})

test('clusters that calls use are watched when the target is deleted, and not when it is closed', () => {
  const first = use('first')
  first.hold()
  target.unknown()
  assert.deepEqual([...watched.keys()], ['first'])
  first.release()
  const second = use('second')
  second.hold()
  target.close()
  assert.deepEqual([...watched.keys()], [])
  second.release()
})

test('a cluster that comes back into the configuration goes on', () => {
  const old = use('old')
  old.hold()
  use('new')
  assert.equal(use('old'), old)
  old.release()
  assert.deepEqual(ports(old), [1])
  use('new')
  assert.deepEqual([...watched.keys()], [])
})
