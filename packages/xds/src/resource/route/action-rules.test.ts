import assert from 'node:assert/strict'
import type { ForwardAction, RouteConfiguration } from '@inmesh/core'
import { routeOutcome } from '../../testing/route-outcome.js'
import { type Rule, testRules } from '../../testing/rule-table.js'
import { routeConfigurationType } from './route-configuration-type.js'

const MATCH = { prefix: '/' }
const ROUTE = 'virtual_hosts[0].routes[0]'
const ACTION = `${ROUTE}.route`

function routes(...entries: object[]): object {
  return {
    name: 'r',
    virtualHosts: [{ name: 'h', domains: ['*'], routes: entries.map((entry) => ({ match: MATCH, ...entry })) }],
  }
}

function action(more: object): object {
  return routes({ route: { cluster: 'c', ...more } })
}

function weighted(...clusters: object[]): object {
  return routes({ route: { weightedClusters: { clusters } } })
}

function plugin(more: object = {}): object {
  return {
    ...routes({ route: { clusterSpecifierPlugin: 'p' } }),
    clusterSpecifierPlugins: [{ extension: { name: 'p' }, ...more }],
  }
}

function forward(value: RouteConfiguration): ForwardAction {
  const first = value.virtualHosts[0]?.routes[0]?.action
  assert.ok(first?.kind === 'forward')
  return first
}

function expectClusters(...expected: (readonly [string, number])[]): (value: RouteConfiguration) => void {
  return (value) =>
    assert.deepEqual(
      forward(value).clusters.map(({ name, weight }) => [name, weight]),
      expected,
    )
}

function expectLimits(expected: object): (value: RouteConfiguration) => void {
  return (value) => {
    const { timeoutMs, maxStreamDurationMs, grpcMaxStreamDurationMs } = forward(value)
    assert.deepEqual({ timeoutMs, maxStreamDurationMs, grpcMaxStreamDurationMs }, expected)
  }
}

/** Fields of an action that change its meaning: HTTP calls fail, gRPC does not read them. */
function refusedForHttp(id: string, field: string, value: unknown, path: string): Rule<RouteConfiguration> {
  return {
    id,
    rule: `${path} refuses HTTP`,
    input: action({ [field]: value }),
    outcome: 'HTTP refused',
    fields: [`${ACTION}.${path}`],
  }
}

/** Fields of an action that calls do the right thing without. */
function listed(id: string, field: string, value: unknown, path: string): Rule<RouteConfiguration> {
  return {
    id,
    rule: `${path} is listed`,
    input: action({ [field]: value }),
    outcome: 'listed',
    fields: [`${ACTION}.${path}`],
  }
}

const ACTIONS: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-100',
    rule: 'a cluster is one destination',
    input: action({}),
    outcome: 'carried',
    check: expectClusters(['c', 1]),
  },
  {
    id: 'RDS-101',
    rule: 'a cluster has a name',
    input: action({ cluster: '' }),
    outcome: 'malformed',
    fields: [`${ACTION}.cluster`],
  },
  {
    id: 'RDS-104',
    rule: 'a filter action fails the calls that come to it',
    input: routes({ filterAction: {} }),
    outcome: 'fails',
    fields: [`${ROUTE}.filter_action`],
  },
  {
    id: 'RDS-105',
    rule: 'an action for servers is carried, by servers',
    input: routes({ nonForwardingAction: {} }),
    outcome: 'carried',
    check: ({ virtualHosts }) => assert.equal(virtualHosts[0]?.routes[0]?.action.kind, 'serve'),
  },
  {
    id: 'RDS-106',
    rule: 'an action that is missing or unknown fails the calls that come to it',
    input: routes({}),
    outcome: 'fails',
    fields: [ROUTE],
  },
  {
    id: 'RDS-107',
    rule: 'one such route costs its siblings nothing',
    input: routes({ route: { cluster: 'c' } }, { filterAction: {} }),
    outcome: 'listed',
    fields: ['virtual_hosts[0].routes[1].filter_action'],
    check: (value) => assert.equal(value.virtualHosts[0]?.routes.length, 2),
  },
  {
    id: 'RDS-108',
    rule: 'a cluster chosen by header: gRPC passes the route by',
    input: routes({ route: { clusterHeader: 'x' } }),
    outcome: 'gRPC skipped',
    fields: [`${ACTION}.cluster_header`],
    check: (value) => assert.equal(forward(value).clusters[0]!.clusterHeader, 'x'),
  },
  {
    id: 'RDS-109',
    rule: 'an unknown way to choose a cluster is as that',
    input: routes({ route: {} }),
    outcome: 'fails, gRPC skipped',
    fields: [ACTION],
  },
  {
    id: 'RDS-110',
    rule: 'a plugin in the route is as that',
    input: routes({ route: { inlineClusterSpecifierPlugin: { extension: { name: 'p' } } } }),
    outcome: 'fails, gRPC skipped',
    fields: [`${ACTION}.inline_cluster_specifier_plugin`],
  },
  {
    id: 'RDS-111',
    rule: 'a plugin that is not known fails the calls',
    input: plugin(),
    outcome: 'fails',
    fields: ['cluster_specifier_plugins[0]', `${ACTION}.cluster_specifier_plugin`],
  },
  {
    id: 'RDS-112',
    rule: 'a plugin that is optional makes gRPC pass the route by',
    input: plugin({ isOptional: true }),
    outcome: 'fails, gRPC skipped',
    fields: ['cluster_specifier_plugins[0]', `${ACTION}.cluster_specifier_plugin`],
  },
  {
    id: 'RDS-113',
    rule: 'a plugin must be declared',
    input: routes({ route: { clusterSpecifierPlugin: 'p' } }),
    outcome: 'malformed',
    fields: [`${ACTION}.cluster_specifier_plugin`],
  },
  {
    id: 'RDS-114',
    rule: 'a plugin has a name',
    input: { ...routes({ route: { cluster: 'c' } }), clusterSpecifierPlugins: [{}] },
    outcome: 'malformed',
    fields: ['cluster_specifier_plugins[0].extension'],
  },
  {
    id: 'RDS-115',
    rule: 'weights are carried, and a weight of 0 is left out',
    input: weighted({ name: 'a', weight: 90 }, { name: 'b', weight: 0 }, { name: 'd', weight: 10 }, { name: 'e' }),
    outcome: 'carried',
    check: expectClusters(['a', 90], ['d', 10]),
  },
  {
    id: 'RDS-116',
    rule: 'weights need not add up to 100 or to total_weight',
    input: routes({ route: { weightedClusters: { clusters: [{ name: 'a', weight: 3 }], totalWeight: 7 } } }),
    outcome: 'carried',
    check: expectClusters(['a', 3]),
  },
  {
    id: 'RDS-117',
    rule: 'weights are not all 0',
    input: weighted({ name: 'a', weight: 0 }),
    outcome: 'malformed',
    fields: [`${ACTION}.weighted_clusters.clusters`],
  },
  {
    id: 'RDS-118',
    rule: 'there is at least one weight',
    input: weighted(),
    outcome: 'malformed',
    fields: [`${ACTION}.weighted_clusters.clusters`],
  },
  {
    id: 'RDS-119',
    rule: 'weights add up in 32 bits',
    input: weighted({ name: 'a', weight: 4294967295 }, { name: 'b', weight: 1 }),
    outcome: 'malformed',
    fields: [`${ACTION}.weighted_clusters.clusters`],
  },
  {
    id: 'RDS-120',
    rule: 'weights add up to 4294967295 at most',
    input: weighted({ name: 'a', weight: 4294967294 }, { name: 'b', weight: 1 }),
    outcome: 'carried',
  },
  {
    id: 'RDS-121',
    rule: 'a weighted cluster has a name',
    input: weighted({ weight: 1 }),
    outcome: 'malformed',
    fields: [`${ACTION}.weighted_clusters.clusters[0].name`],
  },
  {
    id: 'RDS-122',
    rule: 'a weighted cluster chosen by header is carried for HTTP and refused for gRPC',
    input: weighted({ name: 'a', weight: 1 }, { clusterHeader: 'X-Cluster', weight: 2 }),
    outcome: 'gRPC refused',
    fields: [`${ACTION}.weighted_clusters.clusters[1].cluster_header`],
    check: (value) => {
      const [, second] = forward(value).clusters
      assert.deepEqual([second?.name, second?.clusterHeader, second?.weight], ['', 'x-cluster', 2])
    },
  },
  {
    id: 'RDS-123',
    rule: 'a weighted cluster that is chosen in two ways: Envoy refuses it, gRPC reads the name',
    input: weighted({ name: 'a', clusterHeader: 'x', weight: 1 }),
    outcome: 'HTTP refused',
    fields: [`${ACTION}.weighted_clusters.clusters[0].cluster_header`],
  },
  {
    id: 'RDS-125',
    rule: 'a header or the hash policies choose in place of chance',
    input: routes({ route: { weightedClusters: { clusters: [{ name: 'a', weight: 1 }], headerName: 'X-Dice' } } }),
    outcome: 'carried',
    check: (value) => assert.deepEqual(forward(value).clusterChoice, { kind: 'header', name: 'x-dice' }),
  },
  {
    id: 'RDS-126',
    rule: 'hash policies choose where they are asked to',
    input: routes({ route: { weightedClusters: { clusters: [{ name: 'a', weight: 1 }], useHashPolicy: true } } }),
    outcome: 'carried',
    check: (value) => assert.deepEqual(forward(value).clusterChoice, { kind: 'hash' }),
  },
  {
    id: 'RDS-127',
    rule: 'a header that names the cluster has a name',
    input: routes({ route: { clusterHeader: '' } }),
    outcome: 'malformed',
    fields: [`${ACTION}.cluster_header`],
  },
  {
    id: 'RDS-128',
    rule: 'the answer for a missing cluster is carried',
    input: action({ clusterNotFoundResponseCode: 'NOT_FOUND' }),
    outcome: 'carried',
    check: (value) => assert.equal(forward(value).clusterNotFoundStatus, 404),
  },
]

const CHANGES: readonly Rule<RouteConfiguration>[] = [
  refusedForHttp('RDS-137', 'internalRedirectPolicy', {}, 'internal_redirect_policy'),
  listed('RDS-140', 'upgradeConfigs', [{ upgradeType: 'websocket' }], 'upgrade_configs'),
  {
    id: 'RDS-143',
    rule: 'the priority is carried',
    input: action({ priority: 'HIGH' }),
    outcome: 'carried',
    check: (value) => assert.equal(forward(value).priority, 'high'),
  },
  listed('RDS-145', 'hedgePolicy', {}, 'hedge_policy'),
  listed('RDS-147', 'maxGrpcTimeout', '0s', 'max_grpc_timeout'),
  listed('RDS-148', 'rateLimits', [{ actions: [] }], 'rate_limits'),
  {
    id: 'RDS-149',
    rule: 'a bad expression in a hash policy is malformed',
    input: action({ hashPolicy: [{ header: { headerName: 'x', regexRewrite: { pattern: { regex: '(' } } } }] }),
    outcome: 'malformed',
    fields: [`${ACTION}.hash_policy[0].header.regex_rewrite.pattern.regex`],
  },
  {
    id: 'RDS-301',
    rule: 'what a route and a weighted cluster ask of the metadata of endpoints is carried; other namespaces ask nothing',
    input: routes({
      route: {
        metadataMatch: { filterMetadata: { 'envoy.lb': { stage: 'prod' }, other: { stage: 'dev' } } },
        weightedClusters: {
          clusters: [
            { name: 'a', weight: 1, metadataMatch: { filterMetadata: { 'envoy.lb': { version: '1' } } } },
            { name: 'b', weight: 1 },
          ],
        },
      },
    }),
    outcome: 'carried',
    check: (value) => {
      const { metadataMatch, clusters } = forward(value)
      assert.deepEqual(
        [metadataMatch, ...clusters.map((cluster) => cluster.metadataMatch)],
        [{ stage: 'prod' }, { version: '1' }, undefined],
      )
    },
  },
  {
    id: 'RDS-150',
    rule: 'what observes a route is listed',
    input: routes({
      route: { cluster: 'c' },
      decorator: { operation: 'o' },
      metadata: {},
      tracing: {},
      statPrefix: 's',
    }),
    outcome: 'listed',
    fields: [`${ROUTE}.metadata`, `${ROUTE}.decorator`, `${ROUTE}.tracing`],
  },
]

const LIMITS: readonly Rule<RouteConfiguration>[] = [
  {
    id: 'RDS-160',
    rule: 'limits that are not given are not made up',
    input: action({}),
    outcome: 'carried',
    check: expectLimits({ timeoutMs: undefined, maxStreamDurationMs: undefined, grpcMaxStreamDurationMs: undefined }),
  },
  {
    id: 'RDS-161',
    rule: 'limits are carried, 0 included',
    input: action({ timeout: '0s', maxStreamDuration: { maxStreamDuration: '2.5s', grpcTimeoutHeaderMax: '0s' } }),
    outcome: 'carried',
    check: expectLimits({ timeoutMs: 0, maxStreamDurationMs: 2500, grpcMaxStreamDurationMs: 0 }),
  },
  {
    id: 'RDS-162',
    rule: 'the offset of a deadline and the idle limit are carried',
    input: action({ maxStreamDuration: { grpcTimeoutHeaderOffset: '1s' }, idleTimeout: '0s' }),
    outcome: 'carried',
    check: (value) => assert.deepEqual([forward(value).grpcTimeoutOffsetMs, forward(value).idleTimeoutMs], [1000, 0]),
  },
  {
    id: 'RDS-163',
    rule: 'a limit must not be negative',
    input: action({ timeout: '-1s' }),
    outcome: 'malformed',
    fields: [`${ACTION}.timeout`],
  },
]

testRules({ type: routeConfigurationType, outcomeOf: routeOutcome, rules: [...ACTIONS, ...CHANGES, ...LIMITS] })
