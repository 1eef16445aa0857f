import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptObserver } from '../cluster/attempt-observer.js'
import { Endpoint } from '../cluster/endpoint.js'
import type { PeakEwmaPolicy } from '../model/load-balancing.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { balancerEnvironment, endpoint } from '../testing/fixtures.js'
import { LatencyEstimates } from './latency-estimates.js'
import { PeakEwmaBalancer } from './peak-ewma.js'

const POLICY: PeakEwmaPolicy = { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30, failureRttMs: 1000 }

/** Asserts what the first endpoint of a list is taken to need, by comparing it with one that is new and is assumed to need 30 ms. */
function assertEstimate(estimates: LatencyEstimates, one: Endpoint, nowMs: number, expectedMs: number): void {
  estimates.list([one, new Endpoint(endpoint(99))], nowMs)
  const ratio = expectedMs / 30
  assert.ok(estimates.prefersLeft(0, 1, 1, ratio * 1.000001), `no more than ${expectedMs} ms`)
  assert.ok(!estimates.prefersLeft(0, 1, 1, ratio * 0.999999), `no less than ${expectedMs} ms`)
}

test('a slower answer counts at once, faster ones by the time that has passed', () => {
  const estimates = new LatencyEstimates(30, 1000)
  const one = new Endpoint(endpoint(1))
  estimates.list([one], 0)
  estimates.observe(one, 100, 500)
  assertEstimate(estimates, one, 500, 100)
  estimates.observe(one, 20, 1500)
  assertEstimate(estimates, one, 1500, 100 * Math.exp(-1) + 20 * (1 - Math.exp(-1)))
})

test('silence fades towards nothing, so that a slow endpoint is tried again, listed all along or not', () => {
  const estimates = new LatencyEstimates(30, 1000)
  const one = new Endpoint(endpoint(1))
  estimates.list([one], 0)
  estimates.observe(one, 100, 0)
  assertEstimate(estimates, one, 1000, 100 / Math.E)
  estimates.list([], 2000)
  assertEstimate(estimates, one, 3000, 100 / Math.E ** 3)
})

interface Bench {
  readonly clock: SimulatedClock
  readonly endpoints: readonly Endpoint[]
  readonly balancer: PeakEwmaBalancer
  readonly observers: AttemptObserver[]
}

function bench(...weights: number[]): Bench {
  const clock = new SimulatedClock()
  const endpoints = weights.map((_, index) => new Endpoint(endpoint(index)))
  const observers: AttemptObserver[] = []
  const observe = (observer: AttemptObserver): (() => void) => {
    observers.push(observer)
    return () => observers.splice(observers.indexOf(observer), 1)
  }
  const balancer = new PeakEwmaBalancer(POLICY, balancerEnvironment({ clock, cluster: { activeRequests: 0, observe } }))
  balancer.update(endpoints.map((one, index) => ({ endpoint: one, weight: weights[index]! })))
  return { clock, endpoints, balancer, observers }
}

function shares({ balancer, endpoints }: Bench, picks = 3000): number[] {
  const counts = new Map<Endpoint | undefined, number>()
  for (let pick = 0; pick < picks; pick++) {
    const picked = balancer.pick()
    counts.set(picked, (counts.get(picked) ?? 0) + 1)
  }
  return endpoints.map((one) => (counts.get(one) ?? 0) / picks)
}

test('none without endpoints, and the only one with one', () => {
  assert.equal(bench().balancer.pick(), undefined)
  const one = bench(1)
  assert.equal(one.balancer.pick(), one.endpoints[0])
})

test('the faster of two takes the requests until it has as much more in flight', () => {
  const two = bench(1, 1)
  two.observers[0]!.responded(two.endpoints[0]!, 200, -1, 100, 'http')
  two.observers[0]!.responded(two.endpoints[1]!, 200, -1, 10, 'http')
  // The second has sent one answer at once, so its estimate is still near what was assumed: (30 against 100).
  assert.deepEqual(shares(two), [0, 1])
  two.endpoints[1]!.active = 9
  assert.deepEqual(shares(two), [1, 0])
})

test('of many endpoints only the slowest is passed by, in every pair that it is drawn in', () => {
  const many = bench(1, 1, 1, 1, 1)
  many.observers[0]!.responded(many.endpoints[2]!, 200, -1, 500, 'http')
  const found = shares(many, 20_000)
  assert.equal(found[2], 0)
  for (const share of found.filter((_, index) => index !== 2)) assert.ok(share > 0.1, String(found))
})

test('an attempt that fails at once does not look fast', () => {
  const two = bench(1, 1)
  two.observers[0]!.failed(two.endpoints[0]!, 'connect', 1, 'http')
  assert.deepEqual(shares(two), [0, 1])
  two.clock.advance(100_000)
  two.observers[0]!.responded(two.endpoints[1]!, 200, -1, 30, 'http')
  assert.deepEqual(shares(two), [1, 0], 'long after, it is tried again')
})

test('weights divide the cost', () => {
  const two = bench(1, 4)
  two.endpoints[0]!.active = 0
  two.endpoints[1]!.active = 2
  assert.deepEqual(shares(two), [0, 1])
})

test('what is known of an endpoint outlives updates, and goes when it is gone', () => {
  const two = bench(1, 1)
  const [slow, other] = two.endpoints as [Endpoint, Endpoint]
  two.observers[0]!.responded(slow, 200, -1, 500, 'http')
  two.balancer.update([{ endpoint: other, weight: 1 }])
  two.balancer.update([slow, other].map((one) => ({ endpoint: one, weight: 1 })))
  assert.deepEqual(shares(two), [0, 1])
  two.balancer.close()
  assert.equal(two.observers.length, 0)
})
