import assert from 'node:assert/strict'
import type { RetryConditions, RetryPolicy, RouteConfiguration } from '@inmesh/core'
import { routeOutcome } from '../../testing/route-outcome.js'
import { type Rule, testRules } from '../../testing/rule-table.js'
import { routeConfigurationType } from './route-configuration-type.js'

const MATCH = { prefix: '/' }
const RETRY = 'virtual_hosts[0].routes[0].route.retry_policy'
const PREVIOUS_HOSTS = 'envoy.retry_host_predicates.previous_hosts'

function retries(retryPolicy: object): object {
  const routes = [{ match: MATCH, route: { cluster: 'c', retryPolicy } }]
  return { name: 'r', virtualHosts: [{ name: 'h', domains: ['*'], routes }] }
}

function policyOf(value: RouteConfiguration): RetryPolicy | undefined {
  const action = value.virtualHosts[0]?.routes[0]?.action
  assert.ok(action?.kind === 'forward')
  return action.retryPolicy
}

function expectRetry(check: (policy: RetryPolicy) => void): (value: RouteConfiguration) => void {
  return (value) => {
    const policy = policyOf(value)
    assert.ok(policy)
    check(policy)
  }
}

const NOTHING: RetryConditions = {
  serverError: false,
  gatewayError: false,
  reset: false,
  resetBeforeRequest: false,
  connectFailure: false,
  refusedStream: false,
  retriable4xx: false,
  retriableStatusCodes: false,
  grpcStatuses: [],
}

function expectConditions(expected: Partial<RetryConditions>): (value: RouteConfiguration) => void {
  return expectRetry(({ conditions }) => assert.deepEqual(conditions, { ...NOTHING, ...expected }))
}

function expectBackOff(baseMs: number, maxMs: number): (value: RouteConfiguration) => void {
  return expectRetry(({ backOff }) => assert.deepEqual(backOff, { baseMs, maxMs }))
}

const RULES: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-170',
    rule: "Istio's default policy is carried whole",
    input: retries({
      retryOn: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
      numRetries: 2,
      retryHostPredicate: [
        {
          name: PREVIOUS_HOSTS,
          typedConfig: {
            '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
          },
        },
      ],
      hostSelectionRetryMaxAttempts: '5',
    }),
    outcome: 'carried',
    check: expectRetry((policy) =>
      assert.deepEqual(policy, {
        conditions: {
          ...NOTHING,
          connectFailure: true,
          refusedStream: true,
          retriableStatusCodes: true,
          grpcStatuses: [14, 1],
        },
        retries: 2,
        retriableStatusCodes: [],
        perTryTimeoutMs: 0,
        backOff: { baseMs: 25, maxMs: 250 },
        avoidPreviousHosts: true,
        hostSelectionAttempts: 5,
      }),
    ),
  },
  {
    id: 'RDS-171',
    rule: 'all conditions are known, whatever their case and spaces',
    input: retries({
      retryOn:
        ' 5xx, Gateway-Error,reset,reset-before-request,retriable-4xx,deadline-exceeded,internal,resource-exhausted,internal,',
    }),
    outcome: 'carried',
    check: expectConditions({
      serverError: true,
      gatewayError: true,
      reset: true,
      resetBeforeRequest: true,
      retriable4xx: true,
      grpcStatuses: [4, 13, 8],
    }),
  },
  {
    id: 'RDS-172',
    rule: 'an unknown condition is left out',
    input: retries({ retryOn: 'reset,envoy-ratelimited,retriable-headers' }),
    outcome: 'listed',
    fields: [`${RETRY}.retry_on`],
    check: expectConditions({ reset: true }),
  },
  {
    id: 'RDS-173',
    rule: 'there is one retry by default',
    input: retries({ retryOn: 'reset' }),
    outcome: 'carried',
    check: expectRetry(({ retries: count, hostSelectionAttempts }) =>
      assert.deepEqual([count, hostSelectionAttempts], [1, 1]),
    ),
  },
  {
    id: 'RDS-174',
    rule: 'no retries: gRPC refuses the number, HTTP does not retry',
    input: retries({ retryOn: 'reset', numRetries: 0 }),
    outcome: 'gRPC refused',
    fields: [`${RETRY}.num_retries`],
    check: expectRetry(({ retries: count }) => assert.equal(count, 0)),
  },
  {
    id: 'RDS-175',
    rule: 'status codes and the limit per try are carried',
    input: retries({ retriableStatusCodes: [503, 409], perTryTimeout: '0.5s' }),
    outcome: 'carried',
    check: expectRetry((policy) =>
      assert.deepEqual([policy.retriableStatusCodes, policy.perTryTimeoutMs], [[503, 409], 500]),
    ),
  },
  {
    id: 'RDS-176',
    rule: 'the longest pause is ten times the base',
    input: retries({ retryBackOff: { baseInterval: '0.040s' } }),
    outcome: 'carried',
    check: expectBackOff(40, 400),
  },
  {
    id: 'RDS-177',
    rule: 'a pause is at least a millisecond',
    input: retries({ retryBackOff: { baseInterval: '0.0001s', maxInterval: '0.0002s' } }),
    outcome: 'carried',
    check: expectBackOff(1, 1),
  },
  {
    id: 'RDS-178',
    rule: 'a back-off has a base',
    input: retries({ retryBackOff: {} }),
    outcome: 'malformed',
    fields: [`${RETRY}.retry_back_off.base_interval`],
  },
  {
    id: 'RDS-179',
    rule: 'a base is more than 0',
    input: retries({ retryBackOff: { baseInterval: '0s' } }),
    outcome: 'malformed',
    fields: [`${RETRY}.retry_back_off.base_interval`],
  },
  {
    id: 'RDS-180',
    rule: 'the longest pause is more than 0',
    input: retries({ retryBackOff: { baseInterval: '1s', maxInterval: '0s' } }),
    outcome: 'malformed',
    fields: [`${RETRY}.retry_back_off.max_interval`],
  },
  {
    id: 'RDS-181',
    rule: 'the longest pause is not less than the base',
    input: retries({ retryBackOff: { baseInterval: '1s', maxInterval: '0.5s' } }),
    outcome: 'malformed',
    fields: [`${RETRY}.retry_back_off.max_interval`],
  },
  {
    id: 'RDS-182',
    rule: 'previous hosts may be named without type',
    input: retries({ retryHostPredicate: [{ name: PREVIOUS_HOSTS }] }),
    outcome: 'carried',
    check: expectRetry(({ avoidPreviousHosts }) => assert.equal(avoidPreviousHosts, true)),
  },
  {
    id: 'RDS-183',
    rule: 'other predicates are listed',
    input: retries({ retryHostPredicate: [{ name: 'envoy.retry_host_predicates.omit_canary_hosts' }] }),
    outcome: 'listed',
    fields: [`${RETRY}.retry_host_predicate[0]`],
    check: expectRetry(({ avoidPreviousHosts }) => assert.equal(avoidPreviousHosts, false)),
  },
  {
    id: 'RDS-184',
    rule: 'what is not carried out is listed',
    input: retries({
      retryPriority: { name: 'p' },
      rateLimitedRetryBackOff: {},
      perTryIdleTimeout: '1s',
      retriableHeaders: [{ name: 'x' }],
    }),
    outcome: 'listed',
    fields: ['per_try_idle_timeout', 'retry_priority', 'rate_limited_retry_back_off', 'retriable_headers'].map(
      (field) => `${RETRY}.${field}`,
    ),
  },
  {
    id: 'RDS-185',
    rule: 'retries for some requests only do not become retries for all',
    input: retries({ retryOn: '5xx', retriableRequestHeaders: [{ name: 'x' }] }),
    outcome: 'listed',
    fields: [`${RETRY}.retriable_request_headers`],
    check: expectConditions({}),
  },
  {
    id: 'RDS-186',
    rule: 'a policy of the virtual host is kept with it',
    input: {
      name: 'r',
      virtualHosts: [
        {
          name: 'h',
          domains: ['*'],
          routes: [{ match: MATCH, route: { cluster: 'c' } }],
          retryPolicy: { retryOn: 'reset', numRetries: 3 },
        },
      ],
    },
    outcome: 'carried',
    check: (value) => {
      assert.equal(value.virtualHosts[0]?.retryPolicy?.retries, 3)
      assert.equal(policyOf(value), undefined)
    },
  },
  {
    id: 'RDS-187',
    rule: 'a policy that gRPC refuses concerns the routes that have none of their own',
    input: {
      name: 'r',
      virtualHosts: [
        {
          name: 'h',
          domains: ['*'],
          routes: [
            { match: MATCH, route: { cluster: 'c' } },
            { match: MATCH, route: { cluster: 'c', retryPolicy: {} } },
          ],
          retryPolicy: { numRetries: 0 },
        },
      ],
    },
    outcome: 'gRPC refused',
    fields: ['virtual_hosts[0].retry_policy.num_retries'],
    check: (value) => assert.deepEqual(value.virtualHosts[0]?.routes[1]?.refused, {}),
  },
]

testRules({ type: routeConfigurationType, outcomeOf: routeOutcome, rules: RULES })
