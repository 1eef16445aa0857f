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
  retriableHeaders: false,
  envoyRateLimited: false,
  grpcStatuses: [],
}

function expectConditions(expected: Partial<RetryConditions>): (value: RouteConfiguration) => void {
  return expectRetry(({ conditions }) => assert.deepEqual(conditions, { ...NOTHING, ...expected }))
}

function expectBackOff(baseMs: number, maxMs: number): (value: RouteConfiguration) => void {
  return expectRetry(({ backOff }) => assert.deepEqual(backOff, { baseMs, maxMs }))
}

function previousPriorities(updateFrequency: number): object {
  const type = 'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig'
  return retries({ retryPriority: { name: 'p', typedConfig: { '@type': type, updateFrequency } } })
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
    rule: 'an unknown condition is left out; one that cannot happen is not listed',
    input: retries({ retryOn: 'reset,envoy-ratelimited,retriable-headers,http3-post-connect-failure,never' }),
    outcome: 'listed',
    fields: [`${RETRY}.retry_on`],
    check: expectConditions({ reset: true, envoyRateLimited: true, retriableHeaders: true }),
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
    rule: 'canaries and endpoints with given metadata are avoided',
    input: retries({
      retryHostPredicate: [
        { name: 'envoy.retry_host_predicates.omit_canary_hosts' },
        {
          name: 'm',
          typedConfig: {
            '@type': 'type.googleapis.com/envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig',
            metadataMatch: { filterMetadata: { 'envoy.lb': { stage: 'old' } } },
          },
        },
      ],
    }),
    outcome: 'carried',
    check: expectRetry(({ avoidPreviousHosts, avoidCanaries, avoidMetadata }) =>
      assert.deepEqual([avoidPreviousHosts, avoidCanaries, avoidMetadata], [false, true, { stage: 'old' }]),
    ),
  },
  {
    id: 'RDS-184',
    rule: 'other predicates, priorities and options are listed',
    input: retries({
      retryHostPredicate: [{ name: 'own' }],
      retryPriority: { name: 'p' },
      retryOptionsPredicates: [{ name: 'o' }],
    }),
    outcome: 'listed',
    fields: ['retry_options_predicates', 'retry_host_predicate[0]', 'retry_priority'].map(
      (field) => `${RETRY}.${field}`,
    ),
  },
  {
    id: 'RDS-185',
    rule: 'conditions on headers are carried',
    input: retries({
      retryOn: 'retriable-headers',
      retriableHeaders: [{ name: 'X-Again', presentMatch: true }],
      retriableRequestHeaders: [{ name: 'x-safe', presentMatch: true }],
    }),
    outcome: 'carried',
    check: expectRetry(({ retriableHeaders, retriableRequestHeaders }) =>
      assert.deepEqual(
        [retriableHeaders?.map(({ name }) => name), retriableRequestHeaders?.map(({ name }) => name)],
        [['x-again'], ['x-safe']],
      ),
    ),
  },
  {
    id: 'RDS-188',
    rule: 'pauses that responses ask for are carried, up to five minutes by default',
    input: retries({
      rateLimitedRetryBackOff: {
        resetHeaders: [{ name: 'Retry-After' }, { name: 'X-RateLimit-Reset', format: 'UNIX_TIMESTAMP' }],
      },
    }),
    outcome: 'carried',
    check: expectRetry(({ rateLimitedBackOff }) =>
      assert.deepEqual(rateLimitedBackOff, {
        headers: [
          { name: 'retry-after', format: 'seconds' },
          { name: 'x-ratelimit-reset', format: 'unix-timestamp' },
        ],
        maxMs: 300_000,
      }),
    ),
  },
  {
    id: 'RDS-189',
    rule: 'pauses that responses ask for need a header with a name and a longest pause above 0',
    input: retries({ rateLimitedRetryBackOff: { resetHeaders: [{}], maxInterval: '0s' } }),
    outcome: 'malformed',
    fields: ['max_interval', 'reset_headers[0].name'].map((field) => `${RETRY}.rate_limited_retry_back_off.${field}`),
  },
  {
    id: 'RDS-190',
    rule: 'pauses that responses ask for need at least one header',
    input: retries({ rateLimitedRetryBackOff: {} }),
    outcome: 'malformed',
    fields: [`${RETRY}.rate_limited_retry_back_off.reset_headers`],
  },
  {
    id: 'RDS-191',
    rule: 'priorities that were tried are left out after so many attempts',
    input: previousPriorities(2),
    outcome: 'carried',
    check: expectRetry(({ previousPrioritiesAfter }) => assert.equal(previousPrioritiesAfter, 2)),
  },
  {
    id: 'RDS-192',
    rule: 'priorities are left out after one attempt at least',
    input: previousPriorities(0),
    outcome: 'malformed',
    fields: [`${RETRY}.retry_priority.typed_config.update_frequency`],
  },
  {
    id: 'RDS-193',
    rule: 'the idle limit per try is carried',
    input: retries({ perTryIdleTimeout: '1s' }),
    outcome: 'carried',
    check: expectRetry(({ perTryIdleTimeoutMs }) => assert.equal(perTryIdleTimeoutMs, 1000)),
  },
  {
    id: 'RDS-194',
    rule: 'a policy without any condition that is known is checked all the same',
    input: retries({ retryOn: 'never', retryBackOff: { baseInterval: '0s' } }),
    outcome: 'malformed',
    fields: [`${RETRY}.retry_back_off.base_interval`],
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
