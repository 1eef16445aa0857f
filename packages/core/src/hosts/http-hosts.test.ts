import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { ClusterConfig, ResolvedCluster } from '../model/cluster.js'
import type { EndpointAssignment, EndpointConfig } from '../model/endpoint.js'
import { DEFAULT_HOST_POLICY, type HostPolicy } from '../model/host-policy.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, request, cluster as resolved } from '../testing/fixtures.js'

const PICKS = 10_000

interface Rig {
  readonly cluster: Cluster
  readonly clock: SimulatedClock
  /** Shares of requests by port, in percent. */
  shares(): Record<number, number>
  next(): number | string
}

function rig(): Rig {
  const clock = new SimulatedClock()
  const cluster = new Cluster('c', { carriers: [new FakeCarrier()], clock, random: new SeededRandom(3) }, () => {})
  const next = (): number | string => {
    const picked = cluster.pick(cluster.view('http'), pickContext())
    if (picked.kind === 'local-reply') return picked.flag
    return picked.kind === 'endpoint' ? picked.port : picked.kind
  }
  const shares = (): Record<number, number> => {
    const counts = new Map<number | string, number>()
    for (let pick = 0; pick < PICKS; pick++) {
      const port = next()
      counts.set(port, (counts.get(port) ?? 0) + 1)
    }
    return Object.fromEntries([...counts].map(([port, count]) => [port, Math.round((count * 100) / PICKS)]))
  }
  return { cluster, clock, shares, next }
}

function hosts(parts: Partial<HostPolicy>): Partial<ClusterConfig> {
  return { hosts: { ...DEFAULT_HOST_POLICY, ...parts } }
}

interface Place {
  readonly zone: string
  readonly priority?: number
  readonly weight?: number
  readonly endpoints: readonly EndpointConfig[]
}

function placed(
  places: readonly Place[],
  config: Partial<ClusterConfig> = {},
  assignment: Partial<EndpointAssignment> = {},
): ResolvedCluster {
  const made = resolved('c', [], config)
  assert.ok(made.kind === 'resolved')
  const localities = places.map(({ zone, priority = 0, weight = 1, endpoints }) => ({
    locality: { region: 'r', zone, subZone: '' },
    priority,
    weight,
    endpoints,
  }))
  return { ...made, endpoints: { localities, drops: [], ...assignment } }
}

function range(from: number, to: number, healthy = to - from + 1): EndpointConfig[] {
  return Array.from({ length: to - from + 1 }, (_, index) =>
    endpoint(from + index, { health: index < healthy ? 'healthy' : 'unhealthy' }),
  )
}

function near(found: Record<number, number>, expected: Record<number, number>): void {
  assert.deepEqual(Object.keys(found), Object.keys(expected))
  for (const [port, share] of Object.entries(expected)) {
    assert.ok(Math.abs(found[Number(port)]! - share) <= 2, `${port}: ${found[Number(port)]} instead of ${share}`)
  }
}

test('requests overflow to the next priority in proportion to what the first lost', () => {
  const { cluster, shares } = rig()
  cluster.update(resolved('c', [], { priorities: [range(1, 2, 1), [endpoint(3)]] }))
  near(shares(), { 1: 70, 3: 30 })
})

test('in panic every endpoint is used, unhealthy and draining ones included', () => {
  const { cluster, shares } = rig()
  const ill = [endpoint(1), endpoint(2, { health: 'unhealthy' }), endpoint(3, { health: 'draining' })]
  cluster.update(resolved('c', ill))
  near(shares(), { 1: 33, 2: 33, 3: 33 })
  cluster.update(resolved('c', ill, hosts({ panicThreshold: 0 })))
  near(shares(), { 1: 100 })
})

test('in panic requests fail where the cluster says so', () => {
  const { cluster, next } = rig()
  cluster.update(resolved('c', range(1, 3, 1), hosts({ failOnPanic: true })))
  assert.equal(next(), 'UH')
})

test('an ejection moves requests at once, and its end brings them back', () => {
  const { cluster, shares } = rig()
  cluster.update(resolved('c', [], { priorities: [[endpoint(1)], [endpoint(2)]] }))
  near(shares(), { 1: 100 })
  const first = cluster.endpoints.get('10.0.0.1:1')!
  first.ejected = true
  cluster.healthChanged()
  near(shares(), { 2: 100 })
  first.ejected = false
  cluster.healthChanged()
  near(shares(), { 1: 100 })
})

test('the connections of an endpoint that is found ill are let go, once', () => {
  const carrier = new FakeCarrier()
  const environment = { carriers: [carrier], clock: new SimulatedClock(), random: new SeededRandom(1) }
  const cluster = new Cluster('c', environment, () => {})
  cluster.update(resolved('c', range(1, 3)))
  const [first, second] = [...cluster.endpoints.values()]
  const released = (): number[] => carrier.released.splice(0).map(({ port }) => port)
  first!.ejected = true
  cluster.healthChanged()
  cluster.healthChanged()
  assert.deepEqual(released(), [1])
  first!.ejected = false
  second!.passesHealthChecks = false
  cluster.healthChanged()
  first!.ejected = true
  cluster.healthChanged()
  assert.deepEqual(released(), [2, 1])
})

test('localities count for nothing unless the cluster says so', () => {
  const { cluster, shares } = rig()
  const places = [
    { zone: 'a', weight: 9, endpoints: [endpoint(1)] },
    { zone: 'b', weight: 0, endpoints: [endpoint(2)] },
  ]
  cluster.update(placed(places))
  near(shares(), { 1: 50, 2: 50 })
  cluster.update(placed(places, hosts({ localities: 'weighted' })))
  near(shares(), { 1: 100 })
})

test('a locality keeps its weight until it lost more than the overprovisioning makes up for', () => {
  const { cluster, shares } = rig()
  const shareOfA = (healthy: number, overprovisioningFactor = 140): number => {
    const places = [
      { zone: 'a', weight: 1, endpoints: range(1, 10, healthy) },
      { zone: 'b', weight: 1, endpoints: range(11, 11) },
    ]
    cluster.update(placed(places, hosts({ localities: 'weighted', panicThreshold: 0 }), { overprovisioningFactor }))
    return 100 - shares()[11]!
  }
  // 1.4 times the healthy share: 0.7 against 1, and so on.
  const found = [shareOfA(8), shareOfA(5), shareOfA(5, 200), shareOfA(1, 100)]
  for (const [index, expected] of [50, 41, 50, 9].entries())
    assert.ok(Math.abs(found[index]! - expected) <= 1, `${found}`)
})

test('without a weight anywhere weighted localities are one set', () => {
  const { cluster, shares } = rig()
  const places = [
    { zone: 'a', weight: 0, endpoints: [endpoint(1)] },
    { zone: 'b', weight: 0, endpoints: [endpoint(2), endpoint(3), endpoint(4)] },
  ]
  cluster.update(placed(places, hosts({ localities: 'weighted' })))
  near(shares(), { 1: 25, 2: 25, 3: 25, 4: 25 })
})

test('a locality that is listed twice is one', () => {
  const { cluster, shares } = rig()
  const places = [
    { zone: 'a', weight: 1, endpoints: [endpoint(1)] },
    { zone: 'a', weight: 1, endpoints: [endpoint(2)] },
    { zone: 'b', weight: 1, endpoints: [endpoint(3)] },
  ]
  cluster.update(placed(places, hosts({ localities: 'weighted' })))
  near(shares(), { 1: 25, 2: 25, 3: 50 })
})

test('a round goes on when an update changes nothing in its set', () => {
  const { cluster, next } = rig()
  const priorities = (last: EndpointConfig[]) => ({ priorities: [range(1, 5), last] })
  cluster.update(resolved('c', [], priorities([endpoint(9)])))
  const seen = new Set([next(), next()])
  cluster.update(resolved('c', [], priorities([endpoint(9, { weight: 2 })])))
  cluster.healthChanged()
  for (let pick = 0; pick < 3; pick++) seen.add(next())
  assert.equal(seen.size, 5)
})

test('a new endpoint begins with a small share and grows', () => {
  const { cluster, clock, shares } = rig()
  const slowStart = { windowMs: 60_000, aggression: 1, minWeightPercent: 10 }
  cluster.update(resolved('c', [endpoint(1)], hosts({ slowStart })))
  clock.advance(60_000)
  cluster.update(resolved('c', [endpoint(1), endpoint(2)], hosts({ slowStart })))
  near(shares(), { 1: 91, 2: 9 })
  clock.advance(30_000)
  near(shares(), { 1: 67, 2: 33 })
  clock.advance(30_000)
  near(shares(), { 1: 50, 2: 50 })
  assert.equal(clock.nextDue, undefined, 'a cluster at rest has no timer')
})

test('aggression bends the growth', () => {
  const { cluster, clock, shares } = rig()
  const slowStart = { windowMs: 100_000, aggression: 2, minWeightPercent: 0 }
  cluster.update(resolved('c', [endpoint(1)], hosts({ slowStart })))
  clock.advance(100_000)
  cluster.update(resolved('c', [endpoint(1), endpoint(2)], hosts({ slowStart })))
  clock.advance(25_000)
  // The square root of a quarter.
  near(shares(), { 1: 67, 2: 33 })
})

test('a cluster that is let go ends its timers', () => {
  const { cluster, clock } = rig()
  cluster.update(
    resolved(
      'c',
      [endpoint(1), endpoint(2)],
      hosts({ slowStart: { windowMs: 1000, aggression: 1, minWeightPercent: 10 } }),
    ),
  )
  assert.ok(clock.nextDue !== undefined)
  cluster.retire()
  assert.equal(clock.nextDue, undefined)
})

test('a retry that avoids a priority goes to another', () => {
  const { cluster } = rig()
  cluster.update(resolved('c', [], { priorities: [[endpoint(1)], [endpoint(2)]] }))
  const first = cluster.endpoints.get('10.0.0.1:1')!
  for (let pick = 0; pick < 20; pick++) {
    const picked = cluster.pick(cluster.view('http'), pickContext({ avoidedPriorities: [first] }))
    assert.ok(picked.kind === 'endpoint' && picked.port === 2 && picked.priority === 1)
  }
})

test('a request that is pinned goes to its endpoint, for its first attempt and while that may be used', () => {
  const { cluster } = rig()
  const members = [endpoint(1), endpoint(2, { health: 'draining' }), endpoint(3), endpoint(4)]
  const to = (port: number, strict = false, attempts = 0): Set<number | string> => {
    const context = pickContext({ overrideHost: { key: `10.0.0.1:${port}`, strict }, attempts })
    const found = new Set<number | string>()
    for (let pick = 0; pick < 20; pick++) {
      const picked = cluster.pick(cluster.view('http'), context)
      found.add(picked.kind === 'endpoint' ? picked.port : picked.kind === 'local-reply' ? picked.flag : picked.kind)
    }
    return found
  }
  cluster.update(resolved('c', members))
  assert.deepEqual([...to(3)], [3])
  assert.equal(to(3, true, 1).size, 3, 'a retry is balanced')
  assert.equal(to(9).size, 3, 'so is a request to an endpoint that is gone')
  assert.deepEqual([...to(9, true)], ['UH'])
  assert.ok(!to(2).has(2))
  cluster.update(resolved('c', members, hosts({ overrideStatuses: ['healthy', 'draining'] })))
  assert.deepEqual([...to(2)], [2])
})

test('a header may name the endpoints of the attempts in turn', () => {
  const { cluster } = rig()
  cluster.update(resolved('c', range(1, 5, 3), hosts({ overrideHeaders: ['x-endpoint'] })))
  const named = request({ headers: { 'x-endpoint': '10.0.0.1:5, 10.0.0.1:2' } })
  const port = (attempts: number): number | string => {
    const picked = cluster.pick(cluster.view('http'), pickContext({ request: named, attempts }))
    return picked.kind === 'endpoint' ? picked.port : picked.kind
  }
  assert.deepEqual([port(0), port(1)], [5, 2])
  assert.ok([1, 2, 3].includes(port(2) as number))
})
