import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { EndpointConfig, EndpointHealth } from '../model/endpoint.js'
import { DEFAULT_HOST_POLICY } from '../model/host-policy.js'
import type { SubsetConfig, SubsetMetadata, SubsetSelector } from '../model/subset-config.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, cluster as resolved, SUBSETS } from '../testing/fixtures.js'
import { subsetMatch } from './subset-match.js'

function selector(keys: readonly string[], parts: Partial<SubsetSelector> = {}): SubsetSelector {
  return { keys, singleHost: false, fallback: 'inherit', fallbackKeys: [], ...parts }
}

function member(port: number, metadata: SubsetMetadata, health: EndpointHealth = 'healthy'): EndpointConfig {
  return endpoint(port, { health, metadata: { 'envoy.lb': metadata } })
}

const MEMBERS: readonly EndpointConfig[] = [
  member(1, { version: '1', stage: 'prod' }),
  member(2, { version: '1', stage: 'dev' }),
  member(3, { version: '2', stage: 'prod' }),
  member(4, { version: ['2', '3'], stage: 'dev' }),
  endpoint(5),
]

function rig(parts: Partial<SubsetConfig>, priorities: readonly (readonly EndpointConfig[])[] = [MEMBERS]) {
  const cluster = new Cluster(
    'c',
    { carriers: [new FakeCarrier()], clock: new SimulatedClock(), random: new SeededRandom(1) },
    () => {},
  )
  const subsets: SubsetConfig = {
    ...SUBSETS,
    selectors: [selector(['version']), selector(['stage', 'version'])],
    ...parts,
  }
  const update = (members: readonly (readonly EndpointConfig[])[]): void =>
    cluster.update(resolved('c', [], { priorities: members, hosts: { ...DEFAULT_HOST_POLICY, subsets } }))
  update(priorities)
  /** Ports that requests go to which ask for some metadata. */
  const ports = (asked?: SubsetMetadata): number[] => {
    const subset = subsetMatch(asked)
    const found = new Set<number>()
    for (let pick = 0; pick < 40; pick++) {
      const picked = cluster.pick(cluster.view('http'), pickContext({ subset }))
      if (picked.kind === 'endpoint') found.add(picked.port)
    }
    return [...found].sort()
  }
  return { cluster, ports, update }
}

test('requests go to the endpoints that have what their route asks for', () => {
  const { ports } = rig({})
  assert.deepEqual(ports({ version: '1' }), [1, 2])
  assert.deepEqual(ports({ version: '1', stage: 'dev' }), [2])
  assert.deepEqual(ports({ version: '9' }), [])
})

test('the names of a selector must be met exactly', () => {
  const { ports } = rig({})
  assert.deepEqual(ports({ stage: 'prod' }), [])
  assert.deepEqual(ports({ version: '1', colour: 'blue' }), [])
  assert.deepEqual(rig({ allowRedundantKeys: true }).ports({ version: '1', colour: 'blue' }), [1, 2])
})

test('without a subset requests go nowhere, to any endpoint, or to the default subset', () => {
  for (const asked of [undefined, { version: '9' }]) {
    assert.deepEqual(rig({}).ports(asked), [])
    assert.deepEqual(rig({ fallback: 'any' }).ports(asked), [1, 2, 3, 4, 5])
    assert.deepEqual(rig({ fallback: 'default', defaultSubset: { stage: 'prod' } }).ports(asked), [1, 3])
  }
  assert.deepEqual(rig({ fallback: 'default' }).ports(), [1, 2, 3, 4, 5], 'an empty default subset is everything')
})

test('a selector may have its own fallback', () => {
  const one = (parts: Partial<SubsetSelector>, more: Partial<SubsetConfig> = {}) =>
    rig({ selectors: [selector(['stage', 'version'], parts), selector(['stage'])], fallback: 'any', ...more })
  const asked = { stage: 'prod', version: '9' }
  assert.deepEqual(one({}).ports(asked), [1, 2, 3, 4, 5])
  assert.deepEqual(one({ fallback: 'none' }).ports(asked), [])
  assert.deepEqual(one({ fallback: 'default' }, { defaultSubset: { version: '2' } }).ports(asked), [3])
  assert.deepEqual(one({ fallback: 'keys', fallbackKeys: ['stage'] }).ports(asked), [1, 3])
})

test('a list stands for its elements where the cluster says so', () => {
  assert.deepEqual(rig({}).ports({ version: '3' }), [])
  const { ports } = rig({ listAsAny: true, fallback: 'default', defaultSubset: { version: '3' } })
  assert.deepEqual([ports({ version: '3' }), ports({ version: '2' }), ports()], [[4], [3, 4], [4]])
})

test('replacements are tried in order until one has an endpoint', () => {
  const asked = { stage: 'prod', fallback_list: [{ version: '9' }, { version: '2' }, { version: '1' }] }
  assert.deepEqual(rig({ fallbackList: true }).ports(asked), [3])
})

test('a subset has its own panic and its own priorities', () => {
  const { ports } = rig({ selectors: [selector(['version'])] }, [
    [member(1, { version: '1' }, 'unhealthy'), member(2, { version: '2' }), member(3, { version: '2' })],
    [member(4, { version: '1' })],
  ])
  assert.deepEqual(ports({ version: '1' }), [4])
  const alone = rig({ selectors: [selector(['version'])] }, [[member(1, { version: '1' }, 'unhealthy'), member(2, {})]])
  assert.deepEqual(alone.ports({ version: '1' }), [1])
})

test('where the fallback has nobody any endpoint may serve', () => {
  const parts = { fallback: 'default', defaultSubset: { version: '9' } } as const
  assert.deepEqual(rig(parts).ports(), [])
  assert.deepEqual(rig({ ...parts, panicModeAny: true }).ports(), [1, 2, 3, 4, 5])
})

test('a subset of a single endpoint is the first that has its values, whatever its health', () => {
  const { ports } = rig({ selectors: [selector(['id'], { singleHost: true })] }, [
    [member(1, { id: 'a' }, 'unhealthy'), member(2, { id: 'b' }), member(3, { id: 'b' })],
  ])
  assert.deepEqual([ports({ id: 'a' }), ports({ id: 'b' })], [[1], [2]])
})

test('subsets follow changed metadata and health', () => {
  const { ports, update, cluster } = rig({ selectors: [selector(['version'])] })
  assert.deepEqual(ports({ version: '2' }), [3])
  update([[member(1, { version: '2' }), member(3, { version: '2' })]])
  assert.deepEqual([ports({ version: '2' }), ports({ version: '1' })], [[1, 3], []])
  cluster.endpoints.get('10.0.0.1:1')!.ejected = true
  cluster.healthChanged()
  assert.deepEqual(ports({ version: '2' }), [3])
})

test('what a weighted cluster asks replaces what its route asks under the same name', () => {
  assert.deepEqual(subsetMatch({ a: '1', b: '2' }, { b: '3' })?.criteria, [
    ['a', '1'],
    ['b', '3'],
  ])
  assert.equal(subsetMatch({ b: { y: 1, x: 2 }, a: 1 })?.key, subsetMatch({ a: 1, b: { x: 2, y: 1 } })?.key)
  assert.equal(subsetMatch(undefined, {}), undefined)
})
