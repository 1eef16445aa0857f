import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import type { LoadBalancingPolicy } from '../model/load-balancing.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { balancerEnvironment, endpoint, pickContext } from '../testing/fixtures.js'
import type { Balancer, WeightedEndpoint } from './balancer.js'
import { createBalancer } from './create-balancer.js'

const POLICIES = ['round-robin', 'random', 'least-request'] as const

function hosts(...weights: number[]): WeightedEndpoint[] {
  return weights.map((weight, index) => ({ endpoint: new Endpoint(endpoint(index)), weight }))
}

function balancer(kind: (typeof POLICIES)[number], members: readonly WeightedEndpoint[], seed = 1): Balancer {
  const policy: LoadBalancingPolicy = kind === 'least-request' ? { kind, choiceCount: 2 } : { kind }
  const made = createBalancer(policy, balancerEnvironment({ random: new SeededRandom(seed) }))
  made.update(members)
  return made
}

function counts(picks: number, from: Balancer, members: readonly WeightedEndpoint[]): number[] {
  const found = new Map<Endpoint | undefined, number>()
  for (let pick = 0; pick < picks; pick++) {
    const chosen = from.pick(pickContext(), 0)
    found.set(chosen, (found.get(chosen) ?? 0) + 1)
  }
  return members.map(({ endpoint: member }) => found.get(member) ?? 0)
}

for (const kind of POLICIES) {
  test(`${kind} answers undefined without endpoints and the only one with one`, () => {
    assert.equal(balancer(kind, []).pick(pickContext(), 0), undefined)
    const [only] = hosts(3)
    assert.equal(balancer(kind, [only!]).pick(pickContext(), 0), only!.endpoint)
  })

  test(`${kind} shares by weight`, () => {
    const members = hosts(1, 2, 7)
    const shares = counts(20_000, balancer(kind, members), members)
    for (const [index, weight] of [1, 2, 7].entries()) {
      assert.ok(Math.abs(shares[index]! - weight * 2000) < 300, `${kind}: ${shares}`)
    }
  })

  test(`${kind} never picks an endpoint that an update took away`, () => {
    const members = hosts(1, 1, 1, 1)
    const made = balancer(kind, members)
    counts(3, made, members)
    made.update(members.slice(0, 2))
    assert.deepEqual(counts(100, made, members).slice(2), [0, 0])
  })
}

test('round robin goes round', () => {
  const members = hosts(1, 1, 1)
  const made = balancer('round-robin', members)
  const round = [made.pick(pickContext(), 0), made.pick(pickContext(), 0), made.pick(pickContext(), 0)]
  assert.equal(new Set(round).size, 3)
  assert.deepEqual([made.pick(pickContext(), 0), made.pick(pickContext(), 0), made.pick(pickContext(), 0)], round)
})

test('two clients with the same update do not begin with the same endpoint', () => {
  const members = hosts(...Array.from({ length: 50 }, () => 1))
  const firsts = new Set(
    Array.from({ length: 20 }, (_, seed) => balancer('round-robin', members, seed).pick(pickContext(), 0)),
  )
  assert.ok(firsts.size > 10)
  const weighted = hosts(...Array.from({ length: 50 }, (_, index) => 1 + (index % 2)))
  const weightedFirsts = new Set(
    Array.from({ length: 20 }, (_, seed) => balancer('round-robin', weighted, seed).pick(pickContext(), 0)),
  )
  assert.ok(weightedFirsts.size > 10)
})

test('weighted round robin spreads a heavy endpoint evenly', () => {
  const members = hosts(4, 1, 1)
  const made = balancer('round-robin', members)
  let run = 0
  for (let pick = 0; pick < 60; pick++) {
    run = made.pick(pickContext(), 0) === members[0]!.endpoint ? run + 1 : 0
    assert.ok(run <= 3, 'the heavy endpoint came in a run')
  }
})

test('least request prefers the endpoint with fewer requests in flight', () => {
  const members = hosts(1, 1)
  members[0]!.endpoint.active = 5
  const [busy, idle] = counts(1000, balancer('least-request', members), members)
  // Both draws fall on the busy one a quarter of the time.
  assert.ok(idle! > 700 && busy! < 300, `${busy} ${idle}`)
})

test('weighted least request moves load away from a busy endpoint', () => {
  const members = hosts(2, 1)
  members[0]!.endpoint.active = 9
  const [heavyButBusy, idle] = counts(1000, balancer('least-request', members), members)
  assert.ok(idle! > heavyButBusy! * 3, `${heavyButBusy} ${idle}`)
})
