import assert from 'node:assert/strict'
import type { BalancingPolicy } from '@inmesh/core'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterTypeWith } from './cluster-type.js'

const POLICY = 'type.googleapis.com/envoy.extensions.load_balancing_policies'

function eds(more: object = {}): object {
  return { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, ...more }
}

function policies(...configs: object[]): object {
  return { policies: configs.map((typedConfig) => ({ typedExtensionConfig: { name: 'p', typedConfig } })) }
}

function balancedBy(...configs: object[]): object {
  return eds({ loadBalancingPolicy: policies(...configs) })
}

const FIRST_POLICY = 'load_balancing_policy.policies[0].typed_extension_config.typed_config'

const TYPED_STRUCT = 'type.googleapis.com/xds.type.v3.TypedStruct'
const PEAK_EWMA = 'type.googleapis.com/envoy.extensions.load_balancing_policies.peak_ewma.v3alpha.PeakEwma'

const ROUND_ROBIN = { '@type': `${POLICY}.round_robin.v3.RoundRobin` }

/** A policy of an application that wants to know how deep its shelf is. */
const checkedShelf: BalancingPolicy = (config) => {
  if (typeof (config as { depth?: unknown }).depth !== 'number') throw new Error('depth must be a number')
  return () => assert.fail('made while it was only read')
}

function shelf(value: object): object {
  return { '@type': TYPED_STRUCT, typeUrl: 'example.com/shop.Shelf', value }
}

function wrapped(levels: number): object {
  if (levels === 0) return ROUND_ROBIN
  return { '@type': `${POLICY}.wrr_locality.v3.WrrLocality`, endpointPickingPolicy: policies(wrapped(levels - 1)) }
}

const RING = {
  kind: 'ring-hash',
  minimumRingSize: 1024,
  maximumRingSize: 8_388_608,
  hashFunction: 'xx-hash',
  useHostname: false,
}

const BY_LOAD = {
  kind: 'weighted-by-load',
  blackoutMs: 10_000,
  expirationMs: 180_000,
  updateMs: 1000,
  errorPenalty: 1,
  metricNames: [],
}

function ring(more: object): object {
  return balancedBy({ '@type': `${POLICY}.ring_hash.v3.RingHash`, ...more })
}

function expectPolicy(expected: object): (value: ClusterResource) => void {
  return ({ config }) => assert.deepEqual(config.loadBalancing, expected)
}

const BALANCING: readonly Rule<ClusterResource>[] = [
  {
    id: 'CDS-30',
    rule: 'the policy is round robin by default',
    input: eds(),
    outcome: 'carried',
    check: expectPolicy({ kind: 'round-robin' }),
  },
  {
    id: 'CDS-31',
    rule: 'RANDOM is carried for both views',
    input: eds({ lbPolicy: 'RANDOM' }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'random' }),
  },
  {
    id: 'CDS-32',
    rule: 'LEAST_REQUEST compares two endpoints by default',
    input: eds({ lbPolicy: 'LEAST_REQUEST' }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'least-request', choiceCount: 2 }),
  },
  {
    id: 'CDS-33',
    rule: 'LEAST_REQUEST compares at least two endpoints',
    input: eds({ lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: { choiceCount: 1 } }),
    outcome: 'malformed',
    fields: ['least_request_lb_config.choice_count'],
  },
  {
    id: 'CDS-34',
    rule: 'LEAST_REQUEST compares as many as it is told; gRPC stops at ten by itself (gRFC A48)',
    input: eds({ lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: { choiceCount: 11 } }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'least-request', choiceCount: 11 }),
  },
  {
    id: 'CDS-35',
    rule: 'RING_HASH is carried with its sizes',
    input: eds({ lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: '2048' } }),
    outcome: 'carried',
    check: expectPolicy({ ...RING, minimumRingSize: 2048 }),
  },
  {
    id: 'CDS-36',
    rule: 'a ring has at most 8388608 entries',
    input: eds({ lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: '8388609', maximumRingSize: '8388609' } }),
    outcome: 'malformed',
    fields: ['ring_hash_lb_config.maximum_ring_size', 'ring_hash_lb_config.minimum_ring_size'],
  },
  {
    id: 'CDS-37',
    rule: 'the least size of a ring is not more than the largest',
    input: eds({ lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: '10', maximumRingSize: '9' } }),
    outcome: 'malformed',
    fields: ['ring_hash_lb_config.minimum_ring_size'],
  },
  {
    id: 'CDS-38',
    rule: 'gRPC knows no hash function but XX_HASH',
    input: eds({ lbPolicy: 'RING_HASH', ringHashLbConfig: { hashFunction: 'MURMUR_HASH_2' } }),
    outcome: 'gRPC refused',
    fields: ['ring_hash_lb_config.hash_function'],
    check: expectPolicy({ ...RING, hashFunction: 'murmur-hash-2' }),
  },
  {
    id: 'CDS-39',
    rule: 'MAGLEV is carried for both views',
    input: eds({ lbPolicy: 'MAGLEV' }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'maglev', tableSize: 65_537, useHostname: false }),
  },
  {
    id: 'CDS-40',
    rule: 'CLUSTER_PROVIDED is not for EDS clusters',
    input: eds({ lbPolicy: 'CLUSTER_PROVIDED' }),
    outcome: 'malformed',
    fields: ['lb_policy'],
  },
  {
    id: 'CDS-41',
    rule: 'LOAD_BALANCING_POLICY_CONFIG needs the configuration',
    input: eds({ lbPolicy: 'LOAD_BALANCING_POLICY_CONFIG' }),
    outcome: 'malformed',
    fields: ['lb_policy'],
  },
  {
    id: 'CDS-42',
    rule: 'load_balancing_policy wins over lb_policy, and goes with LOAD_BALANCING_POLICY_CONFIG',
    input: eds({
      lbPolicy: 'LOAD_BALANCING_POLICY_CONFIG',
      loadBalancingPolicy: policies({ '@type': `${POLICY}.random.v3.Random` }),
    }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'random' }),
  },
  {
    id: 'CDS-43',
    rule: 'the first known policy of a list counts',
    input: balancedBy(
      { '@type': TYPED_STRUCT, typeUrl: 'example.com/nobody', value: { depth: 3 } },
      { '@type': `${POLICY}.least_request.v3.LeastRequest`, choiceCount: 3 },
      ROUND_ROBIN,
    ),
    outcome: 'listed',
    fields: [FIRST_POLICY],
    check: expectPolicy({ kind: 'least-request', choiceCount: 3 }),
  },
  {
    id: 'CDS-217',
    rule: 'a policy that the application has is carried by its name, with its configuration',
    input: balancedBy(shelf({ depth: 3 }), ROUND_ROBIN),
    outcome: 'carried',
    check: expectPolicy({ kind: 'custom', name: 'shop.Shelf', config: { depth: 3 } }),
  },
  {
    id: 'CDS-220',
    rule: 'what a policy of the application says against its configuration is an error, not a reason to take the next',
    input: balancedBy(shelf({ depth: 'deep' }), ROUND_ROBIN),
    outcome: 'malformed',
    fields: [FIRST_POLICY],
  },
  {
    id: 'CDS-221',
    rule: 'a policy of the application may stand within another, and is checked there',
    input: balancedBy({
      '@type': `${POLICY}.random_subsetting.v3.RandomSubsetting`,
      subsetSize: 7,
      childPolicy: policies(shelf({})),
    }),
    outcome: 'malformed',
    fields: [`${FIRST_POLICY}.child_policy.policies[0].typed_extension_config.typed_config`],
  },
  {
    id: 'CDS-222',
    rule: 'a policy that the mesh has may come as a TypedStruct (Envoy)',
    input: balancedBy({
      '@type': TYPED_STRUCT,
      typeUrl: `${POLICY}.least_request.v3.LeastRequest`,
      value: { choice_count: 3 },
    }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'least-request', choiceCount: 3 }),
  },
  {
    id: 'CDS-223',
    rule: 'the policy that a cluster provides is not for EDS clusters in a list either',
    input: balancedBy({ '@type': `${POLICY}.cluster_provided.v3.ClusterProvided` }),
    outcome: 'malformed',
    fields: [FIRST_POLICY],
  },
  {
    id: 'CDS-218',
    rule: 'peak EWMA comes as a TypedStruct under the name that Envoy gives it',
    input: balancedBy({ '@type': TYPED_STRUCT, typeUrl: PEAK_EWMA, value: { decay_time: '5s', default_rtt: '0.1s' } }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'peak-ewma', decayMs: 5000, defaultRttMs: 100, failureRttMs: 1000 }),
  },
  {
    id: 'CDS-219',
    rule: 'times of peak EWMA are more than 0',
    input: balancedBy({ '@type': TYPED_STRUCT, typeUrl: PEAK_EWMA, value: { decay_time: 5, default_rtt: '0s' } }),
    outcome: 'malformed',
    fields: [`${FIRST_POLICY}.decay_time`, `${FIRST_POLICY}.default_rtt`],
  },
  {
    id: 'CDS-44',
    rule: 'an error in the first known policy is an error, not a reason to take the next',
    input: balancedBy({ '@type': `${POLICY}.least_request.v3.LeastRequest`, choiceCount: 1 }, ROUND_ROBIN),
    outcome: 'malformed',
    fields: [`${FIRST_POLICY}.choice_count`],
  },
  {
    id: 'CDS-45',
    rule: 'a list in which nothing is known is malformed (gRFC A52, Envoy)',
    input: balancedBy({ '@type': TYPED_STRUCT, typeUrl: 'example.com/nobody' }),
    outcome: 'malformed',
    fields: ['load_balancing_policy'],
  },
  {
    id: 'CDS-46',
    rule: 'an empty list is malformed',
    input: balancedBy(),
    outcome: 'malformed',
    fields: ['load_balancing_policy'],
  },
  {
    id: 'CDS-47',
    rule: 'policies may be nested sixteen deep',
    input: balancedBy(wrapped(15)),
    outcome: 'carried',
    check: expectPolicy({ kind: 'round-robin' }),
  },
  {
    id: 'CDS-48',
    rule: 'policies may not be nested deeper',
    input: balancedBy(wrapped(16)),
    outcome: 'malformed',
    fields: [
      `${FIRST_POLICY}${`.endpoint_picking_policy${FIRST_POLICY.slice('load_balancing_policy'.length)}`.repeat(15)}.endpoint_picking_policy`,
    ],
  },
  {
    id: 'CDS-49',
    rule: 'weighting by load has defaults',
    input: balancedBy({ '@type': `${POLICY}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin` }),
    outcome: 'carried',
    check: expectPolicy(BY_LOAD),
  },
  {
    id: 'CDS-212',
    rule: 'weighting by load is carried; weights do not change more often than every 100 ms (gRFC A58)',
    input: balancedBy({
      '@type': `${POLICY}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`,
      enableOobLoadReport: true,
      blackoutPeriod: '0s',
      weightExpirationPeriod: '60s',
      weightUpdatePeriod: '0.001s',
      errorUtilizationPenalty: 0.5,
      metricNamesForComputingUtilization: ['named_metrics.queue'],
    }),
    outcome: 'listed',
    fields: [`${FIRST_POLICY}.enable_oob_load_report`],
    check: expectPolicy({
      kind: 'weighted-by-load',
      blackoutMs: 0,
      expirationMs: 60_000,
      updateMs: 100,
      errorPenalty: 0.5,
      metricNames: ['named_metrics.queue'],
    }),
  },
  {
    id: 'CDS-213',
    rule: 'a penalty below 0 and a negative time are malformed',
    input: balancedBy({
      '@type': `${POLICY}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`,
      blackoutPeriod: '-1s',
      errorUtilizationPenalty: -1,
    }),
    outcome: 'malformed',
    fields: [`${FIRST_POLICY}.error_utilization_penalty`, `${FIRST_POLICY}.blackout_period`],
  },
  {
    id: 'CDS-214',
    rule: 'pick_first is carried',
    input: balancedBy({ '@type': `${POLICY}.pick_first.v3.PickFirst`, shuffleAddressList: true }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'pick-first', shuffle: true }),
  },
  {
    id: 'CDS-215',
    rule: 'a subset is carried with the policy over it (gRFC A68)',
    input: balancedBy({
      '@type': `${POLICY}.random_subsetting.v3.RandomSubsetting`,
      subsetSize: 7,
      childPolicy: policies(ROUND_ROBIN),
    }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'random-subsetting', size: 7, child: { kind: 'round-robin' } }),
  },
  {
    id: 'CDS-216',
    rule: 'a subset has a size and a policy',
    input: balancedBy({ '@type': `${POLICY}.random_subsetting.v3.RandomSubsetting` }),
    outcome: 'malformed',
    fields: [`${FIRST_POLICY}.subset_size`, `${FIRST_POLICY}.child_policy`],
  },
  {
    id: 'CDS-200',
    rule: 'the largest ring is not smaller than the least that is not given',
    input: eds({ lbPolicy: 'RING_HASH', ringHashLbConfig: { maximumRingSize: '1023' } }),
    outcome: 'malformed',
    fields: ['ring_hash_lb_config.minimum_ring_size'],
  },
  {
    id: 'CDS-201',
    rule: 'what all hashing policies share stands in common_lb_config',
    input: eds({
      lbPolicy: 'MAGLEV',
      maglevLbConfig: { tableSize: '1021' },
      commonLbConfig: { consistentHashingLbConfig: { useHostnameForHashing: true, hashBalanceFactor: 150 } },
    }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'maglev', tableSize: 1021, useHostname: true, balanceFactor: 150 }),
  },
  {
    id: 'CDS-202',
    rule: 'a bound below the fair share is malformed',
    input: eds({ lbPolicy: 'RING_HASH', commonLbConfig: { consistentHashingLbConfig: { hashBalanceFactor: 99 } } }),
    outcome: 'malformed',
    fields: ['common_lb_config.consistent_hashing_lb_config.hash_balance_factor'],
  },
  {
    id: 'CDS-203',
    rule: 'a Maglev table has a prime number of slots',
    input: eds({ lbPolicy: 'MAGLEV', maglevLbConfig: { tableSize: '1024' } }),
    outcome: 'malformed',
    fields: ['maglev_lb_config.table_size'],
  },
  {
    id: 'CDS-204',
    rule: 'a Maglev table has at most 5000011 slots',
    input: balancedBy({ '@type': `${POLICY}.maglev.v3.Maglev`, tableSize: '5000077' }),
    outcome: 'malformed',
    fields: [`${FIRST_POLICY}.table_size`],
  },
  {
    id: 'CDS-205',
    rule: 'a typed ring is carried, with the older form of what hashing policies share',
    input: ring({ minimumRingSize: '1', maximumRingSize: '10', useHostnameForHashing: true, hashBalanceFactor: 200 }),
    outcome: 'carried',
    check: expectPolicy({ ...RING, minimumRingSize: 1, maximumRingSize: 10, useHostname: true, balanceFactor: 200 }),
  },
  {
    id: 'CDS-206',
    rule: 'the newer form goes before the older, and brings hash policies of its own',
    input: ring({
      useHostnameForHashing: true,
      consistentHashingLbConfig: { hashBalanceFactor: 110, hashPolicy: [{ header: { headerName: 'X-User' } }] },
    }),
    outcome: 'carried',
    check: expectPolicy({
      ...RING,
      balanceFactor: 110,
      hashPolicies: [{ kind: 'header', name: 'x-user', terminal: false }],
    }),
  },
  {
    id: 'CDS-207',
    rule: 'hash policies of a balancer are checked as those of a route',
    input: ring({ consistentHashingLbConfig: { hashPolicy: [{ header: { headerName: '' } }] } }),
    outcome: 'malformed',
    fields: [`${FIRST_POLICY}.consistent_hashing_lb_config.hash_policy[0].header.header_name`],
  },
  {
    id: 'CDS-208',
    rule: 'gRPC knows no hash function but XX_HASH in a typed ring either',
    input: ring({ hashFunction: 'MURMUR_HASH_2' }),
    outcome: 'gRPC refused',
    fields: [`${FIRST_POLICY}.hash_function`],
  },
  {
    id: 'CDS-209',
    rule: 'the bias of least request is carried; a negative one is the default',
    input: eds({
      lbPolicy: 'LEAST_REQUEST',
      leastRequestLbConfig: { activeRequestBias: { defaultValue: 0.5, runtimeKey: 'r' } },
    }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'least-request', choiceCount: 2, activeRequestBias: 0.5 }),
  },
  {
    id: 'CDS-210',
    rule: 'least request compares all endpoints when told to',
    input: balancedBy({
      '@type': `${POLICY}.least_request.v3.LeastRequest`,
      selectionMethod: 'FULL_SCAN',
      activeRequestBias: { defaultValue: -1, runtimeKey: 'r' },
    }),
    outcome: 'carried',
    check: expectPolicy({ kind: 'least-request', choiceCount: 2, fullScan: true }),
  },
  {
    id: 'CDS-211',
    rule: 'least request compares a hundred endpoints at most',
    input: eds({ lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: { choiceCount: 4_000_000_000 } }),
    outcome: 'listed',
    fields: ['least_request_lb_config.choice_count'],
    check: expectPolicy({ kind: 'least-request', choiceCount: 100 }),
  },
]

testRules({
  type: clusterTypeWith(new Map([['shop.Shelf', checkedShelf]])),
  outcomeOf: ({ config }, listed) => refusedViews(config.refused).join(', ') || (listed ? 'listed' : 'carried'),
  rules: BALANCING,
})
