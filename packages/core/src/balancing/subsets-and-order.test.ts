import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { balancerEnvironment, endpoint, pickContext } from '../testing/fixtures.js'
import type { WeightedEndpoint } from './balancer.js'
import { createBalancer } from './create-balancer.js'
import { EdfSchedule } from './edf-schedule.js'

function hosts(count: number, weight: (index: number) => number = () => 1): WeightedEndpoint[] {
  return Array.from({ length: count }, (_, index) => ({
    endpoint: new Endpoint(endpoint(index)),
    weight: weight(index),
  }))
}

function subset(members: readonly WeightedEndpoint[], size: number, seed = 1) {
  const policy = { kind: 'random-subsetting', size, child: { kind: 'round-robin' } } as const
  const balancer = createBalancer(policy, balancerEnvironment({ random: new SeededRandom(seed) }))
  balancer.update(members)
  return {
    update: (next: readonly WeightedEndpoint[]) => balancer.update(next),
    ports: () => new Set(Array.from({ length: 4 * size }, () => balancer.pick(pickContext(), 0)!.port)),
  }
}

test('a subset has its size, or all endpoints where there are fewer', () => {
  assert.equal(subset(hosts(100), 10).ports().size, 10)
  assert.equal(subset(hosts(5), 10).ports().size, 5)
})

test('another client has another subset, and together they cover all endpoints evenly', () => {
  const members = hosts(20)
  const counts = new Map<number, number>()
  for (let seed = 0; seed < 400; seed++) {
    for (const port of subset(members, 5, seed).ports()) counts.set(port, (counts.get(port) ?? 0) + 1)
  }
  assert.equal(counts.size, 20)
  for (const count of counts.values()) assert.ok(count > 60 && count < 140, `${count} of 100`)
})

test('an endpoint that leaves changes a subset by one at most, and its order not at all', () => {
  const members = hosts(50)
  const part = subset(members, 10)
  const before = part.ports()
  for (const gone of members) {
    part.update(members.filter((member) => member !== gone))
    const after = part.ports()
    assert.equal([...before].filter((port) => !after.has(port)).length, before.has(gone.endpoint.port) ? 1 : 0)
  }
  part.update([...members].reverse())
  assert.deepEqual(part.ports(), before)
})

test('pick first stays with one endpoint, and a retry goes on to the next', () => {
  const members = hosts(3)
  const made = createBalancer({ kind: 'pick-first', shuffle: false }, balancerEnvironment())
  made.update(members)
  const ports = [0, 0, 1, 2, 3].map((draw) => made.pick(pickContext(), draw)!.port)
  assert.deepEqual(ports, [0, 0, 1, 2, 2])
  made.update([members[2]!, members[0]!])
  assert.equal(made.pick(pickContext(), 0), members[0]!.endpoint, 'who is connected stays')
  made.update([members[2]!])
  assert.equal(made.pick(pickContext(), 0), members[2]!.endpoint)
  made.update([])
  assert.equal(made.pick(pickContext(), 0), undefined)
})

test('pick first shuffles by weight', () => {
  const members = hosts(3, (index) => [1, 2, 7][index]!)
  const counts = [0, 0, 0]
  for (let seed = 0; seed < 3000; seed++) {
    const made = createBalancer(
      { kind: 'pick-first', shuffle: true },
      balancerEnvironment({ random: new SeededRandom(seed) }),
    )
    made.update(members)
    counts[made.pick(pickContext(), 0)!.port]!++
  }
  for (const [index, expected] of [300, 600, 2100].entries()) {
    assert.ok(Math.abs(counts[index]! - expected) < 120, String(counts))
  }
})

test('a change of one weight does not restart the round of the others', () => {
  const random = new SeededRandom(3)
  const members = hosts(4, (index) => 1 + index)
  const one = (): number => 1
  let schedule = new EdfSchedule(members, random)
  const counts = new Map<Endpoint | undefined, number>()
  // Re-made after every pick: schedules that began anew each time would favour whoever the dice favour, not who weighs more.
  for (let pick = 0; pick < 10_000; pick++) {
    const picked = schedule.next(one)
    counts.set(picked, (counts.get(picked) ?? 0) + 1)
    const changed = members.map((member, index) => (index === 0 ? { ...member, weight: 1 + (pick % 2) / 100 } : member))
    schedule = new EdfSchedule(changed, random, schedule)
  }
  for (const { endpoint: member, weight } of members) {
    assert.ok(Math.abs(counts.get(member)! - weight * 1000) < 20, `${member.port}: ${counts.get(member)}`)
  }
})
