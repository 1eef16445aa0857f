import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import { LocalCluster } from '../cluster/local-cluster.js'
import type { ClusterConfig, ResolvedCluster } from '../model/cluster.js'
import type { EndpointConfig, LocalityEndpoints } from '../model/endpoint.js'
import {
  DEFAULT_HOST_POLICY,
  DEFAULT_ZONE_AWARENESS,
  type HostPolicy,
  type ZoneAwareness,
} from '../model/host-policy.js'
import type { SubsetConfig } from '../model/subset-config.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, cluster as resolved, SUBSETS } from '../testing/fixtures.js'

const PICKS = 20_000

/** Numbers of endpoints by zone. */
type Zones = Readonly<Record<string, number>>

/** Endpoints of the zones, in one list of localities. */
function localities(zones: Zones, parts: Partial<LocalityEndpoints> = {}): LocalityEndpoints[] {
  let port = 1
  return Object.entries(zones).map(([zone, count]) => ({
    locality: { region: 'r', zone, subZone: '' },
    priority: 0,
    weight: 0,
    endpoints: Array.from({ length: count }, () => endpoint(port++)),
    ...parts,
  }))
}

function listed(
  name: string,
  list: readonly LocalityEndpoints[],
  config: Partial<ClusterConfig> = {},
): ResolvedCluster {
  return { ...resolved(name, [], config), endpoints: { localities: list, drops: [] } }
}

function aware(zoneAwareness: Partial<ZoneAwareness>, more: Partial<HostPolicy> = {}): Partial<ClusterConfig> {
  return {
    hosts: { ...DEFAULT_HOST_POLICY, ...more, zoneAwareness: { ...DEFAULT_ZONE_AWARENESS, ...zoneAwareness } },
  }
}

/** A cluster `called`, and the cluster `own` of whoever calls it from zone `a`. */
class Rig {
  readonly called: Cluster
  readonly own: Cluster

  constructor() {
    const environment = {
      carriers: [new FakeCarrier()],
      clock: new SimulatedClock(),
      random: new SeededRandom(11),
      local: new LocalCluster('own', { region: 'r', zone: 'a', subZone: '' }),
    }
    this.called = new Cluster('called', environment, () => {})
    this.own = new Cluster('own', environment, () => {})
  }

  /** Who calls, and who is called. */
  static of(callers: Zones, endpoints: Zones, config: Partial<ClusterConfig> = {}): Rig {
    const rig = new Rig()
    rig.own.update(listed('own', localities(callers)))
    rig.called.update(listed('called', localities(endpoints), config))
    return rig
  }

  /** Shares of requests by zone, in percent; of those that fail under their flag. */
  shares(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (let pick = 0; pick < PICKS; pick++) {
      const picked = this.called.pick(this.called.view('http'), pickContext({ hash: () => undefined }))
      const where = picked.kind === 'endpoint' ? picked.locality.zone : picked.kind === 'queued' ? '' : picked.flag
      counts[where] = (counts[where] ?? 0) + 1
    }
    return Object.fromEntries(Object.entries(counts).map(([zone, count]) => [zone, (count * 100) / PICKS]))
  }
}

/** Within four standard deviations of a share of so many dice. */
function near(found: Record<string, number>, expected: Record<string, number>): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort(), JSON.stringify(found))
  for (const [zone, share] of Object.entries(expected)) {
    const deviation = 100 * Math.sqrt(((share / 100) * (1 - share / 100)) / PICKS)
    assert.ok(Math.abs(found[zone]! - share) <= 4 * deviation, `${zone}: ${found[zone]} instead of ${share}`)
  }
}

/** What round robin over all gives is exact. */
const EVENLY = { a: 25, b: 25, c: 50 }
const ENDPOINTS = { a: 2, b: 2, c: 4 }

describe('zone-aware routing', () => {
  it('keeps every request in the own zone where that has its share of the endpoints', () => {
    near(Rig.of({ a: 2, b: 3, c: 5 }, { a: 2, b: 4, c: 2 }).shares(), { a: 100 })
    near(Rig.of({ a: 1, b: 1 }, { a: 3, b: 3 }).shares(), { a: 100 })
  })

  it('sends what is too much for the own zone where there is room, in proportion', () => {
    // Of 40 % of the callers 25 / 40 stay; zones b and c have 10 % and 5 % to spare.
    near(Rig.of({ a: 4, b: 4, c: 2 }, { a: 2, b: 4, c: 2 }).shares(), { a: 62.5, b: 25, c: 12.5 })
  })

  it('gives every endpoint as many requests as any other when callers of all zones do so', () => {
    const callers = { a: 5, b: 3, c: 2 }
    const endpoints = { a: 3, b: 3, c: 4 }
    // Callers of zones b and c have enough at home.
    const { a, c } = Rig.of(callers, endpoints).shares()
    near({ a: a! * 0.5, b: 30, c: 20 + c! * 0.5 }, { a: 30, b: 30, c: 40 })
  })

  it('sends everything elsewhere from a zone without endpoints, and from one whose endpoints are all ill', () => {
    near(Rig.of({ a: 1, b: 1, c: 2 }, { b: 6, c: 4 }).shares(), { b: 100 })
    const rig = Rig.of({ a: 2, b: 2 }, { a: 1, b: 6 })
    near(rig.shares(), { a: 28.57, b: 71.43 })
    rig.called.endpoints.get('10.0.0.1:1')!.ejected = true
    rig.called.healthChanged()
    near(rig.shares(), { b: 100 })
  })

  it('takes any zone where rounding leaves none with room', () => {
    // 3333 of 10,000 everywhere: nobody has more than it wants, and the own zone, without anybody, keeps none.
    const rig = Rig.of({ a: 3, b: 3, c: 3, d: 1 }, { b: 3, c: 3 })
    near(rig.shares(), { b: 50, c: 50 })
  })

  it('follows both clusters as their endpoints come, go and are found ill', () => {
    const rig = Rig.of({ a: 1, b: 3 }, { a: 3, b: 3 })
    near(rig.shares(), { a: 100 })
    rig.own.update(listed('own', localities({ a: 3, b: 1 })))
    near(rig.shares(), { a: 66.66, b: 33.34 })
    for (const each of rig.own.endpoints.values()) if (each.port < 3) each.ejected = true
    rig.own.healthChanged()
    near(rig.shares(), { a: 100 })
    rig.called.update(listed('called', localities({ a: 2, b: 6 })))
    near(rig.shares(), { a: 50, b: 50 })
  })

  it('counts weights where the cluster says so', () => {
    const rig = new Rig()
    rig.own.update(listed('own', localities({ a: 2, b: 2 })))
    const [a, b] = localities({ a: 3, b: 3 })
    const heavy = { ...b!, endpoints: b!.endpoints.map((each): EndpointConfig => ({ ...each, weight: 3 })) }
    rig.called.update(listed('called', [a!, heavy], aware({ basis: 'weight' })))
    near(rig.shares(), { a: 50, b: 50 })
    rig.called.update(listed('called', [a!, heavy], aware({})))
    near(rig.shares(), { a: 100 })
  })

  it('is thrown dice for where the cluster says so', () => {
    near(Rig.of({ a: 1, b: 1 }, { a: 4, b: 4 }, aware({ routingPercent: 30 })).shares(), { a: 30 + 35, b: 35 })
    near(Rig.of({ a: 1, b: 1 }, { a: 4, b: 4 }, aware({ routingPercent: 0 })).shares(), { a: 50, b: 50 })
  })

  it('keeps everything in the own zone where the cluster insists and enough endpoints are there', () => {
    const forced = aware({ forceLocalMinSize: 2 })
    near(Rig.of({ a: 9, b: 1 }, { a: 2, b: 6 }, forced).shares(), { a: 100 })
    near(Rig.of({ a: 9 }, { a: 2, b: 6 }, forced).shares(), { a: 100 })
    near(Rig.of({ a: 5, b: 5 }, { a: 1, b: 7 }, forced).shares(), { a: 25, b: 75 })
  })

  it('is done in subsets too', () => {
    const rig = new Rig()
    rig.own.update(listed('own', localities({ a: 1, b: 1 })))
    const staged = (stage: string, one: EndpointConfig): EndpointConfig => ({
      ...one,
      metadata: { 'envoy.lb': { stage } },
    })
    const zones = localities({ a: 4, b: 4 }).map((each) => ({
      ...each,
      endpoints: each.endpoints.map((one, index) => staged(index < 3 ? 'prod' : 'canary', one)),
    }))
    const subsets: SubsetConfig = {
      ...SUBSETS,
      selectors: [{ keys: ['stage'], singleHost: false, fallback: 'inherit', fallbackKeys: [] }],
      fallback: 'default',
      defaultSubset: { stage: 'prod' },
    }
    rig.called.update(listed('called', zones, aware({}, { subsets })))
    near(rig.shares(), { a: 100 })
  })

  const undone: readonly [string, Rig][] = [
    ['the own cluster is in one zone only', Rig.of({ a: 4 }, ENDPOINTS)],
    ['the own cluster has nobody in the own zone', Rig.of({ b: 4, c: 4 }, ENDPOINTS)],
    ['the own cluster is not known', Rig.of({}, ENDPOINTS)],
    ['there are fewer endpoints than it takes', Rig.of({ a: 1, b: 1, c: 1 }, ENDPOINTS, aware({ minClusterSize: 9 }))],
    [
      'requests are placed by hash',
      Rig.of({ a: 1, b: 9 }, ENDPOINTS, { loadBalancing: { kind: 'maglev', tableSize: 65_537, useHostname: false } }),
    ],
  ]
  for (const [why, rig] of undone) {
    it(`is not done where ${why}`, () => near(rig.shares(), EVENLY))
  }

  it('is not done for endpoints in one zone only', () => near(Rig.of({ a: 1, b: 1 }, { b: 8 }).shares(), { b: 100 }))

  it('is not done where localities have weights', () => {
    const rig = Rig.of({ a: 1, b: 9 }, {})
    const weighted = localities(ENDPOINTS, { weight: 5 })
    const config = { hosts: { ...DEFAULT_HOST_POLICY, localities: 'weighted' as const } }
    rig.called.update(listed('called', weighted, config))
    near(rig.shares(), { a: 33.33, b: 33.33, c: 33.33 })
    // Without a weight anywhere there is nothing to share by.
    rig.called.update(listed('called', localities(ENDPOINTS), config))
    near(rig.shares(), { a: 100 })
  })

  it('is not done for lower priorities', () => {
    const rig = Rig.of({ a: 1, b: 9 }, {})
    const ill = localities({ a: 6, b: 6 }).map((each) => ({
      ...each,
      endpoints: each.endpoints.map((one): EndpointConfig => ({ ...one, health: 'unhealthy' })),
    }))
    const second = localities({ c: 6, d: 6 }).map((each, index) => ({
      ...each,
      locality: { ...each.locality, zone: 'ab'[index]! },
      priority: 1,
      endpoints: each.endpoints.map((one) => endpoint(one.port + 100)),
    }))
    rig.called.update(listed('called', [...ill, ...second]))
    near(rig.shares(), { a: 50, b: 50 })
  })

  it('is not done while the own cluster panics, and fails requests then where the cluster says so', () => {
    const rig = Rig.of({ a: 1, b: 9 }, ENDPOINTS)
    for (const each of [...rig.own.endpoints.values()].slice(0, 6)) each.passesHealthChecks = false
    rig.own.healthChanged()
    near(rig.shares(), EVENLY)
    rig.called.update(listed('called', localities(ENDPOINTS), aware({ routingPercent: 40 }, { failOnPanic: true })))
    near(rig.shares(), { UH: 40, a: 15, b: 15, c: 30 })
  })

  it('ends with the cluster that is called', () => {
    let observers = 0
    const local = new LocalCluster('own', { region: 'r', zone: 'a', subZone: '' })
    const observe = local.observe.bind(local)
    local.observe = (changed) => {
      observers++
      const end = observe(changed)
      return () => {
        observers--
        end()
      }
    }
    const environment = {
      carriers: [new FakeCarrier()],
      clock: new SimulatedClock(),
      random: new SeededRandom(1),
      local,
    }
    const cluster = new Cluster('called', environment, () => {})
    assert.equal(observers, 1)
    cluster.retire()
    assert.equal(observers, 0)
  })
})
