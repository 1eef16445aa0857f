import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OriginalDestinationCluster } from '../model/cluster.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, cluster as usable } from '../testing/fixtures.js'
import { Cluster } from './cluster.js'
import type { Endpoint } from './endpoint.js'

const clock = new SimulatedClock()
const carrier = new FakeCarrier()

function make(): Cluster {
  const cluster = new Cluster(
    'PassthroughCluster',
    { carriers: [carrier], clock, random: new SeededRandom(1) },
    () => {},
  )
  cluster.update(passThrough())
  return cluster
}

function passThrough(): OriginalDestinationCluster {
  return { kind: 'original-destination', config: usable('PassthroughCluster', []).config, cleanupMs: 5000 }
}

function pick(cluster: Cluster, target: string): Endpoint {
  const picked = cluster.pick(cluster.view('http'), pickContext({ target }))
  assert.ok(picked.kind === 'endpoint')
  return picked
}

test('a request goes to the host and port that it was meant for', () => {
  const cluster = make()
  const first = pick(cluster, 'api.example.com:80')
  assert.deepEqual([first.host, first.port], ['api.example.com', 80])
  assert.equal(pick(cluster, 'api.example.com:80'), first)
  assert.notEqual(pick(cluster, 'api.example.com:8080'), first)
  assert.deepEqual([...cluster.endpoints.keys()], ['api.example.com:80', 'api.example.com:8080'])
})

test('a destination is forgotten once nobody uses it, and not while a request is in flight', () => {
  const cluster = make()
  const used = pick(cluster, 'used:80')
  const busy = pick(cluster, 'busy:80')
  cluster.attemptStarted(busy)
  assert.deepEqual([cluster.activeRequests, busy.active], [1, 1])
  clock.advance(4000)
  pick(cluster, 'used:80')
  clock.advance(6000)
  assert.deepEqual([used.removed, busy.removed], [true, false])
  cluster.attemptEnded(busy)
  clock.advance(10_000)
  assert.deepEqual([busy.removed, cluster.endpoints.size], [true, 0])
  assert.equal(pick(cluster, 'used:80').removed, false)
})

test('destinations go when the cluster becomes one of another kind, and when it is given up', () => {
  const cluster = make()
  const passed = pick(cluster, 'a:80')
  cluster.update(usable('PassthroughCluster', [endpoint(1)]))
  assert.ok(passed.removed)
  assert.equal(pick(cluster, 'a:80').port, 1)
  cluster.update(passThrough())
  const again = pick(cluster, 'a:80')
  cluster.retire()
  assert.ok(again.removed)
})
