import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '../cluster/cluster.js'
import { ClusterRegistry } from '../cluster/cluster-registry.js'
import type { Connectivity } from '../cluster/endpoint.js'
import type { AggregateCluster, UsableCluster } from '../model/cluster.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, request, cluster as usable } from '../testing/fixtures.js'

const FAILOVER_MS = 10_000
const KEPT_MS = 15 * 60_000

class Rig {
  readonly carrier = new FakeCarrier('grpc', 'ahead')
  readonly clock = new SimulatedClock()
  readonly clusters = new ClusterRegistry({
    carriers: [this.carrier],
    clock: this.clock,
    random: new SeededRandom(1),
  })
  readonly all: Cluster

  constructor(...leaves: readonly UsableCluster[]) {
    this.all = this.clusters.acquire('all', this.aggregate(...leaves))
  }

  aggregate(...leaves: readonly UsableCluster[]): AggregateCluster {
    return { kind: 'aggregate', config: usable('all', []).config, leaves }
  }

  /** Ports that the carrier was asked to connect to, since the last time. */
  get asked(): readonly number[] {
    return this.carrier.asked.splice(0).map(({ port }) => port)
  }

  get released(): readonly number[] {
    return this.carrier.released.splice(0).map(({ port }) => port)
  }

  become(cluster: string, port: number, state: Connectivity): void {
    const found = this.clusters.find(cluster)!
    found.view('grpc').connectivityChanged(found.endpoints.get(`10.0.0.1:${port}`)!, state, 'refused')
  }

  pick(): string {
    const picked = this.all.pick(this.all.view('grpc'), pickContext({ request: request({ view: 'grpc' }) }))
    if (picked.kind === 'endpoint') return `${picked.port}`
    return picked.kind === 'local-reply' ? `${picked.code}: ${picked.detail}` : picked.kind
  }
}

const near = usable('near', [endpoint(1)])
const far = usable('far', [endpoint(2)])

test('a cluster is connected to once those before it have failed, and not before (A56)', () => {
  const rig = new Rig(near, far)
  assert.deepEqual([rig.asked, rig.pick()], [[1], 'queued'])
  rig.become('near', 1, 'failed')
  assert.deepEqual([rig.asked, rig.pick()], [[2], 'queued'])
  rig.become('far', 2, 'ready')
  assert.equal(rig.pick(), '2')
})

test('a cluster that connects for ten seconds is waited for no longer; it is used again once it is ready (A37, A56)', () => {
  const rig = new Rig(near, far)
  let woken = 0
  rig.all.view('grpc').whenPickable(() => woken++)
  rig.clock.advance(FAILOVER_MS - 1)
  assert.deepEqual(rig.asked, [1])
  rig.clock.advance(1)
  assert.deepEqual([rig.asked, woken], [[2], 1])
  rig.become('far', 2, 'ready')
  assert.equal(rig.pick(), '2')
  rig.become('near', 1, 'ready')
  assert.equal(rig.pick(), '1')
})

test('all requests go to one cluster: what is left of the first takes them all', () => {
  const rig = new Rig(usable('near', [endpoint(1), endpoint(3), endpoint(4)]), far)
  rig.become('near', 1, 'ready')
  rig.become('near', 3, 'failed')
  rig.become('near', 4, 'failed')
  assert.deepEqual(new Set(Array.from({ length: 20 }, () => rig.pick())), new Set(['1']))
})

test('a cluster that is needed no longer stays connected for fifteen minutes (A56)', () => {
  const rig = new Rig(near, far)
  rig.become('near', 1, 'failed')
  rig.become('far', 2, 'ready')
  rig.become('near', 1, 'ready')
  rig.clock.advance(KEPT_MS - 1)
  assert.deepEqual(rig.released, [])
  rig.clock.advance(1)
  assert.deepEqual(rig.released, [2])
  // Connected anew when it is needed again.
  assert.deepEqual(rig.asked, [1, 2])
  rig.become('near', 1, 'failed')
  assert.deepEqual(rig.asked, [2])
})

test('priorities within a cluster come before the next cluster (A75)', () => {
  const rig = new Rig(usable('near', [], { priorities: [[endpoint(1)], [endpoint(3)]] }), far)
  rig.become('near', 1, 'failed')
  assert.deepEqual(rig.asked, [1, 3])
  rig.become('near', 3, 'failed')
  assert.deepEqual(rig.asked, [2])
})

test('a cluster without endpoints, and one that gRPC refuses, are passed over at once', () => {
  assert.deepEqual(new Rig(usable('near', []), far).asked, [2])
  assert.deepEqual(new Rig(usable('near', [endpoint(1)], { refused: { grpc: 'no' } }), far).asked.at(-1), 2)
})

test('when every cluster failed the last one says why', () => {
  const rig = new Rig(near, far)
  rig.become('near', 1, 'failed')
  rig.become('far', 2, 'failed')
  assert.equal(rig.pick(), 'ERR_INMESH_CONNECT: cluster far: refused')
})

test('a cluster that a route names too is connected to at once, and let go when neither needs it', () => {
  const rig = new Rig(near, far)
  rig.become('near', 1, 'ready')
  const direct = rig.clusters.acquire('far', far)
  assert.deepEqual(rig.asked, [1, 2])
  direct.release()
  assert.deepEqual(rig.released, [2])
  rig.clusters.acquire('near', near).release()
  assert.deepEqual([rig.released, rig.pick()], [[], '1'])
})

test('a cluster stays connected when it becomes part of an aggregate, and when its aggregate changes', () => {
  const rig = new Rig(near)
  rig.become('near', 1, 'ready')
  rig.clusters.acquire('all', rig.aggregate(near, far)).release()
  assert.equal(rig.pick(), '1')
  rig.clusters.acquire('all', rig.aggregate(far, near)).release()
  // The new first one has its ten seconds.
  assert.deepEqual([rig.asked, rig.pick()], [[1, 2], 'queued'])
  rig.clock.advance(FAILOVER_MS)
  assert.equal(rig.pick(), '1')
  rig.clusters.acquire('all', rig.aggregate(far)).release()
  assert.equal(rig.clusters.find('near'), undefined)
})

test('an aggregate that is given up leaves no timer and no connection', () => {
  const rig = new Rig(near, far)
  rig.become('near', 1, 'failed')
  rig.all.release()
  assert.deepEqual([rig.clock.nextDue, rig.carrier.gone.map(({ port }) => port)], [undefined, [1, 2]])
})
