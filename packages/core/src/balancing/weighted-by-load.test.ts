import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptObserver } from '../cluster/attempt-observer.js'
import { Endpoint } from '../cluster/endpoint.js'
import type { EndpointLoadReport } from '../load/endpoint-load-report.js'
import type { WeightedByLoadPolicy } from '../model/load-balancing.js'
import type { View } from '../model/view.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { balancerEnvironment, endpoint } from '../testing/fixtures.js'
import { WeightedByLoadBalancer } from './weighted-by-load.js'

const POLICY: WeightedByLoadPolicy = {
  kind: 'weighted-by-load',
  blackoutMs: 10_000,
  expirationMs: 180_000,
  updateMs: 1000,
  errorPenalty: 1,
  metricNames: [],
}

function report(parts: Partial<EndpointLoadReport>): EndpointLoadReport {
  return {
    cpuUtilization: 0,
    memoryUtilization: 0,
    applicationUtilization: 0,
    requestsPerSecond: 0,
    errorsPerSecond: 0,
    requestCost: new Map(),
    utilization: new Map(),
    namedMetrics: new Map(),
    ...parts,
  }
}

class Bench {
  readonly clock = new SimulatedClock()
  readonly endpoints: Endpoint[]
  readonly balancer: WeightedByLoadBalancer
  readonly observers: AttemptObserver[] = []

  constructor(policy: Partial<WeightedByLoadPolicy> = {}, view: View = 'http', count = 2) {
    this.endpoints = Array.from({ length: count }, (_, index) => new Endpoint(endpoint(index)))
    const observe = (observer: AttemptObserver): (() => void) => {
      this.observers.push(observer)
      return () => this.observers.splice(this.observers.indexOf(observer), 1)
    }
    const cluster = { activeRequests: 0, observe }
    const environment = balancerEnvironment({ clock: this.clock, view, cluster })
    this.balancer = new WeightedByLoadBalancer({ ...POLICY, ...policy }, environment)
    this.list(...this.endpoints)
  }

  list(...endpoints: Endpoint[]): void {
    this.balancer.update(endpoints.map((one) => ({ endpoint: one, weight: 1 })))
  }

  report(...reports: Partial<EndpointLoadReport>[]): void {
    for (const [index, parts] of reports.entries()) this.observers[0]!.reported!(this.endpoints[index]!, report(parts))
  }

  /** Lets the balancer believe what is reported all along. */
  settle(...reports: Partial<EndpointLoadReport>[]): void {
    this.report(...reports)
    this.clock.advance(10_000)
    this.report(...reports)
    this.clock.advance(1000)
  }

  /** Requests of the first endpoint for each of the second. */
  ratio(): number {
    const counts = new Map<Endpoint | undefined, number>()
    for (let pick = 0; pick < 30_000; pick++) {
      const picked = this.balancer.pick()
      counts.set(picked, (counts.get(picked) ?? 0) + 1)
    }
    return (counts.get(this.endpoints[0]) ?? 0) / (counts.get(this.endpoints[1]) ?? 0)
  }
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual / expected - 1) < 0.02, `${actual} instead of ${expected}`)
}

const BUSY = { applicationUtilization: 1, requestsPerSecond: 100 }
const IDLE = { applicationUtilization: 0.25, requestsPerSecond: 100 }

test('without reports requests go round', () => {
  near(new Bench().ratio(), 1)
})

test('an endpoint that serves as much at a quarter of the load gets four times the requests', () => {
  const bench = new Bench()
  bench.settle(IDLE, BUSY)
  near(bench.ratio(), 4)
})

test('errors weigh by the penalty', () => {
  const bench = new Bench({ errorPenalty: 2 })
  bench.settle(
    { applicationUtilization: 0.5, requestsPerSecond: 100, errorsPerSecond: 25 },
    { applicationUtilization: 0.5, requestsPerSecond: 100 },
  )
  near(bench.ratio(), 0.5)
})

test('the first reports are not believed until the blackout is over, and weights change at their own pace', () => {
  const bench = new Bench()
  bench.report(IDLE, BUSY)
  bench.clock.advance(9000)
  near(bench.ratio(), 1)
  bench.report(IDLE, BUSY)
  bench.clock.advance(999)
  near(bench.ratio(), 1)
  bench.clock.advance(1)
  near(bench.ratio(), 4)
})

test('a report that is old no longer counts, and what follows has a blackout again', () => {
  const bench = new Bench()
  bench.settle(IDLE, BUSY)
  bench.clock.advance(180_000)
  near(bench.ratio(), 1)
  bench.report(IDLE, BUSY)
  bench.clock.advance(5000)
  near(bench.ratio(), 1)
})

test('without a blackout reports count with the next update', () => {
  const bench = new Bench({ blackoutMs: 0, updateMs: 100 })
  bench.report(IDLE, BUSY)
  bench.clock.advance(100)
  near(bench.ratio(), 4)
})

test('the utilization is the largest metric that is asked for, then that of the application, then the CPU', () => {
  const bench = new Bench({ blackoutMs: 0, metricNames: ['named_metrics.queue.depth', 'utilization.disk', 'none'] })
  const named = { namedMetrics: new Map([['queue.depth', 0.2]]), utilization: new Map([['disk', 0.8]]) }
  bench.settle(
    { ...IDLE, ...named },
    { cpuUtilization: 0.4, requestsPerSecond: 100, namedMetrics: new Map([['queue.depth', Number.NaN]]) },
  )
  near(bench.ratio(), 0.5)
})

test('a report without requests or load says nothing', () => {
  const bench = new Bench({ blackoutMs: 0 })
  bench.settle({ applicationUtilization: 0.1 }, { requestsPerSecond: 10 })
  near(bench.ratio(), 1)
})

test('an endpoint that was ill comes back with its weight for HTTP, and is learned anew for gRPC, which connected again', () => {
  for (const [view, expected] of [
    ['http', 4],
    ['grpc', 1],
  ] as const) {
    const bench = new Bench({}, view)
    bench.settle(IDLE, BUSY)
    bench.list(bench.endpoints[1]!)
    bench.list(...bench.endpoints)
    near(bench.ratio(), expected)
  }
})

test('once closed it hears of nothing and sets no timer', () => {
  const bench = new Bench()
  bench.balancer.close()
  assert.deepEqual([bench.observers.length, bench.clock.nextDue], [0, undefined])
})
