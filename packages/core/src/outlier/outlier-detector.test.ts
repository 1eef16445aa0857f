import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { OutlierDetectionConfig } from '../model/outlier-detection.js'
import type { View } from '../model/view.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, OUTLIER_DETECTION, pickContext, cluster as resolved } from '../testing/fixtures.js'
import type { OutlierStatistics } from './outlier-statistics.js'

const INTERVAL = OUTLIER_DETECTION.intervalMs

/** A cluster of endpoints on ports 1 to `size`, and what a test does with it. */
class Bed {
  readonly clock = new SimulatedClock()
  readonly cluster: Cluster
  readonly #size: number

  constructor(size: number, config: Partial<OutlierDetectionConfig> = {}) {
    this.#size = size
    const carriers = [new FakeCarrier('http'), new FakeCarrier('grpc')]
    this.cluster = new Cluster('c', { carriers, clock: this.clock, random: new SeededRandom(7) }, () => {})
    this.configure(config)
  }

  configure(config: Partial<OutlierDetectionConfig> | undefined): void {
    const endpoints = Array.from({ length: this.#size }, (_, index) => endpoint(index + 1))
    const detection = config && { outlierDetection: { ...OUTLIER_DETECTION, ...config } }
    this.cluster.update(resolved('c', endpoints, detection))
  }

  endpoint(port: number): Endpoint {
    return this.cluster.endpoints.get(`10.0.0.1:${port}`)!
  }

  answer(port: number, status: number, times = 1, grpcStatus = -1, view: View = 'http'): void {
    for (let time = 0; time < times; time++) {
      this.cluster.attemptResponded(this.endpoint(port), status, grpcStatus, 1, view)
    }
  }

  fail(
    port: number,
    failure: 'connect' | 'reset' | 'per-try-timeout' = 'connect',
    times = 1,
    view: View = 'http',
  ): void {
    for (let time = 0; time < times; time++) this.cluster.attemptFailed(this.endpoint(port), failure, 1, view)
  }

  /** Gives every endpoint calls, of which a share succeeds. */
  calls(volume: number, successes: readonly number[], view: View = 'http'): void {
    for (const [index, share] of successes.entries()) {
      const good = Math.round(volume * share)
      this.answer(index + 1, 200, good, view === 'grpc' ? 0 : -1, view)
      this.answer(index + 1, view === 'grpc' ? 200 : 500, volume - good, view === 'grpc' ? 14 : -1, view)
    }
  }

  sweep(): void {
    this.clock.advance(INTERVAL)
  }

  get ejected(): number[] {
    return [...this.cluster.endpoints.values()].filter(({ ejected }) => ejected).map(({ port }) => port)
  }

  get statistics(): OutlierStatistics {
    return this.cluster.outlierStatistics!
  }
}

describe('failures in a row', () => {
  it('eject an endpoint, which then gets no request of either view', () => {
    const bed = new Bed(10)
    bed.answer(3, 500, 4)
    assert.deepEqual(bed.ejected, [])
    bed.answer(3, 500)
    assert.deepEqual(bed.ejected, [3])
    const { cluster } = bed
    for (let pick = 0; pick < 30; pick++) {
      for (const view of ['http', 'grpc'] as const) {
        assert.notEqual(cluster.pick(cluster.view(view), pickContext()), bed.endpoint(3))
      }
    }
    assert.deepEqual([bed.statistics.active, bed.statistics.enforced.consecutive_5xx], [1, 1])
  })

  it('are broken by any answer below 500', () => {
    const bed = new Bed(10)
    for (let round = 0; round < 5; round++) {
      bed.answer(3, 500, 4)
      bed.answer(3, 404)
    }
    assert.deepEqual(bed.ejected, [])
  })

  it('count gateway failures apart, as a row of their own', () => {
    const config = { consecutiveGatewayFailures: { count: 3, enforcingPercent: 100 } }
    const bed = new Bed(10, config)
    bed.answer(1, 502, 2)
    bed.answer(1, 500)
    bed.answer(1, 503, 1)
    assert.deepEqual(bed.ejected, [])
    bed.answer(2, 503, 3)
    assert.deepEqual([bed.ejected, bed.statistics.enforced.consecutive_gateway_failure], [[2], 1])
  })

  it('take what never came for 503, and what came too late for 504', () => {
    const bed = new Bed(10, { consecutiveGatewayFailures: { count: 5, enforcingPercent: 100 } })
    bed.fail(4, 'connect', 2)
    bed.fail(4, 'per-try-timeout')
    bed.fail(4, 'reset')
    assert.deepEqual(bed.ejected, [])
    bed.answer(4, 504)
    assert.deepEqual(bed.ejected, [4])
  })

  it('read the status of a gRPC response that HTTP carries', () => {
    const bed = new Bed(10)
    bed.answer(1, 200, 5, 14)
    bed.answer(2, 200, 5, 5)
    assert.deepEqual(bed.ejected, [1])
  })

  it('do not look at gRPC calls, whose rules know only rates', () => {
    const bed = new Bed(10)
    bed.answer(1, 200, 9, 14, 'grpc')
    bed.fail(1, 'connect', 9, 'grpc')
    assert.deepEqual(bed.ejected, [])
  })

  it('are ejected by dice where the rule says so, and always counted', () => {
    const bed = new Bed(100, { consecutive5xx: { count: 5, enforcingPercent: 30 }, maxEjectionPercent: 100 })
    for (let port = 1; port <= 100; port++) bed.answer(port, 500, 5)
    assert.equal(bed.statistics.detected.consecutive_5xx, 100)
    const enforced = bed.statistics.enforced.consecutive_5xx
    assert.ok(enforced > 15 && enforced < 45, String(enforced))
    assert.equal(bed.ejected.length, enforced)
  })
})

describe('failures of local origin', () => {
  const split = { splitLocalOriginErrors: true }

  it('are a row of their own where they are split off', () => {
    const bed = new Bed(10, split)
    bed.fail(1, 'connect', 3)
    bed.fail(1, 'per-try-timeout', 2)
    assert.deepEqual([bed.ejected, bed.statistics.enforced.consecutive_local_origin_failure], [[1], 1])
    assert.equal(bed.statistics.detected.consecutive_5xx, 0)
  })

  it('are broken by any answer, a bad one too', () => {
    const bed = new Bed(10, split)
    bed.fail(1, 'connect', 4)
    bed.answer(1, 500)
    bed.fail(1, 'connect', 4)
    assert.deepEqual(bed.ejected, [])
  })

  it('are compared apart from answers', () => {
    const bed = new Bed(10, { ...split, consecutiveLocalOriginFailures: { count: 0, enforcingPercent: 100 } })
    for (let port = 1; port <= 10; port++) bed.answer(port, 200, 100)
    bed.fail(7, 'connect', 100)
    bed.sweep()
    assert.deepEqual([bed.ejected, bed.statistics.enforced.local_origin_success_rate], [[7], 1])
  })
})

describe('the success rate', () => {
  const noRow = { consecutive5xx: { count: 0, enforcingPercent: 100 } }
  const rates = [1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5]

  it('ejects who is far below the mean of its siblings', () => {
    const bed = new Bed(10, noRow)
    bed.calls(100, rates)
    bed.sweep()
    assert.deepEqual([bed.ejected, bed.statistics.enforced.success_rate], [[10], 1])
  })

  it('needs enough endpoints with enough requests', () => {
    const few = new Bed(10, noRow)
    few.calls(99, rates)
    few.sweep()
    const lonely = new Bed(4, { ...noRow, maxEjectionPercent: 100 })
    lonely.calls(100, [1, 1, 1, 0])
    lonely.sweep()
    assert.deepEqual([few.ejected, lonely.ejected], [[], []])
  })

  it('looks at one interval at a time', () => {
    const bed = new Bed(10, noRow)
    bed.calls(60, rates)
    bed.sweep()
    bed.calls(60, rates)
    bed.sweep()
    assert.deepEqual(bed.ejected, [])
  })

  it('judges gRPC calls by their status', () => {
    const bed = new Bed(10, noRow)
    bed.calls(100, rates, 'grpc')
    bed.sweep()
    assert.deepEqual(bed.ejected, [10])
  })

  it('is not looked at for gRPC where it is not enforced', () => {
    const bed = new Bed(10, { successRate: { ...OUTLIER_DETECTION.successRate, enforcingPercent: 0 } })
    bed.calls(100, rates, 'grpc')
    bed.sweep()
    assert.deepEqual([bed.ejected, bed.statistics.detected.success_rate], [[], 0])
  })
})

describe('the failure percentage', () => {
  const config = {
    consecutive5xx: { count: 0, enforcingPercent: 100 },
    successRate: { ...OUTLIER_DETECTION.successRate, enforcingPercent: 0 },
    failurePercentage: { ...OUTLIER_DETECTION.failurePercentage, enforcingPercent: 100 },
    maxEjectionPercent: 100,
  }

  it('ejects whoever fails as much as the threshold (Envoy)', () => {
    const bed = new Bed(5, config)
    bed.calls(100, [1, 1, 1, 0.16, 0.15])
    bed.sweep()
    assert.deepEqual([bed.ejected, bed.statistics.enforced.failure_percentage], [[5], 1])
  })

  it('ejects who fails more than the threshold (gRFC A50)', () => {
    const bed = new Bed(5, config)
    bed.calls(100, [1, 1, 1, 0.15, 0.14], 'grpc')
    bed.sweep()
    assert.deepEqual(bed.ejected, [5])
  })

  it('counts a response that breaks off beside its head, of HTTP calls', () => {
    for (const view of ['http', 'grpc'] as const) {
      const bed = new Bed(5, { ...config, failurePercentage: { ...config.failurePercentage, threshold: 50 } })
      bed.calls(100, [1, 1, 1, 1, 1], view)
      for (let time = 0; time < 100; time++) bed.cluster.attemptBroken(bed.endpoint(5), 'reset', view)
      bed.sweep()
      assert.deepEqual(bed.ejected, view === 'http' ? [5] : [])
    }
  })

  it('can find every endpoint bad', () => {
    const bed = new Bed(5, config)
    bed.calls(50, [0, 0, 0, 0, 0])
    bed.sweep()
    assert.deepEqual(bed.ejected, [1, 2, 3, 4, 5])
  })
})

describe('the share that may be out', () => {
  it('counts the next one in (Envoy), so that a small cluster may eject none', () => {
    const bed = new Bed(5, { maxEjectionPercent: 10 })
    bed.answer(1, 500, 5)
    assert.deepEqual([bed.ejected, bed.statistics.overflow], [[], 1])
  })

  it('is at least one endpoint where that is asked for', () => {
    const bed = new Bed(5, { maxEjectionPercent: 10, alwaysEjectOneHost: true })
    bed.answer(1, 500, 5)
    bed.answer(2, 500, 5)
    assert.deepEqual(bed.ejected, [1])
  })

  it('is at least one endpoint for gRPC (gRFC A50)', () => {
    const bed = new Bed(5, {
      maxEjectionPercent: 10,
      failurePercentage: { ...OUTLIER_DETECTION.failurePercentage, enforcingPercent: 100 },
    })
    bed.calls(100, [1, 1, 1, 0, 0], 'grpc')
    bed.sweep()
    assert.deepEqual(bed.ejected, [4])
  })

  it('is freed by endpoints that are no longer listed', () => {
    const bed = new Bed(10, { maxEjectionPercent: 10 })
    bed.answer(10, 500, 5)
    bed.cluster.update(
      resolved(
        'c',
        Array.from({ length: 9 }, (_, index) => endpoint(index + 1)),
        {
          outlierDetection: { ...OUTLIER_DETECTION, maxEjectionPercent: 12 },
        },
      ),
    )
    assert.equal(bed.statistics.active, 0)
    bed.answer(1, 500, 5)
    assert.deepEqual(bed.ejected, [1])
  })
})

describe('an ejection', () => {
  it('ends at a sweep after its time, and lasts longer each time', () => {
    const bed = new Bed(10)
    bed.answer(1, 500, 5)
    bed.clock.advance(29_999)
    assert.deepEqual(bed.ejected, [1])
    bed.clock.advance(10_000)
    assert.deepEqual(bed.ejected, [])
    bed.answer(1, 500, 5)
    bed.clock.advance(50_000)
    assert.deepEqual(bed.ejected, [1])
    bed.clock.advance(20_000)
    assert.deepEqual(bed.ejected, [])
  })

  it('is short again after intervals in service', () => {
    const bed = new Bed(10)
    for (let round = 0; round < 3; round++) {
      bed.answer(1, 500, 5)
      bed.clock.advance(100_000)
      assert.deepEqual(bed.ejected, [])
    }
    bed.clock.advance(200_000)
    bed.answer(1, 500, 5)
    bed.clock.advance(40_000)
    assert.deepEqual(bed.ejected, [])
  })

  it('never lasts longer than the maximum', () => {
    const bed = new Bed(10, { maxEjectionMs: 60_000 })
    for (let round = 0; round < 8; round++) {
      bed.answer(1, 500, 5)
      assert.deepEqual(bed.ejected, [1])
      bed.clock.advance(60_000 + INTERVAL)
      assert.deepEqual(bed.ejected, [], `round ${round}`)
    }
  })

  it('is lengthened by dice', () => {
    const bed = new Bed(100, { maxEjectionJitterMs: 60_000, maxEjectionPercent: 100 })
    for (let port = 1; port <= 100; port++) bed.answer(port, 500, 5)
    bed.clock.advance(60_000)
    assert.ok(bed.ejected.length > 20 && bed.ejected.length < 80, String(bed.ejected.length))
    bed.clock.advance(40_000)
    assert.deepEqual(bed.ejected, [])
  })

  it('outlives updates, and so does what was counted', () => {
    const bed = new Bed(10)
    bed.answer(1, 500, 5)
    bed.answer(2, 500, 4)
    bed.configure({ maxEjectionPercent: 50 })
    assert.deepEqual(bed.ejected, [1])
    bed.answer(2, 500)
    assert.deepEqual(bed.ejected, [1, 2])
  })

  it('ends when outlier detection is configured away', () => {
    const bed = new Bed(10)
    bed.answer(1, 500, 5)
    bed.configure(undefined)
    assert.deepEqual(bed.ejected, [])
    assert.equal(bed.clock.nextDue, undefined)
  })
})

it('a cluster without calls and ejections has no timer', () => {
  const bed = new Bed(10)
  assert.equal(bed.clock.nextDue, undefined)
  bed.answer(1, 500, 5)
  bed.clock.advance(1_000_000)
  assert.equal(bed.clock.nextDue, undefined)
})

it('a changed interval holds from its begin', () => {
  const bed = new Bed(10)
  bed.answer(1, 200)
  bed.clock.advance(4000)
  bed.configure({ intervalMs: 5000 })
  assert.equal(bed.clock.nextDue, bed.clock.now() + 1000)
})
