import assert from 'node:assert/strict'
import type { ClusterConfig } from '@inmesh/core'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterType } from './cluster-type.js'

const OPTIONS = 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
const EXTENSION = 'typed_extension_protocol_options["http"].common_http_protocol_options'

function eds(more: object = {}): object {
  return { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, ...more }
}

function thresholds(...entries: object[]): object {
  return eds({ circuitBreakers: { thresholds: entries } })
}

function perHost(...perHostThresholds: object[]): object {
  return eds({ circuitBreakers: { perHostThresholds } })
}

function extension(commonHttpProtocolOptions: object, more: object = {}): object {
  const http = { '@type': OPTIONS, explicitHttpConfig: {}, commonHttpProtocolOptions }
  return eds({ ...more, typedExtensionProtocolOptions: { http } })
}

function expect<Key extends keyof ClusterConfig>(
  key: Key,
  expected: ClusterConfig[Key] | undefined,
): (value: ClusterResource) => void {
  return ({ config }) => assert.deepEqual(config[key], expected)
}

const BUDGET = { percent: 20, minConcurrency: 3 }
const DEFAULTS = { maxRequests: 1024, maxRetries: 3, retryBudget: BUDGET }

const RULES: readonly Rule<ClusterResource>[] = [
  {
    id: 'CB-1',
    rule: 'limits hold where none are configured',
    input: eds(),
    outcome: 'carried',
    check: expect('thresholds', DEFAULTS),
  },
  {
    id: 'CB-2',
    rule: 'of each priority the first thresholds count',
    input: thresholds(
      { priority: 'HIGH', maxRequests: 1 },
      { maxRequests: 2, maxRetries: 0 },
      { maxRequests: 3 },
      { priority: 'HIGH', maxRequests: 4 },
    ),
    outcome: 'carried',
    check: (value) => {
      expect('thresholds', { maxRequests: 2, maxRetries: 0 })(value)
      expect('highPriorityThresholds', { ...DEFAULTS, maxRequests: 1 })(value)
    },
  },
  {
    id: 'CB-3',
    rule: 'connections and waiting requests are limited; what remains can be read in any case',
    input: thresholds({ maxConnections: 7, maxPendingRequests: 0, trackRemaining: true }),
    outcome: 'carried',
    check: expect('thresholds', { ...DEFAULTS, maxConnections: 7, maxPendingRequests: 0 }),
  },
  {
    id: 'CB-4',
    rule: 'a retry budget has defaults',
    input: thresholds({ retryBudget: {} }),
    outcome: 'carried',
    check: expect('thresholds', DEFAULTS),
  },
  {
    id: 'CB-17',
    rule: 'the largest number of retries, which istiod sends where nobody said one, is no limit: the budget holds',
    input: thresholds({ maxRetries: 4294967295 }),
    outcome: 'carried',
    check: expect('thresholds', { ...DEFAULTS, maxRetries: 4294967295 }),
  },
  {
    id: 'CB-5',
    rule: 'a retry budget is carried',
    input: thresholds({ retryBudget: { budgetPercent: { value: 12.5 }, minRetryConcurrency: 9 } }),
    outcome: 'carried',
    check: expect('thresholds', { ...DEFAULTS, retryBudget: { percent: 12.5, minConcurrency: 9 } }),
  },
  {
    id: 'CB-6',
    rule: 'a retry budget is a percentage for Envoy; gRPC does not read it',
    input: thresholds({ retryBudget: { budgetPercent: { value: 101 } } }),
    outcome: 'HTTP refused',
    fields: ['circuit_breakers.thresholds[0].retry_budget.budget_percent'],
  },
  {
    id: 'CB-7',
    rule: 'the number of pools is not limited',
    input: thresholds({ maxConnectionPools: 1 }),
    outcome: 'listed',
    fields: ['circuit_breakers.thresholds[0].max_connection_pools'],
  },
  {
    id: 'CB-8',
    rule: 'connections are limited per endpoint, by priority',
    input: perHost({ maxConnections: 4 }, { priority: 'HIGH', maxConnections: 5 }, { maxConnections: 6 }),
    outcome: 'carried',
    check: (value) => {
      expect('thresholds', { ...DEFAULTS, maxConnectionsPerEndpoint: 4 })(value)
      expect('highPriorityThresholds', { ...DEFAULTS, maxConnectionsPerEndpoint: 5 })(value)
    },
  },
  {
    id: 'CB-9',
    rule: 'nothing else is limited per endpoint',
    input: perHost({ maxRequests: 4 }),
    outcome: 'listed',
    fields: ['circuit_breakers.per_host_thresholds[0].max_requests'],
  },
  {
    id: 'CB-10',
    rule: 'gRPC allows at least one connection per endpoint',
    input: perHost({ maxConnections: 0 }),
    outcome: 'gRPC refused',
    fields: ['circuit_breakers.per_host_thresholds[0].max_connections'],
  },
  {
    id: 'CB-11',
    rule: 'how long connections live is carried',
    input: extension({ idleTimeout: '30s', maxConnectionDuration: '60s', maxRequestsPerConnection: 9 }),
    outcome: 'carried',
    check: expect('connections', { idleTimeoutMs: 30_000, maxAgeMs: 60_000, maxRequests: 9 }),
  },
  {
    id: 'CB-12',
    rule: 'no idle timeout is one of its own, no limit of requests is none',
    input: extension({ idleTimeout: '0s', maxRequestsPerConnection: 0 }),
    outcome: 'carried',
    check: expect('connections', { idleTimeoutMs: 0 }),
  },
  {
    id: 'CB-13',
    rule: "the cluster's own options count where the extension has none",
    input: eds({ commonHttpProtocolOptions: { idleTimeout: '1s' }, maxRequestsPerConnection: 2 }),
    outcome: 'carried',
    check: expect('connections', { idleTimeoutMs: 1000, maxRequests: 2 }),
  },
  {
    id: 'CB-14',
    rule: 'the extension goes before them',
    input: extension({ idleTimeout: '2s' }, { commonHttpProtocolOptions: { idleTimeout: '1s' } }),
    outcome: 'carried',
    check: expect('connections', { idleTimeoutMs: 2000 }),
  },
  {
    id: 'CB-15',
    rule: 'a duration must not be negative',
    input: extension({ idleTimeout: '-1s' }),
    outcome: 'malformed',
    fields: [`${EXTENSION}.idle_timeout`],
  },
  {
    id: 'CB-16',
    rule: 'other limits of connections are listed',
    input: extension({ maxHeadersCount: 5 }),
    outcome: 'listed',
    fields: [`${EXTENSION}.max_headers_count`],
  },
  {
    id: 'CB-18',
    rule: 'a limit of the time of each attempt is carried',
    input: extension({ maxStreamDuration: '1.5s' }),
    outcome: 'carried',
    check: ({ config }) => assert.equal(config.connections?.maxStreamDurationMs, 1500),
  },
]

testRules({
  type: clusterType,
  outcomeOf: ({ config }, listed) => refusedViews(config.refused)[0] ?? (listed ? 'listed' : 'carried'),
  rules: RULES,
})
