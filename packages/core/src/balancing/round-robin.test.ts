import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { endpoint } from '../testing/fixtures.js'
import type { WeightedEndpoint } from './balancer.js'
import { RoundRobinBalancer } from './round-robin.js'

function weighing(weights: readonly number[]): WeightedEndpoint[] {
  return weights.map((weight, index) => ({ endpoint: new Endpoint(endpoint(index)), weight }))
}

/** How often each was picked, and how far that is from its share. */
function errors(hosts: readonly WeightedEndpoint[], picks: number): number[] {
  const balancer = new RoundRobinBalancer(new SeededRandom(3))
  balancer.update(hosts)
  const counts = new Map<Endpoint, number>()
  for (let pick = 0; pick < picks; pick++) {
    const picked = balancer.pick()!
    counts.set(picked, (counts.get(picked) ?? 0) + 1)
  }
  const sum = hosts.reduce((total, { weight }) => total + weight, 0)
  return hosts.map(({ endpoint, weight }) => Math.abs((counts.get(endpoint) ?? 0) - (picks * weight) / sum))
}

test('two thousand endpoints of which no two weigh the same have their shares', () => {
  const weights = Array.from({ length: 2000 }, (_, index) => 1000 + index)
  assert.ok(Math.max(...errors(weighing(weights), 400_000)) < 3)
})

test('one that is much heavier than all others has its share too, however many different weights there are', () => {
  const weights = Array.from({ length: 2000 }, (_, index) => (index === 700 ? 2_000_000 : 1000 + index))
  const heavy = errors(weighing(weights), 100_000)[700]!
  assert.ok(heavy < 100, `${heavy} of 33,348`)
})

test('an update of many weights goes on behind the endpoint that was picked last', () => {
  const hosts = weighing(Array.from({ length: 2000 }, (_, index) => 1_000_000 + index))
  const balancer = new RoundRobinBalancer(new SeededRandom(3))
  balancer.update(hosts)
  const first = balancer.pick()
  const before = hosts.findIndex(({ endpoint }) => endpoint === first)
  balancer.update(hosts.map(({ endpoint, weight }, index) => ({ endpoint, weight: weight + (index === 5 ? 1 : 0) })))
  const second = balancer.pick()
  const after = hosts.findIndex(({ endpoint }) => endpoint === second)
  assert.ok([1, 2].includes((after - before + 2000) % 2000), `${before}, ${after}`)
})
