import assert from 'node:assert/strict'
import { DEFAULT_HOST_POLICY, type HostPolicy, type SubsetConfig } from '@inmesh/core'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterType } from './cluster-type.js'

const POLICY = 'type.googleapis.com/envoy.extensions.load_balancing_policies'
const FIRST_POLICY = 'load_balancing_policy.policies[0].typed_extension_config.typed_config'
const ROUND_ROBIN = { '@type': `${POLICY}.round_robin.v3.RoundRobin` }

function eds(more: object = {}): object {
  return { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, ...more }
}

function policies(typedConfig: object): object {
  return { policies: [{ typedExtensionConfig: { name: 'p', typedConfig } }] }
}

function balancedBy(typedConfig: object): object {
  return eds({ loadBalancingPolicy: policies(typedConfig) })
}

function expectHosts(parts: Partial<HostPolicy>): (value: ClusterResource) => void {
  return ({ config }) => assert.deepEqual(config.hosts, { ...DEFAULT_HOST_POLICY, ...parts })
}

const SUBSETS: SubsetConfig = {
  selectors: [{ keys: ['stage', 'version'], singleHost: false, fallback: 'keys', fallbackKeys: ['stage'] }],
  fallback: 'default',
  defaultSubset: { stage: 'prod' },
  allowRedundantKeys: false,
  localityWeightAware: true,
  scaleLocalityWeight: true,
  panicModeAny: true,
  listAsAny: true,
  fallbackList: true,
}

const SUBSET_CONFIG = {
  fallbackPolicy: 'DEFAULT_SUBSET',
  defaultSubset: { stage: 'prod' },
  subsetSelectors: [{ keys: ['version', 'stage'], fallbackPolicy: 'KEYS_SUBSET', fallbackKeysSubset: ['stage'] }],
  localityWeightAware: true,
  scaleLocalityWeight: true,
  panicModeAny: true,
  listAsAny: true,
  metadataFallbackPolicy: 'FALLBACK_LIST',
}

function selector(parts: object): object {
  return eds({ lbSubsetConfig: { subsetSelectors: [parts] } })
}

const SUBSET_RULES: readonly Rule<ClusterResource>[] = [
  {
    id: 'CDS-330',
    rule: 'subsets are carried',
    input: eds({ lbSubsetConfig: SUBSET_CONFIG }),
    outcome: 'carried',
    check: expectHosts({ subsets: SUBSETS }),
  },
  {
    id: 'CDS-331',
    rule: 'subsets of a typed policy are carried',
    input: balancedBy({
      '@type': `${POLICY}.subset.v3.Subset`,
      ...SUBSET_CONFIG,
      allowRedundantKeys: true,
      subsetLbPolicy: policies(ROUND_ROBIN),
    }),
    outcome: 'carried',
    check: expectHosts({ grpcLocalityWeights: false, subsets: { ...SUBSETS, allowRedundantKeys: true } }),
  },
  {
    id: 'CDS-332',
    rule: 'a typed policy says itself whether endpoints are divided',
    input: eds({ lbSubsetConfig: SUBSET_CONFIG, loadBalancingPolicy: policies(ROUND_ROBIN) }),
    outcome: 'listed',
    fields: ['lb_subset_config'],
    check: expectHosts({ grpcLocalityWeights: false }),
  },
  {
    id: 'CDS-333',
    rule: 'without a selector nothing is divided',
    input: eds({ lbSubsetConfig: { fallbackPolicy: 'ANY_ENDPOINT' } }),
    outcome: 'carried',
    check: expectHosts({}),
  },
  {
    id: 'CDS-334',
    rule: 'keys to fall back to are some of the keys for Envoy; gRPC does not read them',
    input: selector({ keys: ['a'], fallbackPolicy: 'KEYS_SUBSET', fallbackKeysSubset: ['b'] }),
    outcome: 'HTTP refused',
    fields: ['lb_subset_config.subset_selectors[0].fallback_keys_subset'],
  },
  {
    id: 'CDS-335',
    rule: 'keys to fall back to are not all of the keys for Envoy',
    input: selector({ keys: ['a'], fallbackPolicy: 'KEYS_SUBSET', fallbackKeysSubset: ['a'] }),
    outcome: 'HTTP refused',
    fields: ['lb_subset_config.subset_selectors[0].fallback_keys_subset'],
  },
]

const ZONES: readonly Rule<ClusterResource>[] = [
  {
    id: 'CDS-302',
    rule: 'zone-aware routing is carried with its defaults, and whether panic fails requests',
    input: eds({ commonLbConfig: { zoneAwareLbConfig: { failTrafficOnPanic: true } } }),
    outcome: 'carried',
    check: expectHosts({
      failOnPanic: true,
      zoneAwareness: { routingPercent: 100, minClusterSize: 6, basis: 'count' },
    }),
  },
  {
    id: 'CDS-351',
    rule: 'which requests are routed by zone is carried in whole percents, and from how many endpoints on',
    input: eds({ commonLbConfig: { zoneAwareLbConfig: { routingEnabled: { value: 12.6 }, minClusterSize: '3' } } }),
    outcome: 'carried',
    check: expectHosts({ zoneAwareness: { routingPercent: 13, minClusterSize: 3, basis: 'count' } }),
  },
  {
    id: 'CDS-352',
    rule: 'which requests are routed by zone is a percentage for Envoy; gRPC does not read it',
    input: eds({ commonLbConfig: { zoneAwareLbConfig: { routingEnabled: { value: -1 } } } }),
    outcome: 'HTTP refused',
    fields: ['common_lb_config.zone_aware_lb_config.routing_enabled'],
  },
  ...['round_robin.v3.RoundRobin', 'random.v3.Random', 'least_request.v3.LeastRequest'].map(
    (type, index): Rule<ClusterResource> => ({
      id: `CDS-${353 + index}`,
      rule: `zone-aware routing of ${type} is carried with what it has more`,
      input: balancedBy({
        '@type': `${POLICY}.${type}`,
        localityLbConfig: {
          zoneAwareLbConfig: { forceLocalZone: { minSize: 3 }, localityBasis: 'HEALTHY_HOSTS_WEIGHT' },
        },
      }),
      outcome: 'carried',
      check: expectHosts({
        grpcLocalityWeights: false,
        zoneAwareness: { routingPercent: 100, minClusterSize: 6, forceLocalMinSize: 3, basis: 'weight' },
      }),
    }),
  ),
  {
    id: 'CDS-356',
    rule: 'the older field that keeps all requests in the own zone asks for one endpoint there, as the newer one does by default',
    input: balancedBy({
      ...ROUND_ROBIN,
      localityLbConfig: { zoneAwareLbConfig: { forceLocalityDirectRouting: true } },
    }),
    outcome: 'carried',
    check: expectHosts({
      grpcLocalityWeights: false,
      zoneAwareness: { routingPercent: 100, minClusterSize: 6, forceLocalMinSize: 1, basis: 'count' },
    }),
  },
  {
    id: 'CDS-357',
    rule: 'a typed policy says itself whether zones count',
    input: eds({
      commonLbConfig: { zoneAwareLbConfig: {} },
      loadBalancingPolicy: policies({ '@type': `${POLICY}.random.v3.Random` }),
    }),
    outcome: 'listed',
    fields: ['common_lb_config.zone_aware_lb_config'],
    check: expectHosts({ grpcLocalityWeights: false }),
  },
  {
    id: 'CDS-358',
    rule: 'a basis of shares that is not known is listed',
    input: balancedBy({ ...ROUND_ROBIN, localityLbConfig: { zoneAwareLbConfig: { localityBasis: 2 } } }),
    outcome: 'listed',
    fields: [`${FIRST_POLICY}.locality_lb_config.zone_aware_lb_config.locality_basis`],
    check: expectHosts({
      grpcLocalityWeights: false,
      zoneAwareness: { routingPercent: 100, minClusterSize: 6, basis: 'count' },
    }),
  },
]

const OVERRIDES: readonly Rule<ClusterResource>[] = [
  {
    id: 'CDS-340',
    rule: 'of which health an endpoint may be that a request is pinned to is carried',
    input: eds({ commonLbConfig: { overrideHostStatus: { statuses: ['UNKNOWN', 'HEALTHY', 'DRAINING'] } } }),
    outcome: 'carried',
    check: expectHosts({ overrideStatuses: ['healthy', 'draining'] }),
  },
  {
    id: 'CDS-341',
    rule: 'a policy by which requests name their endpoint is carried with what it falls back to',
    input: balancedBy({
      '@type': `${POLICY}.override_host.v3.OverrideHost`,
      overrideHostSources: [{ header: 'X-Endpoint' }],
      fallbackPolicy: policies(ROUND_ROBIN),
    }),
    outcome: 'carried',
    check: expectHosts({ grpcLocalityWeights: false, overrideHeaders: ['x-endpoint'] }),
  },
  {
    id: 'CDS-342',
    rule: 'an endpoint that is named in metadata is listed',
    input: balancedBy({
      '@type': `${POLICY}.override_host.v3.OverrideHost`,
      overrideHostSources: [{ metadata: { key: 'envoy.lb', path: [{ key: 'endpoint' }] } }],
      fallbackPolicy: policies(ROUND_ROBIN),
    }),
    outcome: 'listed',
    fields: [`${FIRST_POLICY}.override_host_sources[0].metadata`],
  },
]

const HOSTS: readonly Rule<ClusterResource>[] = [
  {
    id: 'CDS-301',
    rule: 'half of the endpoints of a priority may be out before it panics, and localities share nothing by weight for HTTP',
    input: eds(),
    outcome: 'carried',
    check: expectHosts({}),
  },
  {
    id: 'CDS-303',
    rule: 'the panic threshold is carried in whole percents',
    input: eds({ commonLbConfig: { healthyPanicThreshold: { value: 33.6 } } }),
    outcome: 'carried',
    check: expectHosts({ panicThreshold: 34 }),
  },
  {
    id: 'CDS-304',
    rule: 'a threshold of 0 turns panic off',
    input: eds({ commonLbConfig: { healthyPanicThreshold: {} } }),
    outcome: 'carried',
    check: expectHosts({ panicThreshold: 0 }),
  },
  {
    id: 'CDS-305',
    rule: 'the panic threshold is a percentage for Envoy; gRPC does not read it',
    input: eds({ commonLbConfig: { healthyPanicThreshold: { value: 101 } } }),
    outcome: 'HTTP refused',
    fields: ['common_lb_config.healthy_panic_threshold'],
  },
  {
    id: 'CDS-306',
    rule: 'localities share requests by weight where the cluster says so',
    input: eds({ commonLbConfig: { localityWeightedLbConfig: {} } }),
    outcome: 'carried',
    check: expectHosts({ localities: 'weighted' }),
  },
  {
    id: 'CDS-307',
    rule: 'a typed policy says itself how localities share requests',
    input: eds({
      commonLbConfig: { localityWeightedLbConfig: {} },
      loadBalancingPolicy: policies({ '@type': `${POLICY}.random.v3.Random` }),
    }),
    outcome: 'listed',
    fields: ['common_lb_config.locality_weighted_lb_config'],
    check: expectHosts({ grpcLocalityWeights: false }),
  },
  {
    id: 'CDS-308',
    rule: 'a typed policy may weigh localities for HTTP; gRPC looks at wrr_locality only',
    input: balancedBy({ ...ROUND_ROBIN, localityLbConfig: { localityWeightedLbConfig: {} } }),
    outcome: 'carried',
    check: expectHosts({ localities: 'weighted', grpcLocalityWeights: false }),
  },
  {
    id: 'CDS-309',
    rule: 'wrr_locality weighs localities for both views',
    input: balancedBy({
      '@type': `${POLICY}.wrr_locality.v3.WrrLocality`,
      endpointPickingPolicy: policies(ROUND_ROBIN),
    }),
    outcome: 'carried',
    check: expectHosts({ localities: 'weighted' }),
  },
  {
    id: 'CDS-310',
    rule: 'slow start is carried with its defaults',
    input: eds({ roundRobinLbConfig: { slowStartConfig: { slowStartWindow: '60s' } } }),
    outcome: 'carried',
    check: expectHosts({ slowStart: { windowMs: 60_000, aggression: 1, minWeightPercent: 10 } }),
  },
  {
    id: 'CDS-311',
    rule: 'slow start of a typed policy is carried in full',
    input: balancedBy({
      '@type': `${POLICY}.least_request.v3.LeastRequest`,
      slowStartConfig: {
        slowStartWindow: '10s',
        aggression: { defaultValue: 2, runtimeKey: 'k' },
        minWeightPercent: { value: 0 },
      },
    }),
    outcome: 'carried',
    check: expectHosts({
      grpcLocalityWeights: false,
      slowStart: { windowMs: 10_000, aggression: 2, minWeightPercent: 0 },
    }),
  },
  {
    id: 'CDS-312',
    rule: 'slow start without window is none',
    input: eds({ roundRobinLbConfig: { slowStartConfig: { slowStartWindow: '0s' } } }),
    outcome: 'carried',
    check: expectHosts({}),
  },
  {
    id: 'CDS-313',
    rule: 'an aggression that makes no sense is 1, as Envoy has it',
    input: eds({
      roundRobinLbConfig: { slowStartConfig: { slowStartWindow: '1s', aggression: { runtimeKey: 'k' } } },
    }),
    outcome: 'listed',
    fields: ['round_robin_lb_config.slow_start_config.aggression'],
    check: expectHosts({ slowStart: { windowMs: 1000, aggression: 1, minWeightPercent: 10 } }),
  },
]

testRules({
  type: clusterType,
  outcomeOf: ({ config }, listed) => refusedViews(config.refused).join(', ') || (listed ? 'listed' : 'carried'),
  rules: [...HOSTS, ...ZONES, ...SUBSET_RULES, ...OVERRIDES],
})
