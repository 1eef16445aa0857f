import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_HOST_POLICY, type LoadBalancingPolicy, type View } from '@inmesh/core'
import { BUDGET, POLICIES, placed, plainTarget } from './configuration.js'
import { World } from './world.js'

const SEEDS = 2000
/** How many outages are simulated from end to end. */
const STORMS = 50
const TARGETS = ['reviews:80', 'ratings:80']

/** Requests, failures and configurations, all mixed. */
function chaos(seed: number, steps = 80): World {
  const world = new World(seed)
  for (const target of TARGETS) world.publish(target)
  for (let step = 0; step < steps; step++) {
    const target = TARGETS[world.random.below(TARGETS.length)]!
    switch (world.random.below(8)) {
      case 0:
        world.publish(target)
        break
      case 1:
        world.upstreams.setFate(`10.0.0.1:${world.random.below(12)}`, {
          down: world.random.below(2) === 0,
          errors: world.random.next() / 2,
          resets: world.random.next() / 2,
          breaks: world.random.next() / 2,
        })
        break
      case 2:
        world.clock.advance(world.random.below(100))
        break
      default:
        world.request(target, world.random.below(3) === 0 ? 'grpc' : 'http')
    }
    world.assertEjections()
  }
  world.settle()
  return world
}

test(`in ${SEEDS} runs of chaos every request ends once, on endpoints in service only, and all counters return to zero`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      chaos(seed).assertIdle()
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
})

test('the same seed gives the same run', () => {
  const [first, second, other] = [chaos(42, 400), chaos(42, 400), chaos(43, 400)]
  assert.deepEqual(first.endings, second.endings)
  assert.deepEqual(first.attempts, second.attempts)
  assert.notDeepEqual(first.endings, other.endings)
})

test('the chaos reaches every kind of ending, or it would prove little', () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 100; seed++) {
    for (const { kind, attempts } of chaos(seed).endings) seen.add(attempts > 1 ? `${kind}, retried` : kind)
  }
  for (const kind of [
    'response',
    'response, retried',
    'failure',
    'failure, retried',
    'local-reply',
    'timeout',
    'broken',
  ]) {
    assert.ok(seen.has(kind), `never seen: ${kind}`)
  }
})

for (const kind of ['round-robin', 'random', 'least-request'] as const) {
  test(`${kind} spreads requests within statistical bounds`, () => {
    const world = new World(5)
    const policy: LoadBalancingPolicy = kind === 'least-request' ? { kind, choiceCount: 2 } : { kind }
    world.publish('plain:80', plainTarget(10, { loadBalancing: policy, retries: 0 }))
    for (let request = 0; request < 20_000; request++) {
      world.request('plain:80', 'http')
      if (request % 10 === 0) world.clock.advance(5)
    }
    world.settle()
    world.assertIdle()
    // Five standard deviations of a fair draw of 20,000 over 10.
    for (const [key, attempts] of world.attempts) assert.ok(Math.abs(attempts - 2000) < 215, `${key}: ${attempts}`)
  })
}

/** Sends 20,000 requests and gives the share of each port. */
function sharesOf(world: World, view: View): ReadonlyMap<number, number> {
  for (let request = 0; request < 20_000; request++) {
    world.request('plain:80', view)
    if (request % 10 === 0) world.clock.advance(5)
  }
  world.settle()
  world.assertIdle()
  return new Map([...world.attempts].map(([key, count]) => [Number(key.split(':')[1]), count / 20_000]))
}

/** Five standard deviations of a fair draw of 20,000. */
function assertShares(found: ReadonlyMap<number, number>, expected: Readonly<Record<number, number>>): void {
  assert.deepEqual([...found.keys()].sort(), Object.keys(expected).map(Number).sort())
  for (const [port, share] of Object.entries(expected)) {
    const bound = 5 * Math.sqrt((share * (1 - share)) / 20_000)
    assert.ok(Math.abs(found.get(Number(port))! - share) < bound, `${port}: ${found.get(Number(port))}, not ${share}`)
  }
}

// Of the first priority half of the endpoints are out: 1.4 times the rest is 70 percent.
const HALF_OUT = placed([
  { zone: 'a', priority: 0, weight: 3, count: 4, healthy: 2 },
  { zone: 'b', priority: 0, weight: 1, count: 2, healthy: 1 },
  { zone: 'a', priority: 1, weight: 1, count: 2, healthy: 2 },
])

test('HTTP spreads requests over priorities and localities as Envoy computes it', () => {
  const world = new World(21)
  const weighted = { ...DEFAULT_HOST_POLICY, localities: 'weighted' } as const
  world.publish('plain:80', plainTarget(HALF_OUT, { retries: 0, hosts: weighted }))
  // Ports 0 to 3 and 4 to 5 are the first priority; each pair shares what its locality gets.
  assertShares(sharesOf(world, 'http'), { 0: 0.2625, 1: 0.2625, 4: 0.175, 6: 0.15, 7: 0.15 })
})

test('gRPC sends everything to the first priority and spreads it by the weights of localities', () => {
  const world = new World(22)
  world.publish('plain:80', plainTarget(HALF_OUT, { retries: 0 }))
  world.clock.advance(10)
  assertShares(sharesOf(world, 'grpc'), { 0: 0.375, 1: 0.375, 4: 0.25 })
})

test('in panic HTTP spreads requests over all endpoints alike, wherever they are', () => {
  const world = new World(23)
  const places = placed([
    { zone: 'a', priority: 0, weight: 3, count: 4, healthy: 1 },
    { zone: 'b', priority: 1, weight: 1, count: 4, healthy: 1 },
  ])
  world.publish('plain:80', plainTarget(places, { retries: 0 }))
  assertShares(sharesOf(world, 'http'), Object.fromEntries(Array.from({ length: 8 }, (_, port) => [port, 0.125])))
})

test(`in ${STORMS} outages retries multiply nothing: attempts stay within the budget`, () => {
  for (let seed = 1; seed <= STORMS; seed++) {
    const world = new World(seed)
    world.publish('plain:80', plainTarget(5, { retries: 4 }))
    const errors = 0.5 + world.random.next() / 2
    for (let port = 0; port < 5; port++) world.upstreams.setFate(`10.0.0.1:${port}`, { down: false, errors, resets: 0 })
    for (let request = 0; request < 2000; request++) {
      world.request('plain:80', 'http')
      if (request % 20 === 0) world.clock.advance(5)
    }
    world.settle()
    world.assertIdle()
    const attempts = [...world.attempts.values()].reduce((sum, count) => sum + count, 0)
    // Without a budget there would be up to five attempts for each request.
    const allowed = world.sent * (1 + BUDGET.percent / 100) + 5 * BUDGET.minConcurrency
    assert.ok(attempts > world.sent && attempts < allowed * 1.1, `seed ${seed}: ${attempts} attempts`)
  }
})

test(`after each of ${STORMS} retry storms everything recovers as soon as its cause goes`, () => {
  for (let seed = 1; seed <= STORMS; seed++) {
    const world = new World(seed)
    const loadBalancing = POLICIES[world.random.below(POLICIES.length)]!
    world.publish('plain:80', plainTarget(5, { loadBalancing, retries: 4 }))
    const burst = (): number => {
      const from = world.endings.length
      for (let request = 0; request < 500; request++) {
        world.request('plain:80', 'http')
        if (request % 20 === 0) world.clock.advance(5)
      }
      world.settle()
      return world.endings.slice(from).filter(({ status }) => status !== 200).length
    }
    for (let port = 0; port < 5; port++)
      world.upstreams.setFate(`10.0.0.1:${port}`, { down: true, errors: 0, resets: 0 })
    assert.equal(burst(), 500, `seed ${seed}`)
    world.upstreams.heal()
    assert.equal(burst(), 0, `seed ${seed}`)
    world.assertIdle()
  }
})

test('an instance that dies fails no request that may be repeated', () => {
  const world = new World(13)
  // A quarter of the requests meet it: more than the budget of the other tests would repeat.
  world.publish('plain:80', plainTarget(4, { thresholds: { maxRequests: 1024, maxRetries: 100 } }))
  for (let request = 0; request < 2000; request++) {
    if (request === 500) world.upstreams.setFate('10.0.0.1:2', { down: true, errors: 0, resets: 0 })
    world.request('plain:80', 'http')
    if (request % 4 === 0) world.clock.advance(3)
  }
  world.settle()
  world.assertIdle()
  assert.deepEqual([...new Set(world.endings.map(({ status }) => status))], [200])
})
