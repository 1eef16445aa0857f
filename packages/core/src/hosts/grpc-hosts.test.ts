import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { Connectivity, Endpoint } from '../cluster/endpoint.js'
import { MeshError } from '../errors/mesh-error.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointConfig } from '../model/endpoint.js'
import { DEFAULT_HOST_POLICY } from '../model/host-policy.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, cluster as resolved } from '../testing/fixtures.js'

const MINUTE = 60_000

class Rig {
  readonly clock = new SimulatedClock()
  readonly carrier = new FakeCarrier('grpc', 'ahead')
  readonly cluster: Cluster
  readonly #random = new SeededRandom(7)

  constructor() {
    this.cluster = new Cluster('c', { carriers: [this.carrier], clock: this.clock, random: this.#random }, () => {})
  }

  /** Each locality as `priority, weight, ports...`, in the zone that its key says. */
  update(localities: Record<string, [priority: number, weight: number, ...ports: (number | EndpointConfig)[]]>): void {
    this.configure(localities, {})
  }

  configure(
    localities: Record<string, [priority: number, weight: number, ...ports: (number | EndpointConfig)[]]>,
    parts: Partial<ClusterConfig>,
  ): void {
    const made = resolved('c', [], parts)
    assert.ok(made.kind === 'resolved')
    const listed = Object.entries(localities).map(([zone, [priority, weight, ...ports]]) => ({
      locality: { region: '', zone, subZone: '' },
      priority,
      weight,
      endpoints: ports.map((port) => (typeof port === 'number' ? endpoint(port) : port)),
    }))
    this.cluster.update({ ...made, endpoints: { localities: listed, drops: [] } })
  }

  member(port: number): Endpoint {
    return this.cluster.endpoints.get(`10.0.0.1:${port}`)!
  }

  report(connectivity: Connectivity, ...ports: number[]): void {
    for (const port of ports) {
      this.cluster.view('grpc').connectivityChanged(this.member(port), connectivity, `${port} is down`)
    }
  }

  /** Ports that the carrier was asked to connect to since the last call. */
  asked(): number[] {
    return this.carrier.asked.splice(0).map(({ port }) => port)
  }

  pick(): number | string {
    const picked = this.cluster.pick(this.cluster.view('grpc'), pickContext())
    if (picked.kind === 'endpoint') return picked.port
    return picked.kind === 'local-reply' ? picked.flag : picked.kind
  }

  shares(picks = 6000): Record<string, number> {
    const counts: Record<string, number> = {}
    for (let pick = 0; pick < picks; pick++) {
      const port = String(this.pick())
      counts[port] = (counts[port] ?? 0) + 1
    }
    return Object.fromEntries(Object.entries(counts).map(([port, count]) => [port, Math.round((100 * count) / picks)]))
  }
}

function rig(): Rig {
  return new Rig()
}

test('a lower priority is connected to only when it is needed: ten seconds after the first began', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  assert.deepEqual(it.asked(), [1])
  assert.equal(it.pick(), 'queued')
  it.clock.advance(9_999)
  assert.deepEqual(it.asked(), [])
  let woken = 0
  it.cluster.view('grpc').whenPickable(() => woken++)
  it.clock.advance(1)
  assert.deepEqual([it.asked(), woken], [[2], 1])
  it.report('ready', 2)
  assert.equal(it.pick(), 2)
})

test('a priority that fails hands over at once, all or nothing', () => {
  const it = rig()
  it.update({ a: [0, 1, 1, 2], b: [1, 1, 3] })
  it.asked()
  it.report('failed', 1)
  assert.deepEqual(it.asked(), [], 'one of two may still connect')
  it.report('failed', 2)
  assert.deepEqual(it.asked(), [3])
  it.report('ready', 3)
  it.report('ready', 2)
  assert.deepEqual(it.shares(), { 2: 100 })
})

test('the timer is not started again by connecting after connecting, nor after a failure', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  it.asked()
  it.clock.advance(6000)
  it.report('connecting', 1)
  it.clock.advance(4000)
  assert.deepEqual(it.asked(), [2])
  it.report('failed', 1)
  it.report('connecting', 1)
  it.report('ready', 2)
  assert.equal(it.pick(), 2, 'a failure sticks')
})

test('a priority that was ready and connects again has ten seconds, too', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  it.report('ready', 1)
  it.asked()
  it.report('idle', 1)
  assert.deepEqual(it.asked(), [1], 'asked to connect again')
  assert.equal(it.pick(), 'queued')
  it.clock.advance(9_999)
  assert.deepEqual(it.asked(), [])
  it.clock.advance(1)
  assert.deepEqual(it.asked(), [2])
})

test('a lower priority stays connected for fifteen minutes after a higher one is back', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  it.report('failed', 1)
  it.report('ready', 2)
  it.report('ready', 1)
  it.asked()
  it.clock.advance(14 * MINUTE)
  it.report('failed', 1)
  assert.equal(it.pick(), 2, 'it takes over at once')
  it.report('ready', 1)
  it.clock.advance(15 * MINUTE - 1)
  assert.deepEqual(it.carrier.released, [])
  it.clock.advance(1)
  assert.deepEqual(
    it.carrier.released.map(({ port }) => port),
    [2],
  )
  it.report('failed', 1)
  assert.deepEqual(it.asked(), [2], 'made anew')
})

test('a priority that was removed is not kept (A115)', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  it.report('failed', 1)
  it.report('ready', 2)
  it.update({ a: [0, 1, 1] })
  assert.deepEqual(
    it.carrier.gone.map(({ port }) => port),
    [2],
  )
  assert.equal(it.pick(), 'UF')
  assert.equal(it.clock.nextDue, undefined)
})

test('a locality that moves to another priority keeps its connections and its turn', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  it.report('failed', 1)
  it.report('ready', 2)
  it.asked()
  it.update({ b: [0, 1, 2], c: [1, 1, 3] })
  assert.deepEqual([it.pick(), it.asked(), it.carrier.released], [2, [], []])
  it.update({ c: [0, 1, 3], b: [0, 1, 2] })
  assert.deepEqual([it.pick(), it.asked(), it.carrier.released], [2, [3], []])
})

test('localities share requests by weight, those with a ready endpoint only', () => {
  const it = rig()
  it.update({ a: [0, 3, 1], b: [0, 1, 2, 3] })
  it.report('ready', 2, 3)
  assert.deepEqual(it.shares(), { 2: 50, 3: 50 })
  it.report('ready', 1)
  assert.deepEqual(it.shares(), { 1: 75, 2: 13, 3: 13 })
  it.report('failed', 2, 3)
  assert.deepEqual(it.shares(), { 1: 100 })
})

test('weights of endpoints count for nothing, as gRPC has it; those of localities only within wrr_locality', () => {
  const it = rig()
  const localities = { a: [0, 9, endpoint(1, { weight: 5 })], b: [0, 1, 2, 3] } as const
  const hosts = { panicThreshold: 50, failOnPanic: false, localities: 'together', grpcLocalityWeights: false } as const
  it.configure({ a: [...localities.a], b: [...localities.b] }, { hosts })
  it.report('ready', 1, 2, 3)
  assert.deepEqual(it.shares(), { 1: 33, 2: 33, 3: 33 })
})

test('endpoints that are not healthy are never connected to, and a locality without weight does not exist', () => {
  const it = rig()
  it.update({
    a: [0, 1, endpoint(1, { health: 'draining' }), endpoint(2, { health: 'degraded' }), 3],
    b: [0, 0, 4],
  })
  assert.deepEqual(it.asked(), [3])
})

test('a cluster without any usable endpoint fails, at once', () => {
  const it = rig()
  it.update({ a: [0, 1, endpoint(1, { health: 'unhealthy' })] })
  assert.equal(it.pick(), 'UH')
  it.update({})
  assert.equal(it.pick(), 'UH')
})

test('an ejected endpoint counts as failed and keeps its connection (A50)', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  it.report('ready', 1)
  it.asked()
  it.member(1).ejected = true
  it.cluster.healthChanged()
  assert.deepEqual(it.asked(), [2])
  it.report('ready', 2)
  assert.deepEqual([it.pick(), it.carrier.released], [2, []])
  it.member(1).ejected = false
  it.cluster.healthChanged()
  assert.deepEqual([it.pick(), it.asked()], [1, []])
})

test('requests that wait for a cluster that is taken away fail', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  it.asked()
  let woken = 0
  it.cluster.view('grpc').whenPickable(() => woken++)
  it.cluster.update({ kind: 'failed', error: new MeshError('ERR_INMESH_RESOURCE_MISSING', 'cluster c is gone') })
  assert.deepEqual([woken, it.pick()], [1, 'NC'])
  it.clock.advance(20_000)
  assert.deepEqual(it.asked(), [])
})

test('drops are not thrown for a request that waits', () => {
  const it = rig()
  const made = resolved('c', [endpoint(1)], { drop: 1_000_000 })
  it.cluster.update(made)
  assert.equal(it.pick(), 'queued')
  it.report('ready', 1)
  assert.equal(it.pick(), 'DO')
})

const RING: Partial<ClusterConfig> = {
  loadBalancing: {
    kind: 'ring-hash',
    minimumRingSize: 1024,
    maximumRingSize: 4096,
    hashFunction: 'xx-hash',
    useHostname: false,
  },
}

test('a ring connects when a request falls to an endpoint, and is usable while it is idle', () => {
  const it = rig()
  it.configure({ a: [0, 1, 1, 2], b: [1, 1, 3] }, RING)
  assert.deepEqual(it.asked(), [])
  it.clock.advance(20_000)
  assert.deepEqual(it.asked(), [], 'no lower priority')
  const hash = { high: 1, low: 2 }
  const pick = () => it.cluster.pick(it.cluster.view('grpc'), pickContext({ hash: () => hash }))
  assert.equal(pick().kind, 'queued')
  const [first] = it.asked()
  it.report('ready', first!)
  for (let again = 0; again < 10; again++) {
    const picked = pick()
    assert.ok(picked.kind === 'endpoint' && picked.port === first)
  }
  it.report('failed', first!)
  assert.deepEqual(it.asked(), [3 - first!], 'one failed, so another is tried without a request')
  it.report('ready', 3 - first!)
  const picked = pick()
  assert.ok(picked.kind === 'endpoint' && picked.port === 3 - first!)
})

test('a ring fails over at the second failure', () => {
  const it = rig()
  it.configure({ a: [0, 1, 1, 2, 3], b: [1, 1, 4] }, RING)
  it.pick()
  const [first] = it.asked()
  it.report('failed', first!)
  const [second] = it.asked()
  it.report('failed', second!)
  assert.deepEqual(it.asked(), [6 - first! - second!], 'the last of the first priority is tried')
  assert.equal(it.pick(), 'queued')
  assert.deepEqual(it.asked(), [4], 'the request went to the next')
  it.report('ready', 4)
  assert.equal(it.pick(), 4)
})

test('a request without a hash goes to whoever is ready, and starts one connection at most (A76)', () => {
  const it = rig()
  it.configure({ a: [0, 1, 1, 2, 3, 4] }, RING)
  it.pick()
  const [first] = it.asked()
  it.report('ready', first!)
  for (let again = 0; again < 50; again++) assert.equal(it.pick(), first)
  const [second, ...more] = it.asked()
  assert.deepEqual(more, [], 'while one is being connected, no other is')
  it.report('ready', second!)
  assert.deepEqual(new Set(Array.from({ length: 50 }, () => it.pick())), new Set([first, second]))
})

test('another policy takes over the connections', () => {
  const it = rig()
  it.update({ a: [0, 1, 1, 2] })
  it.report('ready', 1, 2)
  it.asked()
  it.configure({ a: [0, 1, 1, 2] }, { loadBalancing: { kind: 'random' } })
  assert.deepEqual([it.asked(), it.carrier.released], [[], []])
  assert.deepEqual(Object.keys(it.shares()), ['1', '2'])
})

test('a cluster that is let go ends its timers', () => {
  const it = rig()
  it.update({ a: [0, 1, 1], b: [1, 1, 2] })
  it.cluster.retire()
  assert.equal(it.clock.nextDue, undefined)
})

test('a request that is pinned is connected to its endpoint, draining where the cluster lets it (A55)', () => {
  const it = rig()
  const draining = endpoint(2, { health: 'draining' })
  const hosts = { ...DEFAULT_HOST_POLICY, overrideStatuses: ['healthy', 'draining'] as const }
  it.configure({ a: [0, 1, 1, draining], b: [1, 1, 3] }, { hosts })
  it.report('ready', 1)
  it.asked()
  const to = (port: number): number | string => {
    const context = pickContext({ overrideHost: { key: `10.0.0.1:${port}`, strict: false } })
    const picked = it.cluster.pick(it.cluster.view('grpc'), context)
    return picked.kind === 'endpoint' ? picked.port : picked.kind
  }
  assert.deepEqual([to(2), it.asked(), to(2), it.asked()], ['queued', [2], 'queued', []])
  it.report('ready', 2)
  assert.deepEqual([to(2), to(9)], [2, 1])
  it.report('failed', 2)
  assert.equal(to(2), 1)
  assert.deepEqual(it.shares(), { 1: 100 })
})

test('of the statuses that sessions may have only healthy and draining count, as the control plane says it (A55)', () => {
  const it = rig()
  const hosts = { ...DEFAULT_HOST_POLICY, overrideStatuses: ['degraded', 'healthy'] as const }
  it.configure({ a: [0, 1, 1, endpoint(2, { health: 'degraded' }), 3] }, { hosts })
  it.report('ready', 1, 3)
  const to = (port: number): number | string => {
    const context = pickContext({ overrideHost: { key: `10.0.0.1:${port}`, strict: false } })
    const picked = it.cluster.pick(it.cluster.view('grpc'), context)
    return picked.kind === 'endpoint' ? picked.port : picked.kind
  }
  assert.notEqual(to(2), 'queued')
  // What active health checks found is for HTTP, what outlier detection found for both.
  it.member(3).passesHealthChecks = false
  assert.equal(to(3), 3)
  it.member(3).ejected = true
  it.cluster.healthChanged()
  assert.equal(to(3), 1)
})

test('of a random part only its endpoints are connected to, and it changes by one (A68)', () => {
  const it = rig()
  const policy = { loadBalancing: { kind: 'random-subsetting', size: 2, child: { kind: 'round-robin' } } } as const
  it.configure({ a: [0, 1, 1, 2, 3, 4, 5] }, policy)
  const [one, other] = it.asked()
  assert.deepEqual(it.asked(), [])
  it.report('ready', one!, other!)
  assert.deepEqual(it.shares(), { [one!]: 50, [other!]: 50 })
  const rest = [1, 2, 3, 4, 5].filter((port) => port !== one)
  it.configure({ a: [0, 1, ...rest] }, policy)
  const [third] = it.asked()
  assert.equal(it.pick(), other)
  it.report('ready', third!)
  assert.deepEqual(it.shares(), { [other!]: 50, [third!]: 50 })
  // Back again: the one that took its place is let go.
  it.configure({ a: [0, 1, 1, 2, 3, 4, 5] }, policy)
  assert.deepEqual([it.asked(), it.carrier.released.map(({ port }) => port)], [[one], [third]])
})
