import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import type { RequestHash } from '../hashing/request-hash.js'
import { XxHash64 } from '../hashing/xx-hash.js'
import type { JsonValue } from '../model/endpoint.js'
import type { MaglevPolicy, RingHashPolicy } from '../model/load-balancing.js'
import type { View } from '../model/view.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { balancerEnvironment, endpoint, pickContext, request } from '../testing/fixtures.js'
import type { WeightedEndpoint } from './balancer.js'
import { ConsistentHashBalancer } from './consistent-hash.js'

const RING: RingHashPolicy = {
  kind: 'ring-hash',
  minimumRingSize: 1024,
  maximumRingSize: 8_388_608,
  hashFunction: 'xx-hash',
  useHostname: false,
}
const MAGLEV: MaglevPolicy = { kind: 'maglev', tableSize: 65_537, useHostname: false }

function hosts(...weights: number[]): WeightedEndpoint[] {
  return weights.map((weight, index) => ({ endpoint: new Endpoint(endpoint(index + 1)), weight }))
}

function named(port: number, hashKey: JsonValue, hostname = ''): WeightedEndpoint {
  const config = { ...endpoint(port), hostname, metadata: { 'envoy.lb': { hash_key: hashKey } } }
  return { endpoint: new Endpoint(config), weight: 1 }
}

interface Parts {
  readonly view?: View
  readonly activeRequests?: number
}

function balancer(
  policy: RingHashPolicy | MaglevPolicy,
  members: readonly WeightedEndpoint[],
  { view = 'http', activeRequests = 0 }: Parts = {},
): ConsistentHashBalancer {
  const cluster = { activeRequests, observe: () => () => {} }
  const made = new ConsistentHashBalancer(policy, balancerEnvironment({ view, cluster }))
  made.update(members)
  return made
}

function hashOf(text: string): RequestHash {
  const { high, low } = new XxHash64().hash(text)
  return { high: high >>> 0, low: low >>> 0 }
}

const KEYS = Array.from({ length: 4000 }, (_, index) => `key-${index}`)

function pick(from: ConsistentHashBalancer, key: string, draw = 0): Endpoint {
  return from.pick(pickContext({ hash: () => hashOf(key) }), draw)!
}

function placement(from: ConsistentHashBalancer): Endpoint[] {
  return KEYS.map((key) => pick(from, key))
}

function moved(left: readonly Endpoint[], right: readonly Endpoint[]): number {
  return left.filter((picked, index) => picked.port !== right[index]!.port).length
}

for (const policy of [RING, MAGLEV]) {
  test(`${policy.kind} sends a hash to one endpoint, and nowhere without endpoints`, () => {
    const made = balancer(policy, hosts(1, 1, 1, 1))
    assert.deepEqual(placement(made), placement(made))
    assert.equal(balancer(policy, []).pick(pickContext(), 0), undefined)
  })

  test(`${policy.kind} shares by weight`, () => {
    const members = hosts(1, 2, 7)
    const picked = placement(balancer(policy, members))
    for (const { endpoint: member, weight } of members) {
      const share = picked.filter((one) => one === member).length / KEYS.length
      assert.ok(Math.abs(share - weight / 10) < 0.06, `${member.port}: ${share}`)
    }
  })

  test(`${policy.kind} moves little more than the share of an endpoint that leaves`, () => {
    const members = hosts(...Array.from({ length: 20 }, () => 1))
    const made = balancer(policy, members)
    const before = placement(made)
    const gone = before.filter((picked) => picked === members[7]!.endpoint).length
    made.update(members.filter((_, index) => index !== 7))
    const lost = moved(before, placement(made))
    assert.ok(lost >= gone && lost < gone * 2.5, `${lost} of ${KEYS.length} moved, ${gone} had to`)
  })

  test(`${policy.kind} places an endpoint by its hash key wherever it is, then by its host name when asked to`, () => {
    const first = placement(balancer(policy, [named(1, 'a'), named(2, 'b'), named(3, 'c')]))
    const elsewhere = placement(balancer(policy, [named(11, 'a'), named(12, 'b'), named(13, 'c')]))
    assert.deepEqual(
      first.map(({ port }) => port + 10),
      elsewhere.map(({ port }) => port),
    )
    const byName = { ...policy, useHostname: true }
    const one = placement(balancer(byName, [named(1, 7, 'a'), named(2, '', 'b'), named(3, null, 'c')]))
    assert.deepEqual(
      one.map(({ port }) => port),
      first.map(({ port }) => port),
    )
    const nameless = placement(balancer(byName, hosts(1, 1, 1)))
    assert.equal(new Set(nameless).size, 3, 'endpoints without a name go by their address')
  })

  test(`${policy.kind} goes on to another endpoint when one was tried`, () => {
    const made = balancer(policy, hosts(...Array.from({ length: 10 }, () => 1)))
    const others = KEYS.slice(0, 100).filter((key) => {
      const first = pick(made, key)
      return [1, 2, 3, 4, 5].some((draw) => pick(made, key, draw) !== first)
    })
    assert.ok(others.length > 95, `${others.length} of 100`)
  })

  test(`${policy.kind} sends requests without a hash anywhere`, () => {
    const members = hosts(1, 1, 1)
    const made = balancer(policy, members)
    const picked = Array.from({ length: 300 }, () => made.pick(pickContext(), 0))
    for (const { endpoint: member } of members) assert.ok(picked.filter((one) => one === member).length > 50)
  })

  test(`${policy.kind} hashes by its own policies where it has some`, () => {
    const made = balancer(
      { ...policy, hashPolicies: [{ kind: 'header', name: 'x', terminal: false }] },
      hosts(1, 1, 1, 1),
    )
    const call = { random: new SeededRandom(1), addResponseHeader: () => {} }
    const picks = (value: string): (Endpoint | undefined)[] => {
      const context = pickContext({ request: request({ headers: { x: value } }) })
      return Array.from({ length: 5 }, () =>
        made.pick({ ...context, hash: (own) => own!.hash(context.request, call) }, 0),
      )
    }
    assert.equal(new Set(picks('ann')).size, 1)
    assert.ok(new Set(['a', 'b', 'c', 'd', 'e', 'f'].flatMap(picks)).size > 1)
  })

  test(`${policy.kind} with bounded load passes an endpoint that has more than its share`, () => {
    const members = hosts(1, 1, 1, 1)
    const bounded = { ...policy, balanceFactor: 125 }
    const busy = pick(balancer(policy, members), 'key')
    busy.active = 20
    const made = balancer(bounded, members, { activeRequests: 20 })
    const other = pick(made, 'key')
    assert.notEqual(other, busy)
    for (let again = 0; again < 5; again++) assert.equal(pick(made, 'key'), other, 'to the same other one')
    busy.active = 0
    assert.equal(pick(made, 'key'), busy)
  })

  test(`${policy.kind} with bounded load takes the least loaded when all have too much`, () => {
    const members = hosts(1, 1, 1)
    for (const [index, { endpoint: member }] of members.entries()) member.active = 100 + index
    const made = balancer({ ...policy, balanceFactor: 100 }, members, { activeRequests: 3 })
    assert.equal(pick(made, 'any'), members[0]!.endpoint)
  })
}

test('Maglev does not mind the order in which endpoints are listed', () => {
  const members = hosts(1, 3, 1, 2)
  const before = placement(balancer(MAGLEV, members))
  assert.equal(moved(before, placement(balancer(MAGLEV, [...members].reverse()))), 0)
})

test('a ring grows with weights, up to its largest size', () => {
  const light = hosts(1, 999)
  const small = balancer({ ...RING, minimumRingSize: 10 }, light)
  assert.ok(
    placement(small).some((picked) => picked === light[0]!.endpoint),
    'the light endpoint has a place',
  )
  const capped = balancer({ ...RING, minimumRingSize: 1, maximumRingSize: 4 }, hosts(1, 1, 1, 1, 1, 1, 1, 1))
  assert.ok(new Set(placement(capped)).size <= 4)
})

test('gRPC has rings of 4096 places at most', () => {
  const members = hosts(...Array.from({ length: 10 }, () => 1))
  const large = { ...RING, minimumRingSize: 100_000 }
  const capped = placement(balancer(large, members, { view: 'grpc' }))
  assert.equal(
    moved(capped, placement(balancer({ ...RING, minimumRingSize: 4096, maximumRingSize: 4096 }, members))),
    0,
  )
  assert.notEqual(moved(capped, placement(balancer(large, members))), 0)
})
