import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResponseView } from '../call/response-view.js'
import { Endpoint } from '../cluster/endpoint.js'
import type { RetryPolicy } from '../model/retry-policy.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, request, retryPolicy } from '../testing/fixtures.js'
import { RetryRules } from './retry-rules.js'
import { steeredPolicy } from './steered-retry.js'

/** 2026-11-21T12:00:00Z. */
const NOON = 1_795_262_400_000
const random = new SeededRandom(5)

const response = (headers: Record<string, string> = {}): ResponseView => ({ header: (name) => headers[name] })
const present = (name: string) =>
  ({ name, value: { kind: 'present', present: true }, invert: false, treatMissingAsEmpty: false }) as const

function retries(
  conditions: Partial<RetryPolicy['conditions']>,
  status: number,
  headers: Record<string, string> = {},
  parts: Partial<RetryPolicy> = {},
): boolean {
  return new RetryRules(retryPolicy(conditions, parts), 'http').retriesResponse(status, -1, response(headers))
}

test('a rate-limited answer is repeated under envoy-ratelimited only', () => {
  const limited = { 'x-envoy-ratelimited': 'true' }
  assert.equal(retries({ serverError: true }, 503), true)
  assert.equal(retries({ serverError: true }, 503, limited), false)
  assert.equal(retries({ envoyRateLimited: true }, 429, limited), true)
  assert.equal(retries({ envoyRateLimited: true }, 200, limited), true)
  assert.equal(retries({ envoyRateLimited: true }, 503), false)
})

test('an answer is repeated for one of the retriable headers', () => {
  const parts = { retriableHeaders: [present('x-again'), present('x-other')] }
  assert.equal(retries({ retriableHeaders: true }, 200, { 'x-other': '' }, parts), true)
  assert.equal(retries({ retriableHeaders: true }, 200, {}, parts), false)
  assert.equal(retries({}, 200, { 'x-other': '' }, parts), false)
})

test('an answer is repeated for the statuses of every condition, however low, and for no others', () => {
  const listed = { retriableStatusCodes: [503, 204] }
  assert.equal(retries({ retriableStatusCodes: true }, 204, {}, listed), true)
  assert.equal(retries({ retriableStatusCodes: true }, 200, {}, listed), false)
  assert.equal(retries({ serverError: true }, 204, {}, listed), false)
  assert.equal(retries({ retriable4xx: true, serverError: true }, 409), true)
  assert.equal(retries({ retriable4xx: true, serverError: true }, 500), true)
  assert.equal(retries({ retriable4xx: true, serverError: true }, 404), false)
  assert.equal(retries({ gatewayError: true }, 502), true)
  assert.equal(retries({ gatewayError: true }, 500), false)
})

test('a good HTTP status does not hide a gRPC status that is repeated', () => {
  const rules = new RetryRules(retryPolicy({ serverError: true, grpcStatuses: [14] }), 'http')
  assert.equal(rules.retriesResponse(200, 14, response()), true)
  assert.equal(rules.retriesResponse(200, 5, response()), false)
  assert.equal(rules.retriesResponse(200, 0, response()), false)
})

test('only requests that meet a condition on requests are repeated', () => {
  const rules = new RetryRules(
    retryPolicy({}, { retriableRequestHeaders: [present('x-safe'), present('x-ok')] }),
    'http',
  )
  assert.equal(rules.appliesTo(request({ headers: { 'x-ok': '1' } })), true)
  assert.equal(rules.appliesTo(request()), false)
})

test('a gRPC call is repeated by its status alone, five attempts at most, without the limits of HTTP', () => {
  const conditions = { serverError: true, grpcStatuses: [14] }
  const rules = new RetryRules(
    retryPolicy(conditions, { retries: 9, perTryTimeoutMs: 5, perTryIdleTimeoutMs: 5 }),
    'grpc',
  )
  assert.equal(rules.retriesResponse(503, -1, response()), false)
  assert.equal(rules.retriesResponse(200, 14, response()), true)
  assert.equal(rules.retriesFailure('reset', true), true)
  assert.equal(new RetryRules(retryPolicy({ reset: true }), 'grpc').retriesFailure('reset', true), false)
  assert.deepEqual([rules.retries, rules.perTryTimeoutMs, rules.perTryIdleTimeoutMs], [4, 0, 0])
})

const BACK_OFF = {
  maxMs: 60_000,
  headers: [
    { name: 'retry-after', format: 'seconds' },
    { name: 'x-ratelimit-reset', format: 'unix-timestamp' },
  ],
} as const

const pauses: [title: string, headers: Record<string, string>, askedMs: number | undefined][] = [
  ['seconds', { 'retry-after': '7' }, 7000],
  ['a date', { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, 30_000],
  ['a timestamp', { 'x-ratelimit-reset': String(NOON / 1000 + 5) }, 5000],
  [
    'the second header where the first is too long',
    { 'retry-after': '61', 'x-ratelimit-reset': String(NOON / 1000 + 5) },
    5000,
  ],
  ['a date that has passed', { 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, undefined],
  ['0 seconds', { 'retry-after': '0' }, undefined],
  ['nonsense', { 'retry-after': 'soon' }, undefined],
  ['nothing', {}, undefined],
]
for (const [title, headers, askedMs] of pauses) {
  test(`a response that asks for a pause by ${title}`, () => {
    const rules = new RetryRules(retryPolicy({ serverError: true }, { rateLimitedBackOff: BACK_OFF }), 'http')
    const clock = new SimulatedClock(NOON)
    for (let draw = 0; draw < 50; draw++) {
      const pause = rules.pauseMs(1, response(headers), clock, random)
      if (askedMs === undefined) assert.ok(pause >= 0 && pause < 25, String(pause))
      else assert.ok(pause >= askedMs && pause <= askedMs * 1.5, String(pause))
    }
  })
}

test('a gRPC server says when to come again, or not to', () => {
  const rules = new RetryRules(retryPolicy({ grpcStatuses: [14] }), 'grpc')
  const pause = (value: string): number =>
    rules.pauseMs(1, response({ 'grpc-retry-pushback-ms': value }), new SimulatedClock(), random)
  assert.equal(pause('1500'), 1500)
  assert.equal(pause('0'), 0)
  assert.equal(pause('-1'), -1)
  assert.equal(pause('x'), -1)
})

test('the back-off doubles in each view by its own formula, up to its maximum', () => {
  const most = (view: 'http' | 'grpc', retry: number): number => {
    const rules = new RetryRules(retryPolicy({}, { backOff: { baseMs: 100, maxMs: 350 } }), view)
    const draws = Array.from({ length: 400 }, () => rules.pauseMs(retry, undefined, new SimulatedClock(), random))
    return Math.max(...draws)
  }
  const expected = [100, 300, 350]
  for (const [index, ms] of expected.entries()) assert.ok(Math.abs(most('http', index + 1) - ms) < 0.1 * ms)
  for (const [index, ms] of [100, 200, 350].entries()) assert.ok(Math.abs(most('grpc', index + 1) - ms) < 0.1 * ms)
})

test('canaries and endpoints with given metadata are avoided', () => {
  const bearing = (metadata: object): Endpoint =>
    new Endpoint({ ...endpoint(1), metadata: { 'envoy.lb': metadata as Record<string, string> } })
  const parts = {
    avoidPreviousHosts: false,
    avoidCanaries: true,
    avoidMetadata: { stage: 'old', tags: ['a', { b: 1 }] },
  }
  const rules = new RetryRules(retryPolicy({}, parts), 'http')
  assert.equal(rules.rejects(bearing({ canary: true }), []), true)
  assert.equal(rules.rejects(bearing({ canary: 'true' }), []), false)
  assert.equal(rules.rejects(bearing({ stage: 'old', tags: ['a', { b: 1 }], more: 1 }), []), true)
  assert.equal(rules.rejects(bearing({ stage: 'old', tags: ['a', { b: 2 }] }), []), false)
  const tried = bearing({})
  assert.equal(rules.rejects(tried, [tried]), false)
  assert.equal(new RetryRules(retryPolicy({}), 'http').rejects(tried, [tried]), true)
})

test("what a request asks for is merged into its route's policy", () => {
  const headers = {
    'x-envoy-retry-on': 'reset, retriable-headers',
    'x-envoy-retry-grpc-on': 'unavailable',
    'x-envoy-max-retries': '7',
    'x-envoy-retriable-status-codes': '418, x, 409',
    'x-envoy-retriable-header-names': 'X-Again',
    'x-envoy-upstream-rq-per-try-timeout-ms': '300',
  }
  const policy = steeredPolicy(
    retryPolicy({ gatewayError: true }, { retriableStatusCodes: [503] }),
    request({ headers }),
  )!
  assert.equal(policy.conditions.gatewayError && policy.conditions.reset && policy.conditions.retriableHeaders, true)
  assert.deepEqual(policy.conditions.grpcStatuses, [14])
  assert.deepEqual([policy.retries, policy.perTryTimeoutMs, policy.retriableStatusCodes], [7, 300, [503, 418, 409]])
  assert.deepEqual(
    policy.retriableHeaders?.map(({ name }) => name),
    ['x-again'],
  )
})

test('a request can ask for retries where its route says nothing of them', () => {
  assert.equal(steeredPolicy(undefined, request({ headers: { 'x-envoy-max-retries': '3' } })), undefined)
  const policy = steeredPolicy(undefined, request({ headers: { 'x-envoy-retry-on': '5xx' } }))
  assert.deepEqual([policy?.conditions.serverError, policy?.retries], [true, 1])
})
