import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterRegistry } from '../cluster/cluster-registry.js'
import type { ClusterConfig, UsableCluster } from '../model/cluster.js'
import type { EndpointConfig, EndpointHealth } from '../model/endpoint.js'
import { DEFAULT_HOST_POLICY } from '../model/host-policy.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, HEALTH_CHECK, pickContext, cluster as usable } from '../testing/fixtures.js'

const PICKS = 10_000

type Shares = Readonly<Record<string, number>>

interface Rig {
  /** Percent of the requests of each place, named by `name`. */
  shares(name: (port: number) => string, context?: Parameters<typeof pickContext>[0]): Shares
  pick(context?: Parameters<typeof pickContext>[0]): string
  readonly clusters: ClusterRegistry
}

function rig(leaves: readonly UsableCluster[], parts: Partial<ClusterConfig> = {}): Rig {
  const environment = { carriers: [new FakeCarrier()], clock: new SimulatedClock(), random: new SeededRandom(7) }
  const clusters = new ClusterRegistry({
    ...environment,
    prober: { probe: () => ({ check: () => {}, stop: () => {} }) },
  })
  const all = clusters.acquire('all', { kind: 'aggregate', config: usable('all', [], parts).config, leaves })
  const pick = (context?: Parameters<typeof pickContext>[0]): string => {
    const picked = all.pick(all.view('http'), pickContext(context))
    if (picked.kind === 'endpoint') return `${picked.port}`
    return picked.kind === 'queued' ? 'queued' : picked.flag
  }
  return {
    clusters,
    pick,
    shares(name, context) {
      const counts = new Map<string, number>()
      for (let turn = 0; turn < PICKS; turn++) {
        const place = name(Number(pick(context)))
        counts.set(place, (counts.get(place) ?? 0) + 1)
      }
      return Object.fromEntries([...counts].map(([place, count]) => [place, (100 * count) / PICKS]))
    },
  }
}

/** A priority of 100 endpoints, so many of them healthy and degraded. Their ports begin at `base`. */
function level(base: number, healthy: number, degraded = 0): readonly EndpointConfig[] {
  return Array.from({ length: 100 }, (_, index) => {
    const health: EndpointHealth = index < healthy ? 'healthy' : index < healthy + degraded ? 'degraded' : 'unhealthy'
    return endpoint(base + index, { health })
  })
}

/** Priorities of 100 endpoints: of cluster `number`, priority p, the ports begin at number * 1000 + p * 100. */
function leaf(number: number, healthy: readonly number[], parts: Partial<ClusterConfig> = {}): UsableCluster {
  const priorities = healthy.map((count, priority) => level(number * 1000 + priority * 100, count))
  return usable(`leaf-${number}`, [], { priorities, ...parts })
}

const byCluster = (port: number): string => `${Math.floor(port / 1000)}`
const byPriority = (port: number): string => `${Math.floor(port / 100)}`

function near(found: Shares, expected: Shares, message?: string): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort(), message)
  for (const [place, share] of Object.entries(expected)) {
    // Four standard deviations of so many throws.
    const tolerance = 400 * Math.sqrt(((share / 100) * (1 - share / 100)) / PICKS)
    assert.ok(Math.abs(found[place]! - share) <= tolerance, `${message ?? ''} ${place}: ${found[place]} for ${share}`)
  }
}

test('priorities of all clusters share the requests as one list (the table of Envoy, "Aggregate cluster")', () => {
  const rows: readonly [primary: number[], secondary: number[], expected: Shares][] = [
    [[100, 100, 100], [100, 100], { 1: 100 }],
    [[72, 100, 100], [100, 100], { 1: 100 }],
    [[71, 1, 0], [100, 100], { 1: 100 }],
    [[71, 0, 0], [100, 100], { 1: 99, 2: 1 }],
    [[50, 0, 0], [50, 0], { 1: 70, 2: 30 }],
    [[20, 20, 10], [25, 25], { 1: 70, 2: 30 }],
    [[20, 0, 0], [20, 0], { 1: 50, 2: 50 }],
    [[0, 0, 0], [100, 0], { 2: 100 }],
    [[0, 0, 0], [72, 0], { 2: 100 }],
  ]
  // The page looks at health only: with panic, a row that leaves every priority below the threshold would go by their sizes.
  const hosts = { ...DEFAULT_HOST_POLICY, panicThreshold: 0 }
  for (const [primary, secondary, expected] of rows) {
    const { shares } = rig([leaf(1, primary), leaf(2, secondary)], { hosts })
    near(shares(byCluster), expected, `${primary} | ${secondary}`)
  }
})

test('a request goes to the priority that was chosen for it, not to what the cluster itself would choose', () => {
  // Envoy's example: {{20, 20, 10}, {25, 25}} becomes {{28, 28, 14}, {30, 0}}.
  const { shares } = rig([leaf(1, [20, 20, 10]), leaf(2, [25, 25])])
  near(shares(byPriority), { 10: 28, 11: 28, 12: 14, 20: 30 })
})

test('priorities without endpoints, and clusters without any, are no part of the list', () => {
  const gap = usable('leaf-1', [], { priorities: [[], level(1000, 100)] })
  assert.equal(byCluster(Number(rig([gap, leaf(2, [100])]).pick())), '1')
  assert.equal(byCluster(Number(rig([usable('leaf-1', []), leaf(2, [100])]).pick())), '2')
  assert.equal(rig([usable('leaf-1', []), usable('leaf-2', [])]).pick(), 'UH')
})

test('degraded endpoints of any cluster come after healthy ones of every cluster', () => {
  const first = usable('leaf-1', [], { priorities: [level(1000, 40, 40)] })
  const second = usable('leaf-2', [], { priorities: [level(2000, 10, 50)] })
  const { shares } = rig([first, second])
  const found = shares((port) => `${byCluster(port)} ${port % 1000 < (port < 2000 ? 40 : 10) ? 'healthy' : 'degraded'}`)
  // As priorities of one cluster: 56 and 14 healthy, then 30 of the first one's degraded.
  near(found, { '1 healthy': 56, '2 healthy': 14, '1 degraded': 30 })
})

test('the factor of each assignment counts for its own priorities', () => {
  const plain = leaf(1, [60])
  const exact = { ...plain, endpoints: { ...plain.endpoints, overprovisioningFactor: 100 } }
  near(rig([exact, leaf(2, [100])]).shares(byCluster), { 1: 60, 2: 40 })
})

test('where every priority panics each takes its share of the endpoints, by the threshold of the aggregate', () => {
  const few = usable('leaf-2', [], { priorities: [level(2000, 1).slice(0, 25)] })
  near(rig([leaf(1, [1]), few]).shares(byCluster), { 1: 80, 2: 20 })
  const hosts = { ...DEFAULT_HOST_POLICY, panicThreshold: 0 }
  // No panic of the aggregate: by health, 1 and 5 of 6.
  near(rig([leaf(1, [1]), few], { hosts }).shares(byCluster), { 1: 17, 2: 83 })
})

test('whether health is believed within a cluster is the matter of that cluster', () => {
  const hosts = { ...DEFAULT_HOST_POLICY, panicThreshold: 0 }
  // The healthy ones of the first are those of the lowest ports.
  const believed = (port: number) => `${byCluster(port)} ${port % 1000 < 25 ? 'low' : 'high'}`
  near(rig([leaf(1, [25], { hosts }), leaf(2, [100])]).shares(believed), {
    '1 low': 35,
    '2 low': 16.25,
    '2 high': 48.75,
  })
  // The cluster alone could not take its requests, and so sends to everyone, as Envoy does.
  const found = rig([leaf(1, [25]), leaf(2, [100])]).shares(believed)
  near(found, { '1 low': 8.75, '1 high': 26.25, '2 low': 16.25, '2 high': 48.75 })
})

test('a retry avoids the priority of the cluster that it went to, not that of its siblings', () => {
  const { clusters, shares } = rig([leaf(1, [50, 0]), leaf(2, [100])])
  const tried = [...clusters.values()].find(({ name }) => name === 'leaf-1')!.endpoints.get('10.0.0.1:1000')!
  near(shares(byPriority, { avoidedPriorities: [tried] }), { 20: 100 })
})

test('a hash is for the choice within a cluster: the same endpoint of each, whatever the share of that cluster', () => {
  const policies = { loadBalancing: { kind: 'maglev', tableSize: 101, useHostname: false } } as const
  const { shares } = rig([leaf(1, [50], policies), leaf(2, [100], policies)])
  const found = shares((port) => `${port}`, { hash: () => ({ high: 7, low: 11 }) })
  assert.equal(Object.keys(found).length, 2)
  near(Object.fromEntries(Object.entries(found).map(([port, share]) => [byCluster(Number(port)), share])), {
    1: 70,
    2: 30,
  })
})

test('a request that is pinned goes to the cluster that has its endpoint', () => {
  const { pick } = rig([leaf(1, [100]), leaf(2, [100])])
  const overrideHost = { key: '10.0.0.1:2005', strict: false }
  assert.equal(pick({ overrideHost }), '2005')
  assert.equal(byCluster(Number(pick({ overrideHost, attempts: 1 }))), '1')
  const gone = { key: '10.0.0.1:9', strict: true }
  assert.equal(pick({ overrideHost: gone }), 'UH')
  assert.equal(byCluster(Number(pick({ overrideHost: { ...gone, strict: false } }))), '1')
})

test('what falls to a cluster whose endpoints have not been checked yet waits, and nothing else does', () => {
  const healthCheck = HEALTH_CHECK
  const { pick } = rig([leaf(1, [100], { healthCheck }), leaf(2, [100])])
  assert.equal(pick(), 'queued')
  const other = rig([leaf(1, [100]), leaf(2, [100], { healthCheck })])
  assert.equal(byCluster(Number(other.pick())), '1')
})

test('the list follows the endpoints of its clusters', () => {
  const { pick, clusters } = rig([leaf(1, [100]), leaf(2, [100])])
  assert.equal(byCluster(Number(pick())), '1')
  const first = [...clusters.values()].find(({ name }) => name === 'leaf-1')!
  for (const each of first.endpoints.values()) each.ejected = true
  first.healthChanged()
  assert.equal(byCluster(Number(pick())), '2')
})
