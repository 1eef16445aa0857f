import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { ClusterRegistry } from '../cluster/cluster-registry.js'
import type { ConfigSource } from '../ports/config-source.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { cluster, endpoint, FakeCarrier, forward, route, targetConfig } from '../testing/fixtures.js'
import { Target } from './target.js'

const SOURCE: ConfigSource = { watch: () => () => {} }
const LARGE = 5000

let clock: SimulatedClock
let carrier: FakeCarrier
let registry: ClusterRegistry
let target: Target

beforeEach(() => {
  clock = new SimulatedClock()
  carrier = new FakeCarrier()
  const random = new SeededRandom(1)
  registry = new ClusterRegistry({ carriers: [carrier], clock, random })
  target = new Target('reviews:80', SOURCE, registry, registry, random)
})

function config(from: number, count: number) {
  const endpoints = Array.from({ length: count }, (_, index) => endpoint(from + index))
  return targetConfig([route({}, forward('c'))], [['c', cluster('c', endpoints)]])
}

function ports(): readonly number[] {
  const running = target.snapshot?.clusters.get('c')
  return [...(running?.endpoints.values() ?? [])].map(({ port }) => port)
}

/** Lets the event loop turn until nothing is left to do. */
function turn(): void {
  while (clock.nextDue !== undefined && clock.nextDue <= clock.now()) clock.advance(0)
}

test('a small configuration is in use at once', () => {
  target.configured(config(1, 10))
  assert.equal(target.state, 'configured')
})

test('a large one is taken over in slices, and used as a whole', () => {
  target.configured(config(1, LARGE))
  assert.equal(target.state, 'pending')
  turn()
  assert.equal(target.state, 'configured')
  assert.equal(ports().length, LARGE)
  const before = target.snapshot
  target.configured(config(1, 2 * LARGE))
  assert.equal(target.snapshot, before)
  turn()
  assert.equal(ports().length, 2 * LARGE)
})

test('one that follows it meanwhile takes its place, and of the endpoints between nothing is left', () => {
  target.configured(config(1, LARGE))
  target.configured(config(LARGE + 1, 10))
  assert.equal(target.state, 'configured')
  turn()
  assert.deepEqual(
    ports(),
    Array.from({ length: 10 }, (_, index) => LARGE + 1 + index),
  )
})

test('a target that is closed meanwhile leaves no cluster behind', () => {
  target.configured(config(1, LARGE))
  target.close()
  turn()
  assert.deepEqual([[...registry.values()], target.state], [[], 'closed'])
})

test('endpoints are in service since they are in use', () => {
  clock.advance(1000)
  target.configured(config(1, LARGE))
  turn()
  const since = new Set([...target.snapshot!.clusters.get('c')!.endpoints.values()].map((each) => each.inServiceSince))
  assert.deepEqual([...since], [clock.now()])
})
