import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { LoadBalancingPolicy } from '@inmesh/core'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'
import { BalancedCluster, resolve } from './support/balanced-cluster.js'
import { type GrpcJsAddress, GrpcJsBalancer, type GrpcJsPolicy } from './support/grpc-js-balancer.js'

const SIZES = [10, 1000, 10_000, 100_000]
const PICKS = 100_000
const ROUNDS = 9
const LIMIT_NS = 300
const LIMIT_BYTES = 1024

const ROUND_ROBIN: LoadBalancingPolicy = { kind: 'round-robin' }
const HASHING = { useHostname: false }
const TIMES = { blackoutMs: 10_000, expirationMs: 180_000, updateMs: 1000 }

/** Its multiples fall everywhere. */
const PHI = (1 + Math.sqrt(5)) / 2

const uneven = (index: number): number => 1 + (index % 7)

interface Case {
  readonly what: string
  readonly policy: LoadBalancingPolicy
  readonly weight?: (index: number) => number
  /** What grpc-js or grpc-js-xds has of the kind, and for how many endpoints it is ready within a minute. */
  readonly theirs?: { readonly policy: GrpcJsPolicy; readonly most?: number }
}

const CASES: readonly Case[] = [
  { what: 'round robin', policy: ROUND_ROBIN, theirs: { policy: { round_robin: {} } } },
  { what: 'round robin, weighted', policy: ROUND_ROBIN, weight: uneven },
  { what: 'round robin, no two weights alike', policy: ROUND_ROBIN, weight: (index) => 1 + ((index * PHI) % 6) },
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
    theirs: { policy: { ring_hash: { min_ring_size: 1024 } }, most: 1000 },
  },
  { what: 'Maglev', policy: { ...HASHING, kind: 'maglev', tableSize: 65_537 } },
  {
    what: 'weighted by load',
    policy: { ...TIMES, kind: 'weighted-by-load', errorPenalty: 1, metricNames: [] },
    theirs: { policy: { weighted_round_robin: {} } },
  },
  {
    what: 'peak EWMA',
    policy: { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30, failureRttMs: 1000 },
  },
  { what: 'random subset of 20, round robin', policy: { kind: 'random-subsetting', size: 20, child: ROUND_ROBIN } },
  {
    what: 'pick first',
    policy: { kind: 'pick-first', shuffle: true },
    theirs: { policy: { pick_first: { shuffleAddressList: true } } },
  },
]

/** What it costs to choose an endpoint, to hear that one of them changed, and to know of it, beside grpc-js where it has the policy. */
export async function benchPicks(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const one of CASES) rows.push(await picks(one))
  for (const one of CASES) rows.push(await updates(one))
  rows.push(await memory())
  return rows
}

async function picks({ what, policy, weight, theirs }: Case): Promise<Row> {
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
    bare: theirs === undefined ? '' : `${(await theirPicks(theirs)).join(', ')} ns`,
    mesh: `${times.map((time) => time.toFixed(0)).join(', ')} ns`,
    target: `≤ ${LIMIT_NS} ns of 10,000`,
    met: times[SIZES.indexOf(10_000)]! <= LIMIT_NS,
  }
}

async function theirPicks({ policy, most = 100_000 }: NonNullable<Case['theirs']>): Promise<readonly string[]> {
  const times: string[] = []
  for (const size of SIZES) {
    if (size > most) {
      times.push('-')
      continue
    }
    const balancer = new GrpcJsBalancer(policy)
    await balancer.update(addresses(size))
    balancer.connect()
    const rounds = Array.from({ length: ROUNDS }, () => cpuMs(() => pickMany(balancer)))
    balancer.close()
    times.push(((Math.min(...rounds) * 1e6) / PICKS).toFixed(0))
  }
  return times
}

function pickMany(cluster: { pick(): unknown }): void {
  for (let pick = 0; pick < PICKS; pick++) cluster.pick()
}

async function updates({ what, policy, weight = () => 1, theirs }: Case): Promise<Row> {
  const cluster = new BalancedCluster(policy)
  const versions = [0, 1].map((version) =>
    resolve(policy, 10_000, (index) => weight(index) + (index === 5 ? version : 0)),
  )
  cluster.update(versions[0]!)
  const times = Array.from({ length: 20 }, (_, step) => cpuMs(() => cluster.update(versions[(step + 1) % 2]!)))
  cluster.close()
  return {
    what: `one weight of 10,000 changes, ${what}`,
    bare: theirs === undefined ? '' : `${(await theirUpdate(theirs)).toFixed(1)} ms`,
    mesh: `${median(times).toFixed(1)} ms`,
    target: '',
    met: true,
  }
}

async function theirUpdate({ policy, most = 100_000 }: NonNullable<Case['theirs']>): Promise<number> {
  const balancer = new GrpcJsBalancer(policy)
  const list = addresses(10_000)
  const times: number[] = []
  for (let step = most < 10_000 ? 9 : 0; step < 10; step++) {
    const before = process.cpuUsage()
    await balancer.update(list)
    const used = process.cpuUsage(before)
    times.push((used.user + used.system) / 1000)
  }
  balancer.close()
  return median(times)
}

/** Configuration and state of an endpoint, no socket. */
async function memory(): Promise<Row> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const cluster = new BalancedCluster(ROUND_ROBIN)
  const before = used()
  cluster.update(resolve(ROUND_ROBIN, 100_000))
  const bytes = (used() - before) / 100_000
  cluster.pick()
  const balancer = new GrpcJsBalancer({ round_robin: {} })
  const theirsBefore = used()
  await balancer.update(addresses(100_000))
  const theirs = (used() - theirsBefore) / 100_000
  balancer.pick()
  return {
    what: 'memory per endpoint, of 100,000, without sockets',
    bare: `${theirs.toFixed(0)} B`,
    mesh: `${bytes.toFixed(0)} B`,
    target: `≤ ${LIMIT_BYTES} B`,
    met: bytes <= LIMIT_BYTES,
  }
}

function addresses(count: number): readonly GrpcJsAddress[] {
  return Array.from({ length: count }, (_, index) => ({
    host: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
    port: 8080,
  }))
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1000
}
