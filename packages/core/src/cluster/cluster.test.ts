import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshError } from '../errors/mesh-error.js'
import type { EndpointConfig } from '../model/endpoint.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, request, cluster as resolved } from '../testing/fixtures.js'
import { Cluster } from './cluster.js'
import type { Endpoint } from './endpoint.js'

const random = new SeededRandom(1)

function make(carriers: FakeCarrier[] = [new FakeCarrier()]): Cluster {
  return new Cluster('c', { carriers, clock: new SimulatedClock(), random }, () => {})
}

function ports(cluster: Cluster, view: 'http' | 'grpc' = 'http', picks = 60): number[] {
  const seen = new Set<number>()
  for (let pick = 0; pick < picks; pick++) {
    const picked = cluster.pick(cluster.view(view), pickContext())
    if (picked.kind === 'endpoint') seen.add(picked.port)
  }
  return [...seen].sort()
}

function outcome(cluster: Cluster, view: 'http' | 'grpc' = 'http'): string {
  const picked = cluster.pick(cluster.view(view), pickContext({ request: request({ view }) }))
  return picked.kind === 'local-reply' ? picked.flag : picked.kind
}

test('an endpoint outlives updates: its load and connections stay, what changes is told', () => {
  const carrier = new FakeCarrier()
  const cluster = make([carrier])
  cluster.update(resolved('c', [endpoint(1), endpoint(2)]))
  const before = cluster.endpoints.get('10.0.0.1:1')!
  before.active = 3
  before.httpConnections = 'pool'
  cluster.update(resolved('c', [endpoint(1, { weight: 5 }), endpoint(3)]))
  const after = cluster.endpoints.get('10.0.0.1:1')!
  assert.equal(after, before)
  assert.deepEqual([after.active, after.httpConnections, after.config.weight], [3, 'pool', 5])
  assert.deepEqual(
    carrier.gone.map(({ port, removed }) => [port, removed]),
    [[2, true]],
  )
})

test('only healthy endpoints are picked, and a priority that lost too many of its own overflows', () => {
  const cluster = make()
  const first = [endpoint(1, { health: 'unhealthy' }), endpoint(2)]
  const second = [endpoint(3)]
  cluster.update(resolved('c', [], { priorities: [first, second] }))
  assert.deepEqual(ports(cluster), [2, 3])
  cluster.update(resolved('c', [], { priorities: [[endpoint(1, { health: 'draining' })], second] }))
  assert.deepEqual(ports(cluster), [3])
})

test('degraded endpoints serve HTTP when no healthy one is left, gRPC never', () => {
  const grpc = new FakeCarrier('grpc')
  const cluster = make([new FakeCarrier(), grpc])
  cluster.update(resolved('c', [endpoint(1, { health: 'degraded' }), endpoint(2, { health: 'unhealthy' })]))
  assert.deepEqual(ports(cluster), [1])
  assert.equal(outcome(cluster, 'grpc'), 'UH')
})

test('no endpoint is UH, a cluster in error is NC, a refused cluster says why', () => {
  const cluster = make()
  cluster.update(resolved('c', []))
  assert.equal(outcome(cluster), 'UH')
  cluster.update({ kind: 'failed', error: new MeshError('ERR_INMESH_RESOURCE_MISSING', 'cluster c is missing') })
  assert.equal(outcome(cluster), 'NC')
  cluster.update(resolved('c', [endpoint(1)], { refused: { http: 'TLS is not supported yet' } }))
  const picked = cluster.pick(cluster.view('http'), pickContext())
  assert.ok(picked.kind === 'local-reply' && picked.detail === 'cluster c: TLS is not supported yet')
  cluster.update(resolved('c', [endpoint(1)]))
  assert.equal(outcome(cluster), 'endpoint')
})

test('the limit on requests in flight is UO, for gRPC before anything is picked', () => {
  const cluster = make([new FakeCarrier(), new FakeCarrier('grpc')])
  cluster.update(resolved('c', [endpoint(1)], { thresholds: { maxRequests: 2, maxRetries: 3 } }))
  cluster.breakers.default.requests = 1
  assert.equal(outcome(cluster, 'grpc'), 'endpoint')
  cluster.breakers.default.requests = 2
  assert.deepEqual([outcome(cluster, 'grpc'), outcome(cluster, 'http')], ['UO', 'endpoint'])
})

test('drops take their share before anything is picked', () => {
  const cluster = make()
  cluster.update(resolved('c', [endpoint(1)], { drop: 300_000 }))
  let dropped = 0
  for (let pick = 0; pick < 4000; pick++) if (outcome(cluster) === 'DO') dropped++
  assert.ok(Math.abs(dropped - 1200) < 150, String(dropped))
})

test('a retry goes to an endpoint that was not tried, where there is one', () => {
  const cluster = make()
  cluster.update(resolved('c', [endpoint(1), endpoint(2)]))
  const tried = [cluster.endpoints.get('10.0.0.1:1')!]
  for (let pick = 0; pick < 50; pick++) {
    const picked = cluster.pick(cluster.view('http'), pickContext({ tried, hostSelectionAttempts: 5 }))
    assert.ok(picked.kind === 'endpoint' && picked.port === 2)
  }
  cluster.update(resolved('c', [endpoint(1)]))
  const picked = cluster.pick(cluster.view('http'), pickContext({ tried, hostSelectionAttempts: 5 }))
  assert.ok(picked.kind === 'endpoint' && picked.port === 1, 'better the same than none')
})

function ahead(endpoints: readonly EndpointConfig[]): {
  cluster: Cluster
  carrier: FakeCarrier
  member(port: number): Endpoint
} {
  const carrier = new FakeCarrier('grpc', 'ahead')
  const cluster = make([carrier])
  cluster.update(resolved('c', endpoints))
  return { cluster, carrier, member: (port) => cluster.endpoints.get(`10.0.0.1:${port}`)! }
}

test('a carrier that connects ahead is asked to connect, and picks queue until an endpoint is ready', () => {
  const { cluster, carrier, member } = ahead([endpoint(1), endpoint(2)])
  assert.deepEqual(
    carrier.asked.map(({ port }) => port),
    [1, 2],
  )
  assert.equal(outcome(cluster, 'grpc'), 'queued')
  let told = 0
  cluster.view('grpc').whenPickable(() => told++)
  cluster.view('grpc').connectivityChanged(member(2), 'ready')
  assert.equal(told, 1)
  assert.deepEqual(ports(cluster, 'grpc'), [2])
})

test('when every endpoint failed, calls fail with the last reason instead of queueing', () => {
  const { cluster, member } = ahead([endpoint(1), endpoint(2)])
  const view = cluster.view('grpc')
  view.connectivityChanged(member(1), 'failed', 'connection refused by 1')
  assert.equal(outcome(cluster, 'grpc'), 'queued')
  view.connectivityChanged(member(2), 'failed', 'connection refused by 2')
  const picked = cluster.pick(view, pickContext())
  assert.ok(picked.kind === 'local-reply' && picked.detail.includes('connection refused by 2'))
  view.connectivityChanged(member(1), 'connecting')
  assert.equal(outcome(cluster, 'grpc'), 'UF', 'a failure sticks until the endpoint is ready (A62)')
  view.connectivityChanged(member(1), 'ready')
  assert.deepEqual(ports(cluster, 'grpc'), [1])
})

test('an endpoint that went idle is connected again; one that was removed is not', () => {
  const { cluster, carrier, member } = ahead([endpoint(1), endpoint(2)])
  const view = cluster.view('grpc')
  view.connectivityChanged(member(1), 'ready')
  carrier.asked.length = 0
  view.connectivityChanged(member(1), 'idle')
  assert.deepEqual(
    carrier.asked.map(({ port }) => port),
    [1],
  )
  const gone = member(2)
  cluster.update(resolved('c', [endpoint(1)]))
  carrier.asked.length = 0
  view.connectivityChanged(gone, 'idle')
  assert.deepEqual(carrier.asked, [])
})

test('gRPC weighs localities first and endpoints within them (A27)', () => {
  const carrier = new FakeCarrier('grpc')
  const cluster = make([carrier])
  const locality = (weight: number, members: EndpointConfig[]) => ({
    locality: { region: String(weight), zone: '', subZone: '' },
    priority: 0,
    weight,
    endpoints: members,
  })
  const config = resolved('c', [])
  assert.ok(config.kind === 'resolved')
  cluster.update({
    ...config,
    endpoints: { drops: [], localities: [locality(3, [endpoint(1)]), locality(1, [endpoint(2), endpoint(3)])] },
  })
  const counts = new Map<number, number>()
  for (let pick = 0; pick < 8000; pick++) {
    const picked = cluster.pick(cluster.view('grpc'), pickContext())
    assert.ok(picked.kind === 'endpoint')
    counts.set(picked.port, (counts.get(picked.port) ?? 0) + 1)
  }
  assert.deepEqual(
    [1, 2, 3].map((port) => Math.round(counts.get(port)! / 100)),
    [60, 10, 10],
  )
})
