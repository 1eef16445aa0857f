import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, cluster as resolved } from '../testing/fixtures.js'
import type { WeightedEndpoint } from './balancer.js'
import type { BalancingPolicy } from './balancer-environment.js'

/** Takes always the endpoint that its configuration names. */
const nth: BalancingPolicy = (config) => {
  if (typeof config !== 'number') throw new Error('must be a number')
  return () => {
    let hosts: readonly WeightedEndpoint[] = []
    return {
      update: (next) => {
        hosts = next
      },
      pick: () => hosts[config]?.endpoint,
    }
  }
}

function cluster(loadBalancing: LoadBalancingPolicy): () => number | string {
  const environment = {
    carriers: [new FakeCarrier()],
    clock: new SimulatedClock(),
    random: new SeededRandom(1),
    policies: new Map([['nth', nth]]),
  }
  const made = new Cluster('c', environment, () => {})
  made.update(resolved('c', [endpoint(1), endpoint(2), endpoint(3)], { loadBalancing }))
  return () => {
    const picked = made.pick(made.view('http'), pickContext())
    if (picked.kind === 'endpoint') return picked.port
    return picked.kind === 'local-reply' ? picked.detail : picked.kind
  }
}

test('a policy of the application chooses, with the configuration of the control plane', () => {
  const pick = cluster({ kind: 'custom', name: 'nth', config: 1 })
  assert.deepEqual([pick(), pick(), pick()], [2, 2, 2])
})

test('a cluster whose policy is not known, or whose configuration is bad, refuses its calls and says why', () => {
  assert.equal(cluster({ kind: 'custom', name: 'nobody', config: {} })(), 'cluster c: policy nobody is not known')
  const bad = { kind: 'custom', name: 'nth', config: 'one' } as const
  assert.equal(cluster(bad)(), 'cluster c: policy nth: must be a number')
})

test('a policy of the application works over a part of the endpoints', () => {
  const pick = cluster({ kind: 'random-subsetting', size: 1, child: { kind: 'custom', name: 'nth', config: 0 } })
  assert.ok([1, 2, 3].includes(pick() as number))
  const none = cluster({ kind: 'random-subsetting', size: 1, child: { kind: 'custom', name: 'nobody', config: 0 } })
  assert.equal(none(), 'cluster c: policy nobody is not known')
})
