import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import type { EndpointHealth } from '../model/endpoint.js'
import { endpoint } from '../testing/fixtures.js'
import { hostSet } from './host-set.js'
import { type HealthMeasure, type PriorityHealth, priorityHealth, priorityLoads, retryLoads } from './priority-load.js'

const MEASURE: HealthMeasure = { overprovisioningFactor: 140, weightedHealth: false }
const PANIC = 50
const NO_PANIC = 0

/** A priority of 100 endpoints, so many of them healthy and degraded. */
function level(healthy: number, degraded = 0, count = 100, measure = MEASURE): PriorityHealth {
  const members = Array.from({ length: count }, (_, index) => {
    const health: EndpointHealth = index < healthy ? 'healthy' : index < healthy + degraded ? 'degraded' : 'unhealthy'
    return { endpoint: new Endpoint(endpoint(index, { health })), weight: 1 }
  })
  const locality = { region: '', zone: '', subZone: '' }
  return priorityHealth(hostSet([{ key: '', locality, weight: 1, members }]), measure)
}

test('a priority takes what its health allows, times 1.4, and the next the rest', () => {
  // The tables of Envoy's page "Priority levels".
  const rows: [healthy: number[], load: number[]][] = [
    [
      [100, 100, 100],
      [100, 0, 0],
    ],
    [
      [72, 72, 100],
      [100, 0, 0],
    ],
    [
      [71, 71, 100],
      [99, 1, 0],
    ],
    [
      [50, 50, 100],
      [70, 30, 0],
    ],
    [
      [25, 100, 100],
      [35, 65, 0],
    ],
    [
      [25, 25, 100],
      [35, 35, 30],
    ],
    [
      [0, 100, 100],
      [0, 100, 0],
    ],
  ]
  for (const [healthy, load] of rows) {
    const { healthy: found, panic } = priorityLoads(
      healthy.map((count) => level(count)),
      PANIC,
    )
    assert.deepEqual([found, panic], [load, [false, false, false]], String(healthy))
  }
})

test('what all priorities have together is scaled up to everything', () => {
  const { healthy } = priorityLoads([level(25), level(25), level(20)], NO_PANIC)
  // 35, 35 and 28 of 98; rounding favours the first.
  assert.deepEqual(healthy, [37, 35, 28])
})

test('another factor overflows sooner or later', () => {
  const load = (overprovisioningFactor: number) =>
    priorityLoads(
      [60, 100].map((healthy) => level(healthy, 0, 100, { ...MEASURE, overprovisioningFactor })),
      PANIC,
    ).healthy
  assert.deepEqual(
    [load(100), load(140), load(200)],
    [
      [60, 40],
      [84, 16],
      [100, 0],
    ],
  )
})

test('degraded endpoints take what healthy ones of all priorities leave', () => {
  const loads = priorityLoads([level(40, 40), level(10, 50)], PANIC)
  assert.deepEqual(
    [loads.healthy, loads.degraded],
    [
      [56, 14],
      [30, 0],
    ],
  )
  assert.deepEqual(priorityLoads([level(0, 100)], PANIC).degraded, [100])
})

test('health is counted in weights where the assignment says so', () => {
  const set = hostSet([
    {
      key: '',
      locality: { region: '', zone: '', subZone: '' },
      weight: 1,
      members: [
        { endpoint: new Endpoint(endpoint(1)), weight: 1 },
        { endpoint: new Endpoint(endpoint(2, { health: 'unhealthy' })), weight: 9 },
      ],
    },
  ])
  const load = (weightedHealth: boolean) =>
    priorityLoads([priorityHealth(set, { ...MEASURE, weightedHealth }), level(100)], NO_PANIC).healthy
  assert.deepEqual(
    [load(false), load(true)],
    [
      [70, 30],
      [14, 86],
    ],
  )
})

test('a priority below the threshold panics only while all together cannot take the requests', () => {
  const panic = (...healthy: number[]) =>
    priorityLoads(
      healthy.map((count) => level(count)),
      PANIC,
    ).panic
  assert.deepEqual(panic(5, 100), [false, false])
  assert.deepEqual(panic(5, 65), [true, false])
  assert.deepEqual(panic(60), [false])
  assert.deepEqual(panic(49), [true])
  assert.deepEqual(priorityLoads([level(25, 25)], PANIC).panic, [false], 'degraded endpoints count as available')
})

test('when every priority panics each takes its share of the endpoints', () => {
  const loads = priorityLoads([level(10, 0, 50), level(10, 20, 100)], PANIC)
  assert.deepEqual(
    [loads.healthy, loads.degraded, loads.panic],
    [
      [34, 66],
      [0, 0],
      [true, true],
    ],
  )
})

test('without panic and without health the first priority takes the requests, and fails them', () => {
  assert.deepEqual(priorityLoads([level(0), level(0)], NO_PANIC), {
    healthy: [100, 0],
    degraded: [0, 0],
    panic: [false, false],
  })
  assert.deepEqual(priorityLoads([], PANIC), { healthy: [], degraded: [], panic: [] })
})

test('a retry avoids priorities as long as others have something', () => {
  const sets = [level(100), level(50), level(10)]
  const first = priorityLoads(sets, PANIC)
  const retry = (...avoided: number[]) => retryLoads(sets, first, (priority) => avoided.includes(priority)).healthy
  assert.deepEqual(
    [retry(0), retry(0, 1), retry(0, 1, 2)],
    [
      [0, 84, 16],
      [0, 0, 100],
      [100, 0, 0],
    ],
  )
})
