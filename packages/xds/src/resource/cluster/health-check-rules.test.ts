import assert from 'node:assert/strict'
import type { HealthCheckConfig } from '@inmesh/core'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterType } from './cluster-type.js'

const BASIC = { timeout: '1s', interval: '5s', unhealthyThreshold: 3, healthyThreshold: 2 }

const CHECK = 'health_checks[0]'

function checking(...healthChecks: object[]): object {
  return { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, healthChecks }
}

function http(httpHealthCheck: object, more: object = {}): object {
  return checking({ ...BASIC, ...more, httpHealthCheck: { path: '/health', ...httpHealthCheck } })
}

function tcp(tcpHealthCheck: object, more: object = {}): object {
  return checking({ ...BASIC, ...more, tcpHealthCheck })
}

function expect(parts: Partial<HealthCheckConfig>): (value: ClusterResource) => void {
  return ({ config: { healthCheck } }) => assert.deepEqual({ ...healthCheck, ...parts }, healthCheck)
}

const RULES: readonly Rule<ClusterResource>[] = [
  {
    id: 'HC-1',
    rule: 'an HTTP check has defaults',
    input: http({}),
    outcome: 'carried',
    check: expect({
      check: {
        kind: 'http',
        path: '/health',
        host: '',
        method: 'GET',
        headers: [],
        receive: [],
        responseBufferSize: 1024,
        expected: [{ start: 200, end: 201 }],
        retriable: [],
      },
      timeoutMs: 1000,
      intervalMs: 5000,
      unhealthyIntervalMs: 5000,
      unhealthyEdgeIntervalMs: 5000,
      healthyEdgeIntervalMs: 5000,
      noTrafficIntervalMs: 60_000,
      noTrafficHealthyIntervalMs: 60_000,
      initialJitterMs: 0,
      intervalJitterMs: 0,
      intervalJitterPercent: 0,
      unhealthyThreshold: 3,
      healthyThreshold: 2,
      reuseConnection: true,
      excludesNew: false,
      keepsRemoved: true,
    }),
  },
  {
    id: 'HC-2',
    rule: 'every value of an HTTP check is carried',
    input: http({
      host: 'h',
      method: 'POST',
      send: { text: '6869' },
      receive: [{ text: '6f6b' }, { binary: 'AQI=' }],
      responseBufferSize: 0,
      requestHeadersToAdd: [{ header: { key: 'X-A', value: '100%%' } }],
      requestHeadersToRemove: ['User-Agent'],
      expectedStatuses: [{ start: 200, end: 300 }],
      retriableStatuses: [{ start: 503, end: 504 }],
      serviceNameMatcher: { prefix: 'c' },
    }),
    outcome: 'carried',
    check: expect({
      check: {
        kind: 'http',
        path: '/health',
        host: 'h',
        method: 'POST',
        headers: [
          ['user-agent', ''],
          ['x-a', '100%'],
        ],
        send: Buffer.from('hi'),
        receive: [Buffer.from('ok'), new Uint8Array([1, 2])],
        responseBufferSize: 0,
        expected: [{ start: 200, end: 300 }],
        retriable: [{ start: 503, end: 504 }],
        serviceName: { kind: 'prefix', value: 'c', ignoreCase: false },
      },
    }),
  },
  {
    id: 'HC-3',
    rule: 'every interval is carried, and follows its neighbour where it is not set',
    input: tcp(
      {},
      {
        unhealthyInterval: '2s',
        healthyEdgeInterval: '3s',
        noTrafficInterval: '4s',
        initialJitter: '0.1s',
        intervalJitter: '0.2s',
        intervalJitterPercent: 30,
        reuseConnection: false,
        altPort: 81,
      },
    ),
    outcome: 'carried',
    check: expect({
      check: { kind: 'tcp', receive: [] },
      intervalMs: 5000,
      unhealthyIntervalMs: 2000,
      unhealthyEdgeIntervalMs: 2000,
      healthyEdgeIntervalMs: 3000,
      noTrafficIntervalMs: 4000,
      noTrafficHealthyIntervalMs: 4000,
      initialJitterMs: 100,
      intervalJitterMs: 200,
      intervalJitterPercent: 30,
      reuseConnection: false,
      port: 81,
    }),
  },
  {
    id: 'HC-4',
    rule: 'a gRPC check is carried',
    input: checking({
      ...BASIC,
      grpcHealthCheck: {
        serviceName: 's',
        authority: 'a',
        initialMetadata: [{ header: { key: 'X-A', value: 'v' } }, { header: { key: 'x-b', value: '%REQ(x)%' } }],
      },
    }),
    outcome: 'listed',
    fields: [`${CHECK}.grpc_health_check.initial_metadata[1]`],
    check: expect({ check: { kind: 'grpc', service: 's', authority: 'a', metadata: [['x-a', 'v']] } }),
  },
  {
    id: 'HC-5',
    rule: 'what Envoy requires refuses HTTP; gRPC reads no checks',
    input: checking({}),
    outcome: 'HTTP refused',
    fields: [
      `${CHECK}.timeout`,
      `${CHECK}.interval`,
      CHECK,
      `${CHECK}.unhealthy_threshold`,
      `${CHECK}.healthy_threshold`,
    ],
  },
  {
    id: 'HC-6',
    rule: 'no interval is 0',
    input: tcp({}, { timeout: '0s', noTrafficInterval: '0s' }),
    outcome: 'HTTP refused',
    fields: [`${CHECK}.timeout`, `${CHECK}.no_traffic_interval`],
  },
  {
    id: 'HC-7',
    rule: 'there is one check at most',
    input: checking({ ...BASIC, tcpHealthCheck: {} }, { ...BASIC, tcpHealthCheck: {} }),
    outcome: 'HTTP refused',
    fields: ['health_checks[1]'],
  },
  {
    id: 'HC-8',
    rule: 'an HTTP check needs a path, and statuses that exist',
    input: http({ path: '', expectedStatuses: [{ start: 99, end: 200 }], retriableStatuses: [{ start: 5, end: 5 }] }),
    outcome: 'HTTP refused',
    fields: [
      `${CHECK}.http_health_check.path`,
      `${CHECK}.http_health_check.expected_statuses[0]`,
      `${CHECK}.http_health_check.retriable_statuses[0]`,
    ],
  },
  {
    id: 'HC-9',
    rule: 'a body goes with methods that have one',
    input: http({ send: { text: '00' } }),
    outcome: 'HTTP refused',
    fields: [`${CHECK}.http_health_check.send`],
  },
  {
    id: 'HC-10',
    rule: 'payloads are bytes in hexadecimal digits',
    input: tcp({ send: { text: 'xyz' }, receive: [{ text: '0' }] }),
    outcome: 'HTTP refused',
    fields: [`${CHECK}.tcp_health_check.send.text`, `${CHECK}.tcp_health_check.receive[0].text`],
  },
  {
    id: 'HC-11',
    rule: 'endpoints that would be asked over another protocol are not checked',
    input: http({ codecClientType: 'HTTP2' }),
    outcome: 'listed',
    fields: [`${CHECK}.http_health_check.codec_client_type`],
    check: ({ config }) => assert.equal(config.healthCheck, undefined),
  },
  {
    id: 'HC-12',
    rule: 'endpoints are not checked by extensions',
    input: checking({ ...BASIC, customHealthCheck: { name: 'envoy.health_checkers.redis' } }),
    outcome: 'listed',
    fields: [`${CHECK}.custom_health_check`],
    check: ({ config }) => assert.equal(config.healthCheck, undefined),
  },
  {
    id: 'HC-13',
    rule: 'events, TLS and the PROXY protocol are listed',
    input: tcp({ proxyProtocolConfig: {} }, { eventLogPath: '/log', tlsOptions: { alpnProtocols: ['h2'] } }),
    outcome: 'listed',
    fields: [`${CHECK}.event_log_path`, `${CHECK}.tls_options`, `${CHECK}.tcp_health_check.proxy_protocol_config`],
  },
  {
    id: 'HC-30',
    rule: 'whether new endpoints count before they were checked, and whether removed ones stay while they pass, is carried',
    input: {
      ...checking({ ...BASIC, tcpHealthCheck: {} }),
      commonLbConfig: { ignoreNewHostsUntilFirstHc: true },
      ignoreHealthOnHostRemoval: true,
    },
    outcome: 'carried',
    check: expect({ excludesNew: true, keepsRemoved: false }),
  },
  {
    id: 'HC-31',
    rule: 'an endpoint that DNS no longer tells of stays while it passes',
    input: {
      name: 'c',
      type: 'STRICT_DNS',
      loadAssignment: { clusterName: 'c' },
      healthChecks: [{ ...BASIC, tcpHealthCheck: {} }],
    },
    outcome: 'gRPC refused',
    fields: ['type'],
    check: expect({ keepsRemoved: true }),
  },
  {
    id: 'HC-32',
    rule: 'an endpoint that is listed in its cluster does not outlive the list',
    input: {
      name: 'c',
      type: 'STATIC',
      loadAssignment: { clusterName: 'c' },
      healthChecks: [{ ...BASIC, tcpHealthCheck: {} }],
    },
    outcome: 'gRPC refused',
    fields: ['type'],
    check: expect({ keepsRemoved: false }),
  },
]

testRules({
  type: clusterType,
  outcomeOf: ({ config }, listed) => refusedViews(config.refused)[0] ?? (listed ? 'listed' : 'carried'),
  rules: RULES,
})
