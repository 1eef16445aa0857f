import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint, type EndpointLoadReport, type Locality } from '@inmesh/core'
import { type ClusterStats, durationToMilliseconds, type UpstreamEndpointStats } from '@inmesh/xds-proto'
import { LoadCounter } from './load-counter.js'

function endpoint(port: number, zone: string, priority = 0): Endpoint {
  const made = new Endpoint({
    key: `10.0.0.1:${port}`,
    host: '10.0.0.1',
    port,
    hostname: '',
    weight: 1,
    health: 'healthy',
    metadata: {},
  })
  const locality: Locality = { region: 'r', zone, subZone: '' }
  made.locality = locality
  made.priority = priority
  return made
}

function counter(): LoadCounter {
  return new LoadCounter('c', { serviceName: 's', metrics: [] }, 1_000, () => {})
}

/** One attempt that got an answer. */
function answered(
  load: LoadCounter,
  at: Endpoint,
  status: number,
  grpcStatus = -1,
  view: 'http' | 'grpc' = 'http',
): void {
  load.started(at)
  load.responded(at, status, grpcStatus, 0, view)
  load.ended(at)
}

/** `issued succeeded failed in-progress`. */
function counts(stats: Omit<UpstreamEndpointStats, 'address' | 'metadata' | 'loadMetricStats'>): string {
  const { totalIssuedRequests, totalSuccessfulRequests, totalErrorRequests, totalRequestsInProgress } = stats
  return `${totalIssuedRequests} ${totalSuccessfulRequests} ${totalErrorRequests} ${totalRequestsInProgress}`
}

function localities(stats: ClusterStats | undefined): string[] | undefined {
  return stats?.upstreamLocalityStats.map((each) => `${each.locality?.zone} ${each.priority}: ${counts(each)}`)
}

test('load is told by locality and priority, and each request once', () => {
  const load = counter()
  const [a, b, c] = [endpoint(1, 'x'), endpoint(2, 'x'), endpoint(3, 'x', 1)] as const
  answered(load, a, 200)
  answered(load, b, 404)
  answered(load, c, 503)
  load.started(endpoint(4, 'y'))
  const stats = load.take(3_500, false)
  assert.deepEqual(localities(stats), ['x 0: 2 2 0 0', 'x 1: 1 0 1 0', 'y 0: 1 0 0 1'])
  assert.deepEqual([stats?.clusterName, stats?.clusterServiceName], ['c', 's'])
  assert.equal(durationToMilliseconds(stats!.loadReportInterval!), 2_500)
  assert.deepEqual(localities(load.take(4_000, false)), ['y 0: 0 0 0 1'], 'what is in progress is told again')
})

test('a failure without an answer, and a status of gRPC, are errors; what was given up is neither', () => {
  const load = counter()
  const at = endpoint(1, 'x')
  load.started(at)
  load.failed(at, 'reset')
  load.ended(at)
  answered(load, at, 200, 14, 'grpc')
  answered(load, at, 200, 0, 'grpc')
  load.started(at)
  load.ended(at)
  assert.deepEqual(localities(load.take(0, false)), ['x 0: 4 1 2 0'])
})

test('endpoints are told apart where that is asked for', () => {
  const load = counter()
  answered(load, endpoint(1, 'x'), 200)
  answered(load, endpoint(2, 'x'), 500)
  const told = load.take(0, true)!.upstreamLocalityStats[0]!.upstreamEndpointStats
  assert.deepEqual(told.map(counts), ['1 1 0 0', '1 0 1 0'])
  const ports = told.map(({ address }) => {
    const socket = address?.address
    return socket?.$case === 'socketAddress' ? socket.value.portSpecifier?.value : undefined
  })
  assert.deepEqual(ports, [1, 2])
})

test('drops are told by category, and those at a limit in the total only', () => {
  const load = counter()
  for (const category of ['lb', 'throttle', 'lb', '']) load.dropped(category)
  const stats = load.take(0, false)
  assert.equal(stats?.totalDroppedRequests, 4n)
  assert.deepEqual(
    stats?.droppedRequests.map(({ category, droppedCount }) => [category, droppedCount]),
    [
      ['lb', 2n],
      ['throttle', 1n],
    ],
  )
})

test('nothing is told of nothing', () => {
  const load = counter()
  assert.equal(load.take(0, false), undefined)
  answered(load, endpoint(1, 'x'), 200)
  load.take(0, false)
  assert.equal(load.take(0, false), undefined)
})

test('an attempt that began before anybody counted leaves nothing below zero', () => {
  const load = counter()
  const at = endpoint(1, 'x')
  load.ended(at)
  load.started(at)
  assert.deepEqual(localities(load.take(0, false)), ['x 0: 1 0 0 1'])
})

test('endpoints that are gone are forgotten, also while nobody takes what is counted', () => {
  const load = counter()
  const kept = endpoint(1, 'x')
  const busy = endpoint(2, 'x')
  load.started(kept)
  load.started(busy)
  busy.removed = true
  for (let port = 3; port < 1_000; port++) {
    const gone = endpoint(port, 'x')
    answered(load, gone, 200)
    gone.removed = true
  }
  const told = load.take(0, true)!.upstreamLocalityStats[0]!
  assert.ok(told.upstreamEndpointStats.length < 130, `${told.upstreamEndpointStats.length} endpoints`)
  assert.equal(told.totalRequestsInProgress, 2n)
})

const silent: EndpointLoadReport = {
  cpuUtilization: 0,
  memoryUtilization: 0,
  applicationUtilization: 0,
  requestsPerSecond: 0,
  errorsPerSecond: 0,
  requestCost: new Map(),
  utilization: new Map(),
  namedMetrics: new Map(),
}

function metrics(stats: ClusterStats | undefined): Record<string, string> {
  const [locality] = stats!.upstreamLocalityStats
  const { cpuUtilization, memUtilization, applicationUtilization, loadMetricStats } = locality!
  const all = [
    ['cpu', cpuUtilization],
    ['mem', memUtilization],
    ['application', applicationUtilization],
    ...loadMetricStats.map((each) => [each.metricName, each] as const),
  ] as const
  return Object.fromEntries(
    all.flatMap(([name, each]) =>
      each === undefined ? [] : [[name, `${each.totalMetricValue} of ${each.numRequestsFinishedWithMetric}`]],
    ),
  )
}

test('what endpoints tell of their load is not asked for unless the cluster lists it', () => {
  assert.equal(counter().reported, undefined)
})

test('of what endpoints tell, what the cluster lists is added up by locality, and begun anew with each report', () => {
  const listed = ['cpu_utilization', 'named_metrics.*', 'utilization.disk', 'request_cost.none', 'new_in_2030']
  const load = new LoadCounter('c', { serviceName: '', metrics: listed }, 0, () => {})
  const [a, b] = [endpoint(1, 'x'), endpoint(2, 'x')] as const
  for (const at of [a, b]) answered(load, at, 200)
  load.reported!(a, {
    ...silent,
    cpuUtilization: 0.25,
    memoryUtilization: 0.5,
    namedMetrics: new Map([
      ['queue', 3],
      ['other', 1],
    ]),
    utilization: new Map([
      ['disk', 0.5],
      ['net', 1],
    ]),
  })
  load.reported!(b, { ...silent, cpuUtilization: 0.5, namedMetrics: new Map([['queue', 0]]) })
  load.reported!(b, silent)
  assert.deepEqual(metrics(load.take(0, false)), {
    cpu: '0.75 of 2',
    'named_metrics.queue': '3 of 2',
    'named_metrics.other': '1 of 1',
    'utilization.disk': '0.5 of 1',
  })
  answered(load, a, 200)
  assert.deepEqual(metrics(load.take(0, false)), {})
})

test('an endpoint that invents names without end has few of them counted, and numbers that are none count for nothing', () => {
  const load = new LoadCounter('c', { serviceName: '', metrics: ['named_metrics.*'] }, 0, () => {})
  const at = endpoint(1, 'x')
  answered(load, at, 200)
  const invented = Array.from({ length: 1_000 }, (_, index) => [`n${index}`, 1] as const)
  load.reported!(at, { ...silent, namedMetrics: new Map([['nan', Number.NaN], ...invented]) })
  const told = metrics(load.take(0, true))
  assert.equal(Object.keys(told).length, 100)
  assert.equal(told['named_metrics.nan'], undefined)
})
