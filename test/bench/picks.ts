import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { LoadBalancingPolicy } from '@inmesh/core'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'
import { BalancedCluster, resolve } from './support/balanced-cluster.js'

const SIZES = [10, 1000, 10_000, 100_000]
const PICKS = 100_000
const ROUNDS = 9
const LIMIT_NS = 300
const LIMIT_BYTES = 1024

const ROUND_ROBIN: LoadBalancingPolicy = { kind: 'round-robin' }
const HASHING = { useHostname: false }
const TIMES = { blackoutMs: 10_000, expirationMs: 180_000, updateMs: 1000 }

const uneven = (index: number): number => 1 + (index % 7)

interface Case {
  readonly what: string
  readonly policy: LoadBalancingPolicy
  readonly weight?: (index: number) => number
}

const CASES: readonly Case[] = [
  { what: 'round robin', policy: ROUND_ROBIN },
  { what: 'round robin, weighted', policy: ROUND_ROBIN, weight: uneven },
  { what: 'random', policy: { kind: 'random' } },
  { what: 'random, weighted', policy: { kind: 'random' }, weight: uneven },
  { what: 'least request', policy: { kind: 'least-request', choiceCount: 2 } },
  { what: 'least request, weighted', policy: { kind: 'least-request', choiceCount: 2 }, weight: uneven },
  {
    what: 'ring hash',
    policy: {
      ...HASHING,
      kind: 'ring-hash',
      minimumRingSize: 1024,
      maximumRingSize: 8_388_608,
      hashFunction: 'xx-hash',
    },
  },
  { what: 'Maglev', policy: { ...HASHING, kind: 'maglev', tableSize: 65_537 } },
  { what: 'weighted by load', policy: { ...TIMES, kind: 'weighted-by-load', errorPenalty: 1, metricNames: [] } },
  {
    what: 'peak EWMA',
    policy: { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30, failureRttMs: 1000 },
  },
  { what: 'random subset of 20, round robin', policy: { kind: 'random-subsetting', size: 20, child: ROUND_ROBIN } },
  { what: 'pick first', policy: { kind: 'pick-first', shuffle: true } },
]

/** What it costs to choose an endpoint, to hear that one of them changed, and to know of it. */
export async function benchPicks(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const one of CASES) rows.push(picks(one))
  for (const one of CASES) rows.push(updates(one))
  rows.push(memory())
  return rows
}

function picks({ what, policy, weight }: Case): Row {
  const times = SIZES.map((size) => {
    const cluster = new BalancedCluster(policy)
    cluster.update(resolve(policy, size, weight))
    const rounds = Array.from({ length: ROUNDS }, () => cpuMs(() => pickMany(cluster)))
    cluster.close()
    // The least disturbed one: others on the machine evict what is cached, and that only ever adds.
    return (Math.min(...rounds) * 1e6) / PICKS
  })
  return {
    what: `a pick by ${what}, of ${SIZES.map((size) => size.toLocaleString('en')).join(', ')} endpoints`,
    bare: '',
    mesh: `${times.map((time) => time.toFixed(0)).join(', ')} ns`,
    target: `≤ ${LIMIT_NS} ns of 10,000`,
    met: times[SIZES.indexOf(10_000)]! <= LIMIT_NS,
  }
}

function pickMany(cluster: BalancedCluster): void {
  for (let pick = 0; pick < PICKS; pick++) cluster.pick()
}

function updates({ what, policy, weight = () => 1 }: Case): Row {
  const cluster = new BalancedCluster(policy)
  const versions = [0, 1].map((version) =>
    resolve(policy, 10_000, (index) => weight(index) + (index === 5 ? version : 0)),
  )
  cluster.update(versions[0]!)
  const times = Array.from({ length: 20 }, (_, step) => cpuMs(() => cluster.update(versions[(step + 1) % 2]!)))
  cluster.close()
  return {
    what: `one weight of 10,000 changes, ${what}`,
    bare: '',
    mesh: `${median(times).toFixed(1)} ms`,
    target: '',
    met: true,
  }
}

/** Configuration and state of an endpoint, no socket. */
function memory(): Row {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const cluster = new BalancedCluster(ROUND_ROBIN)
  collect()
  const before = process.memoryUsage()
  cluster.update(resolve(ROUND_ROBIN, 100_000))
  collect()
  const after = process.memoryUsage()
  cluster.pick()
  const bytes = (after.heapUsed + after.external - before.heapUsed - before.external) / 100_000
  return {
    what: 'memory per endpoint, of 100,000, without sockets',
    bare: '',
    mesh: `${bytes.toFixed(0)} B`,
    target: `≤ ${LIMIT_BYTES} B`,
    met: bytes <= LIMIT_BYTES,
  }
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1000
}
