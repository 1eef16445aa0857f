import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { EndpointConfig } from '../model/endpoint.js'
import type { HealthCheckConfig } from '../model/health-check.js'
import { DEFAULT_HOST_POLICY } from '../model/host-policy.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import {
  endpoint,
  FakeCarrier,
  HEALTH_CHECK,
  OUTLIER_DETECTION,
  pickContext,
  request,
  cluster as resolved,
} from '../testing/fixtures.js'
import type { CheckResult, HealthProbe, HealthProber, ProbeTarget } from './health-prober.js'

/** A prober whose answers come when the test gives them. */
class FakeProber implements HealthProber {
  readonly targets: ProbeTarget[] = []
  /** Checks that wait for their answer, by port. */
  readonly running = new Map<number, (result: CheckResult) => void>()

  probe(target: ProbeTarget): HealthProbe {
    this.targets.push(target)
    return {
      check: (done) => this.running.set(target.port, done),
      stop: () => this.running.delete(target.port),
    }
  }
}

class Bed {
  readonly clock = new SimulatedClock()
  readonly prober = new FakeProber()
  readonly cluster: Cluster

  constructor() {
    const carriers = [new FakeCarrier('http'), new FakeCarrier('grpc')]
    const { clock, prober } = this
    this.cluster = new Cluster('c', { carriers, clock, random: new SeededRandom(3), prober }, () => {})
  }

  configure(endpoints: readonly EndpointConfig[], check: Partial<HealthCheckConfig> | null = {}, more = {}): void {
    const healthCheck = check && { ...HEALTH_CHECK, ...check }
    this.cluster.update(resolved('c', endpoints, { ...(healthCheck && { healthCheck }), ...more }))
  }

  answer(port: number, result: CheckResult): void {
    const done = this.prober.running.get(port)
    assert.ok(done !== undefined, `no check of ${port} is running`)
    this.prober.running.delete(port)
    done(result)
    this.clock.advance(0)
  }

  /** Lets an endpoint answer some checks. */
  answers(port: number, ...results: readonly CheckResult[]): void {
    for (const result of results) {
      if (!this.prober.running.has(port)) this.clock.advance(HEALTH_CHECK.intervalMs)
      this.answer(port, result)
    }
  }

  get passing(): number[] {
    return [...this.cluster.endpoints.values()].filter((one) => one.passesHealthChecks).map(({ port }) => port)
  }

  pick(view: 'http' | 'grpc' = 'http'): string {
    const { cluster } = this
    return cluster.pick(cluster.view(view), pickContext({ request: request({ view }) })).kind
  }
}

describe('the first check', () => {
  it('decides of each endpoint, and requests wait for it', () => {
    const bed = new Bed()
    bed.configure([endpoint(1), endpoint(2)])
    assert.deepEqual([bed.pick(), bed.passing], ['queued', []])
    let pickable = false
    bed.cluster.view('http').whenPickable(() => {
      pickable = true
    })
    bed.answer(1, 'healthy')
    assert.deepEqual([bed.pick(), pickable], ['queued', true])
    bed.answer(2, 'unreachable')
    assert.deepEqual([bed.pick(), bed.passing], ['endpoint', [1]])
  })

  it('is waited for no longer than a check may take', () => {
    const bed = new Bed()
    bed.configure([endpoint(1)])
    bed.clock.advance(HEALTH_CHECK.timeoutMs)
    assert.notEqual(bed.pick(), 'queued')
    assert.deepEqual(bed.passing, [])
  })

  it('is no affair of gRPC calls, nor is any later one', () => {
    const bed = new Bed()
    bed.configure([endpoint(1)])
    assert.equal(bed.pick('grpc'), 'endpoint')
    bed.answer(1, 'failed')
    assert.equal(bed.pick('grpc'), 'endpoint')
  })

  it('brings in an endpoint that is listed later, and no request waits for it', () => {
    const bed = new Bed()
    bed.configure([endpoint(1)])
    bed.answer(1, 'healthy')
    bed.configure([endpoint(1), endpoint(2)])
    assert.deepEqual([bed.pick(), bed.passing], ['endpoint', [1]])
    bed.answer(2, 'healthy')
    assert.deepEqual(bed.passing, [1, 2])
  })

  it('takes nobody out before it, of a cluster that was in service without checks', () => {
    const bed = new Bed()
    bed.configure([endpoint(1), endpoint(2)], null)
    bed.configure([endpoint(1), endpoint(2)])
    assert.deepEqual([bed.pick(), bed.passing], ['endpoint', [1, 2]])
    bed.answer(1, 'unreachable')
    assert.deepEqual(bed.passing, [2])
  })
})

describe('thresholds', () => {
  function served(): Bed {
    const bed = new Bed()
    bed.configure([endpoint(1), { ...endpoint(2), healthCheck: { disabled: true } }])
    bed.answer(1, 'healthy')
    bed.cluster.attemptStarted(bed.cluster.endpoints.get('10.0.0.1:1')!)
    return bed
  }

  it('take failures in a row to make an endpoint ill', () => {
    const bed = served()
    bed.clock.advance(HEALTH_CHECK.noTrafficIntervalMs)
    bed.answers(1, 'unreachable', 'retriable', 'healthy', 'unreachable', 'unreachable')
    assert.deepEqual(bed.passing, [1, 2])
    bed.answers(1, 'retriable')
    assert.deepEqual(bed.passing, [2])
  })

  it('do not protect an endpoint that gives a wrong answer', () => {
    const bed = served()
    bed.clock.advance(HEALTH_CHECK.noTrafficIntervalMs)
    bed.answers(1, 'failed')
    assert.deepEqual(bed.passing, [2])
  })

  it('take successes in a row to make it well again', () => {
    const bed = served()
    bed.clock.advance(HEALTH_CHECK.noTrafficIntervalMs)
    bed.answers(1, 'failed', 'healthy', 'unreachable', 'healthy')
    assert.deepEqual(bed.passing, [2])
    const before = bed.clock.now()
    bed.answers(1, 'healthy')
    assert.deepEqual(bed.passing, [1, 2])
    assert.ok(bed.cluster.endpoints.get('10.0.0.1:1')!.inServiceSince! >= before)
  })
})

describe('intervals', () => {
  const config = {
    intervalMs: 1000,
    unhealthyIntervalMs: 200,
    unhealthyEdgeIntervalMs: 30,
    healthyEdgeIntervalMs: 4,
    noTrafficIntervalMs: 60_000,
    noTrafficHealthyIntervalMs: 90_000,
  }

  /** Milliseconds until the next check. */
  function pause(bed: Bed): number {
    const from = bed.clock.now()
    while (!bed.prober.running.has(1)) bed.clock.advanceTo(bed.clock.nextDue!)
    return bed.clock.now() - from
  }

  it('are long while there is no traffic', () => {
    const bed = new Bed()
    bed.configure([endpoint(1)], config)
    bed.answer(1, 'healthy')
    assert.equal(pause(bed), 90_000)
    bed.answer(1, 'failed')
    assert.equal(pause(bed), 60_000)
  })

  it('are short at the edges of health', () => {
    const bed = new Bed()
    bed.configure([endpoint(1)], config)
    bed.cluster.attemptStarted(bed.cluster.endpoints.get('10.0.0.1:1')!)
    const pauses: number[] = []
    for (const result of [
      'healthy',
      'unreachable',
      'unreachable',
      'unreachable',
      'unreachable',
      'healthy',
      'healthy',
    ] as const) {
      bed.answer(1, result)
      pauses.push(pause(bed))
    }
    assert.deepEqual(pauses, [1000, 30, 30, 200, 200, 4, 1000])
  })

  it('are lengthened by dice, the first one too', () => {
    const bed = new Bed()
    bed.configure([endpoint(1)], { ...config, initialJitterMs: 500, intervalJitterMs: 100, intervalJitterPercent: 10 })
    const first = pause(bed)
    assert.ok(first > 0 && first < 500, String(first))
    bed.cluster.attemptStarted(bed.cluster.endpoints.get('10.0.0.1:1')!)
    bed.answer(1, 'healthy')
    const second = pause(bed)
    assert.ok(second > 1000 && second < 1200, String(second))
  })
})

describe('a checked endpoint', () => {
  it('is spared when it says that it is degraded', () => {
    const bed = new Bed()
    bed.configure([endpoint(1)])
    bed.answer(1, 'degraded')
    assert.equal(bed.cluster.endpoints.get('10.0.0.1:1')!.health, 'degraded')
    bed.answers(1, 'healthy')
    assert.equal(bed.cluster.endpoints.get('10.0.0.1:1')!.health, 'healthy')
  })

  it('can take itself out of service in a response', () => {
    const bed = new Bed()
    bed.configure([endpoint(1), endpoint(2)])
    bed.answer(1, 'healthy')
    bed.answer(2, 'healthy')
    bed.cluster.failedHealthCheck(bed.cluster.endpoints.get('10.0.0.1:1')!)
    assert.deepEqual([bed.passing, bed.cluster.healthCheckStatistics!.passiveFailure], [[2], 1])
  })

  it('is asked at a port and by a name of its own', () => {
    const bed = new Bed()
    const own = { ...endpoint(1), healthCheck: { port: 9000, hostname: 'health.local' } }
    bed.configure([own, endpoint(2)], { port: 8000 })
    assert.deepEqual(
      bed.prober.targets.map(({ port, hostname, cluster }) => [port, hostname, cluster]),
      [
        [9000, 'health.local', 'c'],
        [8000, '', 'c'],
      ],
    )
  })

  it('may be exempt, and is well then', () => {
    const bed = new Bed()
    bed.configure([{ ...endpoint(1), healthCheck: { disabled: true } }])
    assert.deepEqual([bed.pick(), bed.passing, bed.prober.targets], ['endpoint', [1], []])
  })

  it('that outlier detection ejected comes back when it passes, unless that is turned off', () => {
    for (const unejectOnHealthCheck of [true, false]) {
      const bed = new Bed()
      const outlierDetection = { ...OUTLIER_DETECTION, maxEjectionPercent: 100, unejectOnHealthCheck }
      bed.configure([endpoint(1)], {}, { outlierDetection })
      bed.answer(1, 'healthy')
      const checked = bed.cluster.endpoints.get('10.0.0.1:1')!
      for (let time = 0; time < 5; time++) bed.cluster.attemptResponded(checked, 500, -1, 1, 'http')
      assert.equal(checked.ejected, true)
      bed.clock.advance(1)
      bed.cluster.attemptStarted(checked)
      bed.answers(1, 'healthy')
      assert.equal(checked.ejected, !unejectOnHealthCheck)
    }
  })
})

describe('an endpoint does not count among the ill', () => {
  const weak = (bed: Bed): boolean => {
    // In panic requests go to those that are ill too.
    const picked = new Set<string>()
    const { cluster } = bed
    for (let pick = 0; pick < 50; pick++) {
      const found = cluster.pick(cluster.view('http'), pickContext())
      if (found.kind === 'endpoint') picked.add(String(found.port))
    }
    return [...picked].some((port) => !bed.passing.includes(Number(port)))
  }

  const three = [endpoint(1), endpoint(2), endpoint(3)]

  it('while it is new and not checked yet, where the cluster says so', () => {
    for (const excludesNew of [true, false]) {
      const bed = new Bed()
      bed.configure([endpoint(1)], { excludesNew })
      bed.answer(1, 'healthy')
      bed.configure(three, { excludesNew })
      assert.equal(weak(bed), !excludesNew)
      bed.answer(2, 'unreachable')
      bed.answer(3, 'unreachable')
      assert.equal(weak(bed), true)
    }
  })

  it('once it said that it goes, until it passes again', () => {
    const bed = new Bed()
    bed.configure(three)
    bed.answer(1, 'healthy')
    bed.answer(2, 'failed')
    bed.answer(3, 'leaving')
    assert.equal(weak(bed), false)
    bed.answers(2, 'leaving')
    bed.answers(3, 'unreachable')
    assert.equal(weak(bed), false)
    bed.answers(3, 'healthy', 'healthy')
    assert.deepEqual([bed.passing, weak(bed)], [[1, 3], false])
    bed.cluster.failedHealthCheck(bed.cluster.endpoints.get('10.0.0.1:3')!)
    bed.clock.advance(0)
    assert.deepEqual([bed.passing, weak(bed)], [[1], false])
    bed.configure(three, null)
    assert.deepEqual(bed.passing, [1, 2, 3])
  })

  it('in its locality, whose weight stays', () => {
    const bed = new Bed()
    const weighted = resolved('c', [], { healthCheck: { ...HEALTH_CHECK, excludesNew: true } })
    const localities = (first: readonly EndpointConfig[]) =>
      [first, [endpoint(9)]].map((endpoints, zone) => ({
        locality: { region: '', zone: String(zone), subZone: '' },
        priority: 0,
        weight: 1,
        endpoints,
      }))
    const hosts = { ...DEFAULT_HOST_POLICY, localities: 'weighted' as const, panicThreshold: 0 }
    const config = { ...weighted.config, hosts }
    bed.cluster.update({ ...weighted, config, endpoints: { localities: localities([endpoint(1)]), drops: [] } })
    bed.answer(1, 'healthy')
    bed.answer(9, 'healthy')
    bed.cluster.update({ ...weighted, config, endpoints: { localities: localities(three), drops: [] } })
    const ports = Array.from({ length: 100 }, () => {
      const found = bed.cluster.pick(bed.cluster.view('http'), pickContext())
      return found.kind === 'endpoint' ? found.port : 0
    })
    assert.deepEqual(
      [1, 9].map((port) => ports.filter((each) => each === port).length),
      [50, 50],
    )
  })
})

describe('an endpoint that is no longer listed', () => {
  const keepsRemoved = { keepsRemoved: true }
  const two = [endpoint(1), endpoint(2)]

  function served(...endpoints: readonly EndpointConfig[]): Bed {
    const bed = new Bed()
    bed.configure(endpoints, keepsRemoved)
    for (const port of [...bed.prober.running.keys()]) bed.answer(port, 'healthy')
    return bed
  }

  const listed = (bed: Bed): number[] => [...bed.cluster.endpoints.values()].map(({ port }) => port)

  it('stays in service for HTTP until it fails its checks', () => {
    const bed = served(...two)
    const second = bed.cluster.endpoints.get('10.0.0.1:2')!
    bed.configure([endpoint(1)], keepsRemoved)
    bed.configure([endpoint(1), endpoint(3)], keepsRemoved)
    const picked = (view: 'http' | 'grpc'): Set<unknown> => {
      const { cluster } = bed
      return new Set(Array.from({ length: 20 }, () => cluster.pick(cluster.view(view), pickContext())))
    }
    assert.ok(picked('http').has(second))
    assert.ok(!picked('grpc').has(second))
    bed.answers(2, 'failed')
    assert.deepEqual([listed(bed), second.removed, picked('http').has(second)], [[1, 3], true, false])
    assert.equal(bed.prober.running.has(2), false)
  })

  it('is what it was when it is listed again', () => {
    const bed = served(...two)
    const second = bed.cluster.endpoints.get('10.0.0.1:2')!
    bed.configure([endpoint(1)], keepsRemoved)
    bed.configure(two, keepsRemoved)
    bed.answers(2, 'failed')
    assert.deepEqual([listed(bed), bed.cluster.endpoints.get('10.0.0.1:2')], [[1, 2], second])
  })

  it('goes at once where it is ill, is not checked, or the cluster says so', () => {
    const bed = served(...two)
    bed.answers(2, 'failed')
    bed.configure([endpoint(1)], keepsRemoved)
    assert.deepEqual(listed(bed), [1])
    const unchecked = served(endpoint(1), { ...endpoint(2), healthCheck: { disabled: true } })
    unchecked.configure([endpoint(1)], keepsRemoved)
    assert.deepEqual(listed(unchecked), [1])
    const drained = served(...two)
    drained.configure([endpoint(1), endpoint(2, { health: 'draining' })], keepsRemoved)
    drained.configure([endpoint(1)], keepsRemoved)
    assert.deepEqual(listed(drained), [1])
    const told = served(...two)
    told.configure([endpoint(1)], { keepsRemoved: false })
    assert.deepEqual(listed(told), [1])
  })

  it('goes when checks end', () => {
    const bed = served(...two)
    bed.configure([endpoint(1)], keepsRemoved)
    assert.deepEqual(listed(bed), [1, 2])
    bed.configure([endpoint(1)], null)
    assert.deepEqual(listed(bed), [1])
  })
})

describe('an endpoint warms up', () => {
  const hosts = { ...DEFAULT_HOST_POLICY, slowStart: { windowMs: 60_000, aggression: 1, minWeightPercent: 10 } }

  /** Of a hundred requests. */
  const share = (bed: Bed, port: number): number => {
    const { cluster } = bed
    const picks = Array.from({ length: 100 }, () => cluster.pick(cluster.view('http'), pickContext()))
    return picks.filter((found) => found.kind === 'endpoint' && found.port === port).length
  }

  it('anew when it passes its checks after it was ill', () => {
    const bed = new Bed()
    // Checks that nobody answers count for nothing.
    bed.configure([endpoint(1), endpoint(2)], { unhealthyThreshold: 1_000_000 }, { hosts })
    bed.answer(1, 'healthy')
    bed.answer(2, 'healthy')
    bed.clock.advance(60_000)
    assert.equal(share(bed, 2), 50)
    bed.answers(2, 'failed', 'healthy', 'healthy')
    assert.ok(share(bed, 2) < 15)
    bed.clock.advance(60_000)
    assert.equal(share(bed, 2), 50)
  })

  it('when it is listed as healthy for the first time, not when it was listed as something else', () => {
    const bed = new Bed()
    bed.configure([endpoint(1), endpoint(2, { health: 'unhealthy' })], null, { hosts })
    bed.clock.advance(120_000)
    bed.configure([endpoint(1), endpoint(2)], null, { hosts })
    assert.ok(share(bed, 2) < 15)
    bed.clock.advance(60_000)
    bed.configure([endpoint(1), endpoint(2, { health: 'draining' })], null, { hosts })
    bed.configure([endpoint(1), endpoint(2)], null, { hosts })
    assert.equal(share(bed, 2), 50)
  })
})

describe('checks end', () => {
  it('with their endpoint, their configuration and their cluster', () => {
    const bed = new Bed()
    bed.configure([endpoint(1), endpoint(2)])
    assert.equal(bed.prober.running.size, 2)
    bed.configure([endpoint(1)])
    assert.deepEqual([...bed.prober.running.keys()], [1])
    bed.cluster.update(resolved('c', [endpoint(1)]))
    assert.deepEqual([bed.prober.running.size, bed.passing, bed.pick()], [0, [1], 'endpoint'])
    bed.configure([endpoint(1)])
    bed.cluster.retire()
    assert.equal(bed.prober.running.size, 0)
    assert.equal(bed.clock.nextDue, undefined)
  })

  it('and begin anew when they are configured otherwise, of endpoints as they are', () => {
    const bed = new Bed()
    bed.configure([endpoint(1), endpoint(2)])
    bed.answer(1, 'healthy')
    bed.answer(2, 'failed')
    bed.configure([endpoint(1), endpoint(2)], { timeoutMs: 5 })
    assert.deepEqual([bed.prober.running.size, bed.passing, bed.prober.targets.length], [2, [1], 4])
    bed.configure([endpoint(1), endpoint(2)], { timeoutMs: 5 })
    assert.equal(bed.prober.targets.length, 4)
  })
})
