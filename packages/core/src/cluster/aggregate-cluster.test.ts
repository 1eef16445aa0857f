import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AggregateCluster, UsableCluster } from '../model/cluster.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, request, cluster as usable } from '../testing/fixtures.js'
import type { Cluster } from './cluster.js'
import { ClusterRegistry } from './cluster-registry.js'
import type { Endpoint } from './endpoint.js'

function registry(carriers: FakeCarrier[] = [new FakeCarrier()]): ClusterRegistry {
  return new ClusterRegistry({ carriers, clock: new SimulatedClock(), random: new SeededRandom(1) })
}

function aggregate(...leaves: UsableCluster[]): AggregateCluster {
  return { kind: 'aggregate', config: usable('all', []).config, leaves }
}

function pick(cluster: Cluster, view: 'http' | 'grpc' = 'http'): string {
  const picked = cluster.pick(cluster.view(view), pickContext({ request: request({ view }) }))
  if (picked.kind === 'endpoint') return `${picked.port}`
  return picked.kind === 'local-reply' ? picked.flag : picked.kind
}

function pickEndpoint(cluster: Cluster): Endpoint {
  const picked = cluster.pick(cluster.view('http'), pickContext())
  assert.ok(picked.kind === 'endpoint')
  return picked
}

test('an aggregate goes to the first cluster that has an endpoint', () => {
  const clusters = registry()
  const near = usable('near', [endpoint(1)])
  const far = usable('far', [endpoint(2)])
  assert.equal(pick(clusters.acquire('all', aggregate(near, far))), '1')
  assert.equal(pick(clusters.acquire('all', aggregate(usable('near', []), far))), '2')
  assert.equal(pick(clusters.acquire('all', aggregate(usable('near', []), usable('far', [])))), 'UH')
})

test('no cluster chooses in panic while a later one is well; when none is, the first does', () => {
  const clusters = registry()
  const ill = (name: string, port: number) => usable(name, [endpoint(port, { health: 'unhealthy' })])
  assert.equal(pick(clusters.acquire('all', aggregate(ill('near', 1), usable('far', [endpoint(2)])))), '2')
  assert.equal(pick(clusters.acquire('all', aggregate(ill('near', 1), ill('far', 2)))), '1')
})

test('a cluster that is full answers for the aggregate, and the next is not asked', () => {
  const clusters = registry([new FakeCarrier('grpc')])
  const full = usable('near', [endpoint(1)], { thresholds: { maxRequests: 0, maxRetries: 3 } })
  assert.equal(pick(clusters.acquire('all', aggregate(full, usable('far', [endpoint(2)]))), 'grpc'), 'UO')
})

test('the limits of an aggregate itself do not count, those of the cluster that lists the endpoint do', () => {
  const clusters = registry([new FakeCarrier(), new FakeCarrier('grpc')])
  const thresholds = { maxRequests: 0, maxRetries: 3 }
  const config = usable('all', [], { thresholds }).config
  const all = clusters.acquire('all', { ...aggregate(usable('near', [endpoint(1)])), config })
  assert.deepEqual([pick(all, 'grpc'), pick(all)], ['1', '1'])
})

test('a cluster that its view refuses is passed over', () => {
  const clusters = registry([new FakeCarrier(), new FakeCarrier('grpc', 'ahead')])
  const near = usable('near', [endpoint(1)], { refused: { http: 'it cannot' } })
  const all = clusters.acquire('all', aggregate(near, usable('far', [endpoint(2)])))
  assert.deepEqual([pick(all), pick(all, 'grpc')], ['2', 'queued'])
})

test('what is in flight is counted for the aggregate and for the cluster that the endpoint belongs to', () => {
  const clusters = registry()
  const near = usable('near', [endpoint(1)])
  const direct = clusters.acquire('near', near)
  const all = clusters.acquire('all', aggregate(near))
  const seen: string[] = []
  direct.observe({
    started: () => seen.push('started'),
    responded: (_endpoint, status) => seen.push(`responded ${status}`),
    failed: (_endpoint, failure) => seen.push(`failed ${failure}`),
    ended: () => seen.push('ended'),
  })
  const picked = pickEndpoint(all)
  assert.ok(all.observed)
  all.attemptStarted(picked)
  assert.deepEqual([all.activeRequests, direct.activeRequests, picked.active], [1, 1, 1])
  all.attemptResponded(picked, 503, -1, 5, 'http')
  all.attemptEnded(picked)
  assert.deepEqual([all.activeRequests, direct.activeRequests, picked.active, picked.failed], [0, 0, 0, 1])
  assert.deepEqual(seen, ['started', 'responded 503', 'ended'])
})

test('an attempt is counted out although its endpoint was removed meanwhile', () => {
  const clusters = registry()
  const all = clusters.acquire('all', aggregate(usable('near', [endpoint(1)])))
  const picked = pickEndpoint(all)
  all.attemptStarted(picked)
  clusters.acquire('all', aggregate(usable('near', [endpoint(2)])))
  all.attemptEnded(picked)
  assert.deepEqual([picked.removed, picked.active, all.activeRequests], [true, 0, 0])
  assert.equal([...clusters.values()].find(({ name }) => name === 'near')?.activeRequests, 0)
})

test('a queued pick is tried again when any of the clusters has a connection', () => {
  const carrier = new FakeCarrier('grpc', 'ahead')
  const clusters = registry([carrier])
  const all = clusters.acquire('all', aggregate(usable('near', [endpoint(1)]), usable('far', [endpoint(2)])))
  assert.equal(pick(all, 'grpc'), 'queued')
  let woken = 0
  all.view('grpc').whenPickable(() => woken++)
  const [first] = carrier.asked
  const near = [...clusters.values()].find(({ name }) => name === 'near')!
  near.view('grpc').connectivityChanged(first!, 'ready')
  assert.deepEqual([woken, pick(all, 'grpc')], [1, '1'])
})

test('clusters are held as long as an aggregate stands for them', () => {
  const carrier = new FakeCarrier()
  const clusters = registry([carrier])
  const near = usable('near', [endpoint(1)])
  const far = usable('far', [endpoint(2)])
  const all = clusters.acquire('all', aggregate(near, far))
  const names = () => [...clusters.values()].map(({ name }) => name).sort()
  assert.deepEqual(names(), ['all', 'far', 'near'])
  clusters.acquire('all', aggregate(near)).release()
  assert.deepEqual(names(), ['all', 'near'])
  assert.deepEqual(
    carrier.gone.map(({ port }) => port),
    [2],
  )
  clusters.acquire('all', usable('all', [endpoint(3)])).release()
  assert.deepEqual([names(), pick(all)], [['all'], '3'])
  all.release()
  assert.deepEqual(names(), [])
})
