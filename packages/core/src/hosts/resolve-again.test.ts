import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { Connectivity } from '../cluster/endpoint.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import type { View } from '../model/view.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, cluster as resolved } from '../testing/fixtures.js'

class Rig {
  readonly cluster: Cluster
  readonly #view: View
  /** Clusters whose names were asked for anew. */
  readonly #asked: string[] = []

  constructor(view: View, loadBalancing: LoadBalancingPolicy, ...ports: readonly number[]) {
    this.#view = view
    const carrier = new FakeCarrier(view, view === 'grpc' ? 'ahead' : 'on-demand')
    const parts = { carriers: [carrier], clock: new SimulatedClock(), random: new SeededRandom(1) }
    const resolveAgain = (cluster: string): void => void this.#asked.push(cluster)
    this.cluster = new Cluster('c', { ...parts, resolveAgain }, () => {})
    this.cluster.update(
      resolved(
        'c',
        ports.map((port) => endpoint(port)),
        { loadBalancing },
      ),
    )
  }

  /** Which clusters are asked for when an endpoint's connection becomes so. */
  askedWhen(port: number, connectivity: Connectivity): readonly string[] {
    const member = this.cluster.endpoints.get(`10.0.0.1:${port}`)!
    this.cluster.view(this.#view).connectivityChanged(member, connectivity, 'is down')
    return this.#asked.splice(0)
  }
}

const ROUND_ROBIN: LoadBalancingPolicy = { kind: 'round-robin' }
const PICK_FIRST: LoadBalancingPolicy = { kind: 'pick-first', shuffle: false }

test('gRPC asks for other addresses over each endpoint that cannot be connected to, every time', () => {
  const it = new Rig('grpc', ROUND_ROBIN, 1, 2)
  assert.deepEqual(it.askedWhen(1, 'ready'), [])
  assert.deepEqual(it.askedWhen(2, 'failed'), ['c'])
  assert.deepEqual(it.askedWhen(2, 'connecting'), [])
  assert.deepEqual(it.askedWhen(2, 'failed'), ['c'])
})

test('gRPC asks for other addresses when a connection that was ready has ended', () => {
  for (const policy of [ROUND_ROBIN, PICK_FIRST]) {
    const it = new Rig('grpc', policy, 1)
    assert.deepEqual(it.askedWhen(1, 'connecting'), [])
    assert.deepEqual(it.askedWhen(1, 'ready'), [])
    assert.deepEqual(it.askedWhen(1, 'idle'), ['c'], policy.kind)
  }
})

test('pick_first asks for other addresses once all have failed, and with every failure after that', () => {
  const it = new Rig('grpc', PICK_FIRST, 1, 2)
  assert.deepEqual(it.askedWhen(1, 'failed'), [])
  assert.deepEqual(it.askedWhen(2, 'failed'), ['c'])
  assert.deepEqual(it.askedWhen(1, 'failed'), ['c'])
})

test('a connection that is let go because nobody needs it is no reason to ask', () => {
  const it = new Rig('grpc', PICK_FIRST, 1, 2)
  it.askedWhen(1, 'failed')
  it.askedWhen(2, 'ready')
  assert.deepEqual(it.askedWhen(1, 'idle'), [])
})

test('HTTP asks for nothing', () => {
  const it = new Rig('http', ROUND_ROBIN, 1)
  const picked = it.cluster.pick(it.cluster.view('http'), pickContext())
  assert.ok(picked.kind === 'endpoint')
  for (let round = 0; round < 3; round++) it.cluster.attemptFailed(picked, 'connect', 1, 'http')
  assert.deepEqual([...it.askedWhen(1, 'ready'), ...it.askedWhen(1, 'failed'), ...it.askedWhen(1, 'idle')], [])
})
