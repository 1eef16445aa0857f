import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { endpoint } from '../testing/fixtures.js'
import type { WeightedEndpoint } from './balancer.js'
import { EdfSchedule } from './edf-schedule.js'

const one = (): number => 1
const loaded = ({ active }: Endpoint): number => active + 1

function hosts(count: number, weight: (index: number) => number): WeightedEndpoint[] {
  return Array.from({ length: count }, (_, index) => ({
    endpoint: new Endpoint(endpoint(index)),
    weight: weight(index),
  }))
}

/** The rule as it is written: of all that is due first, what was served longest ago; then it is due a turn later. */
class Reference {
  readonly #entries: { readonly host: WeightedEndpoint; due: number; served: number }[]
  #turn: number
  #now = 0

  constructor(members: readonly WeightedEndpoint[], random: SeededRandom, previous?: Reference) {
    this.#turn = members.length
    this.#entries = members.map((host, index) => {
      return { host, due: (previous?.wait(host.endpoint) ?? random.next()) / host.weight, served: index }
    })
  }

  wait(endpoint: Endpoint): number | undefined {
    const entry = this.#entries.find(({ host }) => host.endpoint === endpoint)
    return entry && (entry.due - this.#now) * entry.host.weight
  }

  next(load: (endpoint: Endpoint) => number): Endpoint {
    const first = this.#entries.reduce((least, entry) =>
      entry.due < least.due || (entry.due === least.due && entry.served < least.served) ? entry : least,
    )
    this.#now = first.due
    first.due += load(first.host.endpoint) / first.host.weight
    first.served = this.#turn++
    return first.host.endpoint
  }
}

const weights: Readonly<Record<string, (index: number) => number>> = {
  'a few weights': (index) => 1 + (index % 7),
  'no two weights alike': (index) => 1 + index,
  'one that outweighs all': (index) => (index === 0 ? 1e6 : 1),
  'equal weights': () => 3,
}

for (const [what, weight] of Object.entries(weights)) {
  test(`${what}: whoever is due first comes up, in a round of plain turns`, () => {
    const members = hosts(40, weight)
    const schedule = new EdfSchedule(members, new SeededRandom(1))
    const reference = new Reference(members, new SeededRandom(1))
    for (let pick = 0; pick < 4000; pick++) assert.equal(schedule.next(one), reference.next(one), `pick ${pick}`)
  })

  test(`${what}: the same while loads and lists change`, () => {
    const random = new SeededRandom(7)
    const all = hosts(30, weight)
    let members = all
    let schedule = new EdfSchedule(members, new SeededRandom(1))
    let reference = new Reference(members, new SeededRandom(1))
    const inFlight: Endpoint[] = []
    for (let pick = 0; pick < 4000; pick++) {
      const picked = schedule.next(loaded)!
      assert.equal(picked, reference.next(loaded), `pick ${pick}`)
      picked.active++
      inFlight.push(picked)
      if (random.next() < 0.5 || inFlight.length > 60) inFlight.splice(random.below(inFlight.length), 1)[0]!.active--
      if (pick % 100 !== 99) continue
      const factor = 1 + random.below(3)
      members = all
        .filter(() => random.next() < 0.8)
        .map((host, index) => (index % 5 === 0 ? { ...host, weight: host.weight * factor } : host))
      const seed = random.below(1000)
      schedule = new EdfSchedule(members, new SeededRandom(seed), schedule)
      reference = new Reference(members, new SeededRandom(seed), reference)
    }
  })
}

test('endpoints that are due at once come up in turn', () => {
  const members = hosts(3, (index) => 1 + (index === 2 ? 1 : 0))
  const atOnce = new SeededRandom(1)
  atOnce.next = () => 0
  const schedule = new EdfSchedule(members, atOnce)
  const ports = Array.from({ length: 8 }, () => schedule.next(one)!.port)
  assert.deepEqual(ports, [0, 1, 2, 2, 0, 1, 2, 2])
})

test('a load that is never the same twice leaves no line behind for each', () => {
  const members = hosts(2, (index) => 1 + index)
  const schedule = new EdfSchedule(members, new SeededRandom(1))
  let load = 1
  for (let pick = 0; pick < 10_000; pick++) schedule.next(() => ++load)
  assert.ok(schedule.lines <= 2 * members.length + 64, String(schedule.lines))
})

test('a list without endpoints gives none', () => {
  assert.equal(new EdfSchedule([], new SeededRandom(1)).next(one), undefined)
})
