import assert from 'node:assert/strict'
import type { OutlierDetectionConfig } from '@inmesh/core'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterType } from './cluster-type.js'

function detecting(outlierDetection: object): object {
  return { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, outlierDetection }
}

function expect(parts: Partial<OutlierDetectionConfig>): (value: ClusterResource) => void {
  return ({ config }) => {
    const { outlierDetection } = config
    assert.deepEqual({ ...outlierDetection, ...parts }, outlierDetection)
  }
}

const RULES: readonly Rule<ClusterResource>[] = [
  {
    id: 'OD-1',
    rule: 'without the message nothing is ejected',
    input: { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } } },
    outcome: 'carried',
    check: ({ config }) => assert.equal(config.outlierDetection, undefined),
  },
  {
    id: 'OD-2',
    rule: 'an empty message ejects by success rate and by 5xx in a row, not by failure percentage',
    input: detecting({}),
    outcome: 'carried',
    check: expect({
      intervalMs: 10_000,
      baseEjectionMs: 30_000,
      maxEjectionMs: 300_000,
      maxEjectionJitterMs: 0,
      maxEjectionPercent: 10,
      alwaysEjectOneHost: false,
      splitLocalOriginErrors: false,
      unejectOnHealthCheck: true,
      consecutive5xx: { count: 5, enforcingPercent: 100 },
      consecutiveGatewayFailures: { count: 5, enforcingPercent: 0 },
      consecutiveLocalOriginFailures: { count: 5, enforcingPercent: 100 },
      successRate: {
        minimumHosts: 5,
        requestVolume: 100,
        stdevFactor: 1.9,
        enforcingPercent: 100,
        enforcingLocalOriginPercent: 100,
      },
      failurePercentage: {
        threshold: 85,
        minimumHosts: 5,
        requestVolume: 50,
        enforcingPercent: 0,
        enforcingLocalOriginPercent: 0,
      },
    }),
  },
  {
    id: 'OD-3',
    rule: 'every value is carried',
    input: detecting({
      interval: '1s',
      baseEjectionTime: '2s',
      maxEjectionTime: '3s',
      maxEjectionTimeJitter: '0.5s',
      maxEjectionPercent: 20,
      alwaysEjectOneHost: true,
      splitExternalLocalOriginErrors: true,
      successfulActiveHealthCheckUnejectHost: false,
      consecutive5xx: 1,
      enforcingConsecutive5xx: 2,
      consecutiveGatewayFailure: 3,
      enforcingConsecutiveGatewayFailure: 4,
      consecutiveLocalOriginFailure: 5,
      enforcingConsecutiveLocalOriginFailure: 6,
      successRateMinimumHosts: 7,
      successRateRequestVolume: 8,
      successRateStdevFactor: 900,
      enforcingSuccessRate: 10,
      enforcingLocalOriginSuccessRate: 11,
      failurePercentageThreshold: 12,
      failurePercentageMinimumHosts: 13,
      failurePercentageRequestVolume: 14,
      enforcingFailurePercentage: 15,
      enforcingFailurePercentageLocalOrigin: 16,
    }),
    outcome: 'carried',
    check: expect({
      intervalMs: 1000,
      baseEjectionMs: 2000,
      maxEjectionMs: 3000,
      maxEjectionJitterMs: 500,
      maxEjectionPercent: 20,
      alwaysEjectOneHost: true,
      splitLocalOriginErrors: true,
      unejectOnHealthCheck: false,
      consecutive5xx: { count: 1, enforcingPercent: 2 },
      consecutiveGatewayFailures: { count: 3, enforcingPercent: 4 },
      consecutiveLocalOriginFailures: { count: 5, enforcingPercent: 6 },
      successRate: {
        minimumHosts: 7,
        requestVolume: 8,
        stdevFactor: 0.9,
        enforcingPercent: 10,
        enforcingLocalOriginPercent: 11,
      },
      failurePercentage: {
        threshold: 12,
        minimumHosts: 13,
        requestVolume: 14,
        enforcingPercent: 15,
        enforcingLocalOriginPercent: 16,
      },
    }),
  },
  {
    id: 'OD-4',
    rule: 'percentages are 0 to 100',
    input: detecting({ maxEjectionPercent: 101, enforcingConsecutive5xx: 200 }),
    outcome: 'malformed',
    fields: ['outlier_detection.max_ejection_percent', 'outlier_detection.enforcing_consecutive_5xx'],
  },
  {
    id: 'OD-5',
    rule: 'a duration must not be negative',
    input: detecting({ interval: '-1s', maxEjectionTimeJitter: '-1s' }),
    outcome: 'malformed',
    fields: ['outlier_detection.interval', 'outlier_detection.max_ejection_time_jitter'],
  },
  {
    id: 'OD-6',
    rule: 'Envoy takes no duration of 0, gRPC does',
    input: detecting({ interval: '0s', baseEjectionTime: '0s' }),
    outcome: 'HTTP refused',
    fields: ['outlier_detection.base_ejection_time', 'outlier_detection.interval'],
  },
  {
    id: 'OD-7',
    rule: 'Envoy takes no longest ejection below the shortest; gRPC takes the larger',
    input: detecting({ baseEjectionTime: '10s', maxEjectionTime: '5s' }),
    outcome: 'HTTP refused',
    fields: ['outlier_detection.max_ejection_time'],
    check: expect({ maxEjectionMs: 10_000 }),
  },
  {
    id: 'OD-8',
    rule: 'the longest ejection is by default not below the shortest',
    input: detecting({ baseEjectionTime: '600s' }),
    outcome: 'carried',
    check: expect({ baseEjectionMs: 600_000, maxEjectionMs: 600_000 }),
  },
  {
    id: 'OD-9',
    rule: 'monitors that are extensions are listed',
    input: detecting({ monitors: [{ name: 'm' }] }),
    outcome: 'listed',
    fields: ['outlier_detection.monitors'],
  },
]

testRules({
  type: clusterType,
  outcomeOf: ({ config }, listed) => refusedViews(config.refused)[0] ?? (listed ? 'listed' : 'carried'),
  rules: RULES,
})
