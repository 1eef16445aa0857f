import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterRegistry } from '../cluster/cluster-registry.js'
import type { Endpoint } from '../cluster/endpoint.js'
import { ActiveFaults } from '../filters/active-faults.js'
import type { ResolvedCluster } from '../model/cluster.js'
import { DEFAULT_HOST_POLICY } from '../model/host-policy.js'
import type { RetryPolicy } from '../model/retry-policy.js'
import type { Route } from '../model/route.js'
import type { SubsetConfig } from '../model/subset-config.js'
import type { TargetConfig } from '../model/target-config.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { Target } from '../target/target.js'
import {
  cluster,
  endpoint,
  FakeCarrier,
  forward,
  LISTENER,
  request,
  retryPolicy,
  route,
  SUBSETS,
  targetConfig,
} from '../testing/fixtures.js'
import { Call, NO_RETRY } from './call.js'

class Plane {
  readonly clock = new SimulatedClock()
  readonly random = new SeededRandom(1)
  readonly faults = new ActiveFaults()
  readonly registry = new ClusterRegistry({
    carriers: [new FakeCarrier(), new FakeCarrier('grpc')],
    clock: this.clock,
    random: this.random,
  })
  readonly target = new Target('reviews:80', { watch: () => () => {} }, this.registry, this.registry, this.random)

  constructor(config: TargetConfig) {
    this.target.configured(config)
  }

  call(parts: Parameters<typeof request>[0] = {}, deadline?: number): Call {
    return new Call(this, this.target.snapshot!, request(parts), deadline)
  }

  idle(): void {
    for (const { activeRequests, activeRetries, endpoints } of this.registry.values()) {
      assert.deepEqual([activeRequests, activeRetries], [0, 0])
      for (const member of endpoints.values()) assert.equal(member.active, 0)
    }
  }
}

const TWO = cluster('c', [endpoint(1), endpoint(2)])

function plane(
  policy?: RetryPolicy,
  parts: { action?: Partial<Route>; cluster?: ResolvedCluster; timeoutMs?: number } = {},
): Plane {
  const action = forward('c', { retryPolicy: policy, timeoutMs: parts.timeoutMs })
  return new Plane(targetConfig([route({}, action, parts.action)], [['c', parts.cluster ?? TWO]]))
}

function attempt(call: Call): Endpoint {
  const picked = call.pick()
  assert.ok(picked.kind === 'endpoint', picked.kind)
  call.attemptStarted(picked)
  return picked
}

test('a call that is answered counts while it runs and leaves nothing behind', () => {
  const made = plane()
  const call = made.call()
  assert.equal(call.start().kind, 'continue')
  const chosen = attempt(call)
  assert.deepEqual([chosen.active, call.cluster!.activeRequests], [1, 1])
  assert.equal(call.responded(200, -1, true), NO_RETRY)
  call.end()
  call.end()
  made.idle()
})

test('a route and its weighted cluster choose a subset of the endpoints', () => {
  const member = (port: number, stage: string, version: string) =>
    endpoint(port, { metadata: { 'envoy.lb': { stage, version } } })
  const subsets: SubsetConfig = {
    ...SUBSETS,
    selectors: [{ keys: ['stage', 'version'], singleHost: false, fallback: 'inherit', fallbackKeys: [] }],
  }
  const members = [member(1, 'prod', '1'), member(2, 'prod', '2'), member(3, 'dev', '2')]
  const config = cluster('c', members, { hosts: { ...DEFAULT_HOST_POLICY, subsets } })
  const clusters = [{ name: 'c', weight: 1, filterOverrides: new Map(), metadataMatch: { version: '2' } }]
  const action = forward('c', { clusters, metadataMatch: { stage: 'prod', version: '1' } })
  const made = new Plane(targetConfig([route({}, action)], [['c', config]]))
  for (let again = 0; again < 10; again++) {
    const call = made.call()
    call.start()
    assert.equal(attempt(call).port, 2)
    call.end()
  }
  made.idle()
})

test('a request that no route matches is NR, one without a route table entry for its host too', () => {
  const made = new Plane(targetConfig([], []))
  const verdict = made.call().start()
  assert.ok(verdict.kind === 'local-reply')
  assert.deepEqual([verdict.flag, verdict.httpStatus, verdict.grpcStatus], ['NR', 404, 14])
})

test('retries go to other endpoints, back off, and stop at their number', () => {
  const made = plane(retryPolicy({ retriableStatusCodes: true }, { retriableStatusCodes: [503], retries: 1 }))
  const call = made.call()
  call.start()
  const first = attempt(call)
  const delay = call.responded(503, -1, true)
  assert.ok(delay >= 0 && delay < 25, String(delay))
  assert.deepEqual([first.active, first.failed, call.cluster!.activeRetries], [0, 1, 1])
  assert.notEqual(attempt(call), first)
  assert.equal(call.responded(503, -1, true), NO_RETRY)
  call.end()
  made.idle()
})

test('a call that ends while it waits to retry gives its place in the budget back', () => {
  const made = plane(retryPolicy({ connectFailure: true }))
  const call = made.call()
  call.start()
  attempt(call)
  assert.ok(call.attemptFailed('connect', false, true) >= 0)
  call.end()
  made.idle()
})

const failures: [
  title: string,
  policy: Parameters<typeof retryPolicy>[0],
  failure: Parameters<Call['attemptFailed']>,
  retried: boolean,
][] = [
  ['connect-failure repeats what could not connect', { connectFailure: true }, ['connect', false, true], true],
  ['connect-failure repeats what was never written', { connectFailure: true }, ['reset', false, true], true],
  ['connect-failure does not repeat what was written', { connectFailure: true }, ['reset', true, true], false],
  ['reset repeats what was written', { reset: true }, ['reset', true, true], true],
  ['reset-before-request does not', { resetBeforeRequest: true }, ['reset', true, true], false],
  ['reset-before-request repeats what was not', { resetBeforeRequest: true }, ['reset', false, true], true],
  ['5xx covers resets', { serverError: true }, ['reset', true, true], true],
  ['gateway-error covers resets', { gatewayError: true }, ['per-try-timeout', true, true], true],
  ['refused-stream repeats a stream refused unseen', { refusedStream: true }, ['refused-stream', true, true], true],
  ['retriable statuses say nothing of resets', { retriableStatusCodes: true }, ['reset', false, true], false],
  ['a body that is spent is never sent again', { reset: true }, ['connect', false, false], false],
]
for (const [title, conditions, failure, retried] of failures) {
  test(`retry on failure: ${title}`, () => {
    const made = plane(retryPolicy(conditions))
    const call = made.call()
    call.start()
    attempt(call)
    assert.equal(call.attemptFailed(...failure) !== NO_RETRY, retried)
    call.end()
    made.idle()
  })
}

const answers: [
  title: string,
  policy: Parameters<typeof retryPolicy>[0],
  status: number,
  grpcStatus: number,
  retried: boolean,
][] = [
  ['5xx', { serverError: true }, 500, -1, true],
  ['5xx leaves 4xx alone', { serverError: true }, 499, -1, false],
  ['gateway-error', { gatewayError: true }, 502, -1, true],
  ['gateway-error leaves 500 alone', { gatewayError: true }, 500, -1, false],
  ['retriable-4xx', { retriable4xx: true }, 409, -1, true],
  ['a listed status', { retriableStatusCodes: true }, 418, -1, true],
  ['unavailable is a gRPC status, not HTTP 503', { grpcStatuses: [14] }, 503, -1, false],
  ['unavailable', { grpcStatuses: [14] }, 200, 14, true],
  ['OK', { grpcStatuses: [14] }, 200, 0, false],
]
for (const [title, conditions, status, grpcStatus, retried] of answers) {
  test(`retry on answer: ${title}`, () => {
    const made = plane(retryPolicy(conditions, { retriableStatusCodes: [418] }))
    const call = made.call()
    call.start()
    attempt(call)
    assert.equal(call.responded(status, grpcStatus, true) !== NO_RETRY, retried)
    call.end()
  })
}

test('the budget of the cluster limits retries over all calls', () => {
  const thresholds = { maxRequests: 1024, maxRetries: 1 }
  const made = plane(retryPolicy({ reset: true }), { cluster: cluster('c', [endpoint(1)], { thresholds }) })
  const calls = [made.call(), made.call()]
  const retried = calls.map((call) => {
    call.start()
    attempt(call)
    return call.attemptFailed('reset', true, true) !== NO_RETRY
  })
  assert.deepEqual(retried, [true, false])
  for (const call of calls) call.end()
  made.idle()
})

test('requests wait for a connection up to a limit, and with one count against another', () => {
  const thresholds = { maxRequests: 1, maxRetries: 3, maxPendingRequests: 2 }
  const made = plane(undefined, { cluster: cluster('c', [endpoint(1)], { thresholds }) })
  const calls = [made.call(), made.call(), made.call()]
  const started = calls.map((call) => {
    call.start()
    const picked = call.pick()
    assert.ok(picked.kind === 'endpoint')
    return call.attemptStarted(picked, false)?.flag
  })
  assert.deepEqual(started, [undefined, undefined, 'UO'])
  const [first, second] = calls
  const { default: breaker } = first!.cluster!.breakers
  assert.equal(first!.attemptConnected(), undefined)
  assert.equal(first!.attemptConnected(), undefined)
  assert.deepEqual([breaker.pending, breaker.requests], [1, 1])
  assert.equal(second!.attemptConnected()?.flag, 'UO')
  for (const call of calls) call.end()
  made.idle()
})

test('requests of high priority have limits of their own, gRPC calls do not', () => {
  const limits = { thresholds: { maxRequests: 0, maxRetries: 3 } }
  const action = forward('c', { priority: 'high' })
  const made = new Plane(targetConfig([route({}, action)], [['c', cluster('c', [endpoint(1)], limits)]]))
  const call = made.call()
  call.start()
  attempt(call)
  assert.equal(call.cluster!.breakers.high.requests, 1)
  call.end()
  const grpc = made.call({ view: 'grpc' })
  grpc.start()
  const picked = grpc.pick()
  assert.ok(picked.kind === 'local-reply' && picked.flag === 'UO')
  grpc.end()
  made.idle()
})

test('a retry that could not begin before the deadline is not made', () => {
  const made = plane(retryPolicy({ reset: true }, { backOff: { baseMs: 1000, maxMs: 1000 } }))
  const call = made.call({}, 0.001)
  call.start()
  attempt(call)
  assert.equal(call.attemptFailed('reset', true, true), NO_RETRY)
  call.end()
})

test("the route's limit begins when a request whose body is still produced was sent, and does not begin again", () => {
  const made = plane(undefined, { timeoutMs: 300 })
  const call = made.call({}, 5000)
  call.start(true)
  assert.equal(call.deadline, 5000)
  made.clock.advance(1000)
  call.requestSent()
  made.clock.advance(100)
  call.requestSent()
  assert.equal(call.deadline, 1300)
  call.end()
})

test('the deadline is the earliest of the caller and the route', () => {
  const made = plane(undefined, { timeoutMs: 300 })
  made.clock.advance(1000)
  const deadline = (limit?: number): number => {
    const call = made.call({}, limit)
    call.start()
    call.end()
    return call.deadline
  }
  assert.deepEqual([deadline(), deadline(1100), deadline(9000)], [1300, 1100, 1300])
  const unlimited = plane(undefined, { timeoutMs: 0 }).call()
  unlimited.start()
  assert.equal(unlimited.deadline, Number.POSITIVE_INFINITY)
})

test('a call keeps its snapshot and its cluster while the configuration changes under it', () => {
  const made = plane(retryPolicy({ reset: true }))
  const call = made.call()
  call.start()
  attempt(call)
  made.target.configured(targetConfig([route({}, forward('other'))], [['other', cluster('other', [endpoint(9)])]]))
  assert.ok(call.attemptFailed('reset', true, true) >= 0)
  assert.equal(attempt(call).port < 9, true, 'all attempts stay in the cluster (A31)')
  assert.deepEqual([...made.registry.values()].map(({ name }) => name).sort(), ['c', 'other'])
  call.end()
  assert.deepEqual(
    [...made.registry.values()].map(({ name }) => name),
    ['other'],
    'the last call lets it go',
  )
})

test('methods called out of turn are refused', () => {
  const call = plane().call()
  assert.throws(() => call.pick(), TypeError)
  call.start()
  assert.throws(() => call.start(), TypeError)
  attempt(call)
  assert.throws(() => call.pick(), TypeError)
  call.end()
  assert.throws(() => call.responded(200, -1, true), TypeError)
})

test('a gRPC session stays with its cluster as long as the route has that, whatever the weights say (A60)', () => {
  const state = { kind: 'cookie', name: 'session', path: '', ttlMs: 0, attributes: [] } as const
  const filters = [
    { name: 'session', disabled: false, config: { kind: 'stateful-session', state, strict: false } },
  ] as const
  const clusters: [string, ResolvedCluster][] = [
    ['old', cluster('old', [endpoint(0)])],
    ['new', cluster('new', [endpoint(0)])],
  ]
  const listener = { ...LISTENER, filters }
  const made = new Plane(targetConfig([route({}, forward({ old: 0, new: 100 }))], clusters, { listener }))
  const chosen = (text: string, view: 'grpc' | 'http' = 'grpc'): string => {
    const call = made.call({ view, headers: { cookie: `session=${Buffer.from(text).toString('base64')}` } })
    call.start()
    const { clusterName } = call
    call.end()
    return clusterName
  }
  assert.deepEqual(
    ['10.0.0.1:0;old', '10.0.0.1:0;new', '10.0.0.1:2;away', '10.0.0.1:0'].map((text) => chosen(text)),
    ['old', 'new', 'new', 'new'],
  )
  assert.equal(chosen('10.0.0.1:0;old', 'http'), 'new')
  for (const each of made.registry.values()) assert.ok(each.held)
  made.target.close()
  assert.deepEqual([...made.registry.values()], [])
})

test("a gRPC call is sent with its endpoint's authority where the route says so, each attempt with its own (A81)", () => {
  const members = [
    { ...endpoint(1), hostname: 'one.test' },
    { ...endpoint(2), hostname: 'two.test', authority: 'two.test:2' },
    endpoint(3),
  ]
  const clusters: [string, ResolvedCluster][] = [['c', cluster('c', members)]]
  const authorities = (view: 'grpc' | 'http', rewritesAuthority: boolean): unknown[] => {
    const made = new Plane(targetConfig([route({}, forward('c', { rewritesAuthority }))], clusters))
    const seen = new Set<unknown>()
    for (let turn = 0; turn < 6; turn++) {
      const call = made.call({ view })
      call.start()
      attempt(call)
      seen.add(call.authority)
      call.end()
    }
    return [...seen].sort()
  }
  assert.deepEqual(authorities('grpc', true), ['one.test', 'two.test:2', undefined])
  assert.deepEqual(authorities('grpc', false), [undefined])
  assert.deepEqual(authorities('http', true), [undefined])
})
