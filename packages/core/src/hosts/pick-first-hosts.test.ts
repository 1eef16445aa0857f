import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import type { EndpointConfig } from '../model/endpoint.js'
import { DEFAULT_HOST_POLICY } from '../model/host-policy.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, request, cluster as usable } from '../testing/fixtures.js'

const DELAY_MS = 250
const FAILOVER_MS = 10_000

interface Options {
  readonly shuffle?: boolean
  readonly seed?: number
  readonly grpcLocalityWeights?: boolean
}

class Rig {
  readonly clock = new SimulatedClock()
  readonly carrier = new FakeCarrier('grpc', 'ahead')
  readonly cluster: Cluster
  readonly #options: Options

  constructor(options: Options = {}) {
    this.#options = options
    const random = new SeededRandom(options.seed ?? 1)
    this.cluster = new Cluster('c', { carriers: [this.carrier], clock: this.clock, random }, () => {})
  }

  /** Priorities of endpoints. */
  update(...priorities: readonly (readonly (number | EndpointConfig)[])[]): void {
    const { shuffle = false, grpcLocalityWeights = false } = this.#options
    this.cluster.update(
      usable('c', [], {
        loadBalancing: { kind: 'pick-first', shuffle },
        hosts: { ...DEFAULT_HOST_POLICY, grpcLocalityWeights },
        priorities: priorities.map((list) => list.map((each) => (typeof each === 'number' ? endpoint(each) : each))),
      }),
    )
  }

  /** Ports that the carrier was asked to connect to since the last time. */
  get asked(): readonly number[] {
    return this.carrier.asked.splice(0).map(({ port }) => port)
  }

  get released(): readonly number[] {
    return this.carrier.released.splice(0).map(({ port }) => port)
  }

  member(port: number): Endpoint {
    return [...this.cluster.endpoints.values()].find((each) => each.port === port)!
  }

  become(state: Connectivity, ...ports: readonly number[]): void {
    for (const port of ports) this.cluster.view('grpc').connectivityChanged(this.member(port), state, `${port} is down`)
  }

  pick(): string {
    const picked = this.cluster.pick(this.cluster.view('grpc'), pickContext({ request: request({ view: 'grpc' }) }))
    if (picked.kind === 'endpoint') return `${picked.port}`
    return picked.kind === 'local-reply' ? picked.detail : picked.kind
  }
}

function rig(options: Options, ...priorities: readonly (readonly (number | EndpointConfig)[])[]): Rig {
  const made = new Rig(options)
  made.update(...priorities)
  return made
}

test('one endpoint is connected to, and takes all requests once it is ready (A62)', () => {
  const it = rig({}, [1, 2, 3])
  assert.deepEqual([it.asked, it.pick()], [[1], 'queued'])
  it.become('ready', 1)
  assert.deepEqual([it.pick(), it.pick(), it.asked], ['1', '1', []])
  it.clock.advance(60_000)
  assert.deepEqual(it.asked, [])
})

test('an attempt that failed hands over to the next at once (A61)', () => {
  const it = rig({}, [1, 2, 3])
  it.become('failed', 1)
  it.become('failed', 2)
  assert.deepEqual([it.asked, it.pick()], [[1, 2, 3], 'queued'])
  it.become('ready', 3)
  assert.equal(it.pick(), '3')
})

test('an attempt that takes long has the next one beside it, a quarter of a second later (A61)', () => {
  const it = rig({}, [1, 2, 3])
  it.clock.advance(DELAY_MS - 1)
  assert.deepEqual(it.asked, [1])
  it.clock.advance(1)
  assert.deepEqual(it.asked, [2])
  it.clock.advance(DELAY_MS)
  assert.deepEqual([it.asked, it.clock.nextDue], [[3], FAILOVER_MS])
  // Whoever is first takes them all, and the others are let go.
  it.become('ready', 2)
  assert.deepEqual([it.pick(), it.released], ['2', [1, 3]])
})

test('the failure of an attempt that has been overtaken does not hurry the next (A61)', () => {
  const it = rig({}, [1, 2, 3])
  it.clock.advance(DELAY_MS)
  it.become('failed', 1)
  assert.deepEqual(it.asked, [1, 2])
  it.clock.advance(DELAY_MS)
  assert.deepEqual(it.asked, [3])
})

test('once all have failed requests fail until one is ready, whatever is tried meanwhile (A62)', () => {
  const it = rig({}, [1, 2])
  it.become('failed', 1, 2)
  assert.equal(it.pick(), 'cluster c: 2 is down')
  it.become('idle', 1)
  it.become('connecting', 1)
  it.update([1, 2, 3])
  // A new list is tried from its front: those in their back-off were tried already.
  assert.deepEqual([it.asked, it.pick()], [[1, 2, 3], 'cluster c: 2 is down'])
  it.become('ready', 1)
  assert.equal(it.pick(), '1')
})

test('after its connection has ended nothing is done until a request comes, which begins from the front (A62)', () => {
  const it = rig({}, [1, 2])
  it.become('failed', 1)
  it.become('ready', 2)
  it.become('idle', 2)
  it.clock.advance(60_000)
  it.update([1, 2])
  assert.deepEqual(it.asked, [1, 2])
  assert.deepEqual([it.pick(), it.asked], ['queued', [1]])
  it.become('ready', 1)
  assert.equal(it.pick(), '1')
})

test('an update changes nothing for who is connected, unless it is listed no more', () => {
  const it = rig({}, [1, 2])
  it.become('ready', 1)
  it.update([3, 2, 1])
  assert.deepEqual([it.pick(), it.asked], ['1', [1]])
  it.update([3, 2])
  assert.deepEqual([it.pick(), it.asked], ['queued', [3]])
  it.become('ready', 3)
  assert.equal(it.pick(), '3')
})

test('an update during the attempts begins from the front of the new list, and keeps attempts that go on', () => {
  const it = rig({}, [1, 2])
  it.update([2, 1])
  assert.deepEqual(it.asked, [1, 2])
  it.clock.advance(DELAY_MS)
  assert.deepEqual([it.asked, it.released], [[], []])
  it.update([])
  assert.equal(it.pick(), 'cluster c has no healthy endpoint')
})

test('address families take turns, beginning with that of the first (RFC 8305, A61)', () => {
  const six = (port: number): EndpointConfig => ({ ...endpoint(port), key: `[::1]:${port}`, host: '::1' })
  const it = rig({}, [six(61), six(62), six(63), 1, 2])
  it.clock.advance(4 * DELAY_MS)
  assert.deepEqual(it.asked, [61, 1, 62, 2, 63])
})

test('the order can be random, heavier endpoints and those of heavier localities rather first (A62, A113)', () => {
  const firsts = new Map<number, number>()
  for (let seed = 0; seed < 1000; seed++) {
    const it = new Rig({ shuffle: true, seed })
    const made = usable('c', [], { loadBalancing: { kind: 'pick-first', shuffle: true } })
    const hosts = { ...DEFAULT_HOST_POLICY, grpcLocalityWeights: false }
    const localities = [
      { zone: 'a', weight: 3, endpoints: [endpoint(1, { weight: 9 }), endpoint(2, { weight: 1 })] },
      { zone: 'b', weight: 1, endpoints: [endpoint(3)] },
    ].map(({ zone, ...rest }) => ({ ...rest, priority: 0, locality: { region: '', zone, subZone: '' } }))
    it.cluster.update({ ...made, config: { ...made.config, hosts }, endpoints: { localities, drops: [] } })
    const [first] = it.asked
    firsts.set(first!, (firsts.get(first!) ?? 0) + 1)
  }
  // 0.75 x 0.9, 0.75 x 0.1 and 0.25; four standard deviations of a thousand throws are at most 6 percent.
  for (const [port, share] of [
    [1, 675],
    [2, 75],
    [3, 250],
  ] as const) {
    assert.ok(Math.abs((firsts.get(port) ?? 0) - share) < 60, `${port}: ${firsts.get(port)}`)
  }
})

test('a priority whose connection has ended is still chosen, and has its ten seconds again when a request comes (A56)', () => {
  const it = rig({}, [1], [2])
  it.become('ready', 1)
  it.become('idle', 1)
  it.clock.advance(60_000)
  assert.deepEqual([it.asked, it.pick(), it.asked], [[1], 'queued', [1]])
  it.clock.advance(FAILOVER_MS - 1)
  assert.deepEqual(it.asked, [])
  it.clock.advance(1)
  assert.deepEqual(it.asked, [2])
})

test('a priority hands over once all of its endpoints have failed, and comes back when one is ready', () => {
  const it = rig({}, [1, 2], [3])
  it.become('failed', 1)
  assert.deepEqual(it.asked, [1, 2])
  it.become('failed', 2)
  assert.deepEqual(it.asked, [3])
  it.become('ready', 3)
  assert.equal(it.pick(), '3')
  it.become('ready', 2)
  assert.equal(it.pick(), '2')
})

test('ejections do not count: there is nobody to compare with (A61)', () => {
  const it = rig({}, [1, 2])
  it.become('ready', 1)
  it.member(1).ejected = true
  it.cluster.healthChanged()
  assert.deepEqual([it.pick(), it.asked], ['1', [1]])
})

test('a policy that connects to all gives way without breaking the connection that is kept', () => {
  const it = new Rig()
  it.cluster.update(usable('c', [endpoint(1), endpoint(2)]))
  it.become('ready', 2)
  it.update([1, 2])
  assert.deepEqual([it.pick(), it.released], ['2', [1]])
})

test('a carrier that answers at once is heard', () => {
  const it = new Rig()
  const sync = it.carrier as { connect(endpoint: Endpoint): void }
  sync.connect = (each) => it.cluster.view('grpc').connectivityChanged(each, each.port === 3 ? 'ready' : 'failed')
  it.update([1, 2, 3])
  assert.equal(it.pick(), '3')
  it.become('idle', 3)
  assert.equal(it.pick(), '3')
})

test('a cluster that is let go ends its timers', () => {
  const it = rig({}, [1, 2])
  it.cluster.retire()
  assert.equal(it.clock.nextDue, undefined)
})
