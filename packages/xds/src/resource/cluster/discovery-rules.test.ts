import assert from 'node:assert/strict'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterType } from './cluster-type.js'

function eds(more: object = {}): object {
  return { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, ...more }
}

function socket(address: string, portValue: number): object {
  return { address, portValue }
}

function dns(type: string, addresses: readonly object[], more: object = {}): object {
  const lbEndpoints = addresses.map((socketAddress) => ({ endpoint: { address: { socketAddress } } }))
  return { name: 'c', type, loadAssignment: { clusterName: 'c', endpoints: [{ lbEndpoints }] }, ...more }
}

function aggregate(...clusters: string[]): object {
  const typedConfig = { '@type': 'type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig', clusters }
  return { name: 'c', lbPolicy: 'CLUSTER_PROVIDED', clusterType: { name: 'envoy.clusters.aggregate', typedConfig } }
}

const DISCOVERY: readonly Rule<ClusterResource>[] = [
  { id: 'CDS-1', rule: 'the name is required', input: eds({ name: '' }), outcome: 'malformed', fields: ['name'] },
  {
    id: 'CDS-2',
    rule: 'the endpoints of an EDS cluster go by its name where no service is named',
    input: eds(),
    outcome: 'carried',
    check: (value) => assert.deepEqual(value.discovery, { kind: 'eds', serviceName: 'c' }),
  },
  {
    id: 'CDS-3',
    rule: 'the endpoints of an EDS cluster go by the service',
    input: eds({ edsClusterConfig: { edsConfig: { self: {} }, serviceName: 's' } }),
    outcome: 'carried',
    check: (value) => assert.deepEqual(value.discovery, { kind: 'eds', serviceName: 's' }),
  },
  {
    id: 'CDS-4',
    rule: 'an EDS cluster says where its endpoints come from',
    input: { name: 'c', type: 'EDS' },
    outcome: 'malformed',
    fields: ['eds_cluster_config.eds_config'],
  },
  {
    id: 'CDS-5',
    rule: 'endpoints come from ads or self only',
    input: eds({ edsClusterConfig: { edsConfig: { pathConfigSource: { path: '/etc/endpoints' } } } }),
    outcome: 'refused',
    fields: ['eds_cluster_config.eds_config'],
    check: (value) => assert.equal(value.discovery.kind, 'none'),
  },
  {
    id: 'CDS-6',
    rule: 'gRPC requires the service of an xdstp cluster',
    input: eds({ name: 'xdstp://a/envoy.config.cluster.v3.Cluster/c' }),
    outcome: 'gRPC refused',
    fields: ['eds_cluster_config.service_name'],
  },
  {
    id: 'CDS-7',
    rule: 'a STATIC cluster brings its endpoints, and gRPC does not take it',
    input: {
      name: 'c',
      type: 'STATIC',
      loadAssignment: {
        clusterName: 'c',
        endpoints: [
          {
            locality: {},
            loadBalancingWeight: 1,
            lbEndpoints: [{ endpoint: { address: { socketAddress: { address: '10.0.0.1', portValue: 80 } } } }],
          },
        ],
      },
    },
    outcome: 'gRPC refused',
    fields: ['type'],
    check: ({ discovery }) => {
      assert.ok(discovery.kind === 'inline')
      assert.equal(discovery.endpoints.assignment.localities[0]?.endpoints[0]?.key, '10.0.0.1:80')
    },
  },
  {
    id: 'CDS-8',
    rule: 'a cluster without type is STATIC, and may be empty',
    input: { name: 'BlackHoleCluster' },
    outcome: 'gRPC refused',
    fields: ['type'],
    check: ({ discovery }) => assert.equal(discovery.kind, 'inline'),
  },
  {
    id: 'CDS-9',
    rule: 'errors in the endpoints of a STATIC cluster are errors of the cluster',
    input: {
      name: 'c',
      type: 'STATIC',
      loadAssignment: { endpoints: [{ loadBalancingWeight: 1, lbEndpoints: [{ endpoint: {} }] }] },
    },
    outcome: 'malformed',
    fields: ['load_assignment.endpoints[0].lb_endpoints[0].endpoint.address'],
  },
  {
    id: 'CDS-10',
    rule: 'the names of a STRICT_DNS cluster are looked up, and gRPC does not take it',
    input: dns('STRICT_DNS', [socket('shop.example', 80), socket('10.0.0.1', 81)], { dnsLookupFamily: 'V4_ONLY' }),
    outcome: 'gRPC refused',
    fields: ['type'],
    check: ({ discovery }) => {
      assert.ok(discovery.kind === 'dns')
      const [locality] = discovery.endpoints.assignment.localities
      assert.deepEqual(
        locality?.endpoints.map(({ key }) => key),
        ['shop.example:80', '10.0.0.1:81'],
      )
      assert.deepEqual([discovery.logical, discovery.settings.family], [false, 'ipv4-only'])
    },
  },
  {
    id: 'CDS-11',
    rule: 'the name of a LOGICAL_DNS cluster is looked up by the defaults of Envoy',
    input: dns('LOGICAL_DNS', [socket('shop.example', 80)]),
    outcome: 'carried',
    check: ({ discovery }) => {
      assert.ok(discovery.kind === 'dns' && discovery.logical)
      const failureRefresh = { baseMs: 5000, maxMs: 5000 }
      const settings = { family: 'auto', refreshMs: 5000, jitterMs: 0, respectTtl: false, failureRefresh }
      assert.deepEqual(discovery.settings, settings)
    },
  },
  {
    id: 'CDS-12',
    rule: 'an ORIGINAL_DST cluster passes requests on, its policy included, and gRPC does not take it',
    input: { name: 'c', type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED', cleanupInterval: '10s' },
    outcome: 'gRPC refused',
    fields: ['type'],
    check: ({ discovery }) => assert.deepEqual(discovery, { kind: 'original-destination', cleanupMs: 10_000 }),
  },
  {
    id: 'CDS-13',
    rule: 'a cluster of an extension type that is not known is refused, not malformed',
    input: { name: 'c', clusterType: { name: 'envoy.clusters.redis' } },
    outcome: 'refused',
    fields: ['cluster_type'],
  },
  {
    id: 'CDS-14',
    rule: 'an aggregate cluster stands for others, its policy included',
    input: aggregate('a', 'b'),
    outcome: 'carried',
    check: ({ discovery }) => assert.deepEqual(discovery, { kind: 'aggregate', clusters: ['a', 'b'] }),
  },
  {
    id: 'CDS-15',
    rule: 'an aggregate cluster without others is malformed',
    input: aggregate(),
    outcome: 'malformed',
    fields: ['cluster_type.typed_config.clusters'],
  },
  {
    id: 'CDS-16',
    rule: 'a LOGICAL_DNS cluster has one locality with one endpoint',
    input: dns('LOGICAL_DNS', [socket('a.example', 80), socket('b.example', 80)]),
    outcome: 'malformed',
    fields: ['load_assignment'],
  },
  {
    id: 'CDS-17',
    rule: 'a LOGICAL_DNS cluster without endpoint is malformed',
    input: { name: 'c', type: 'LOGICAL_DNS' },
    outcome: 'malformed',
    fields: ['load_assignment'],
  },
  {
    id: 'CDS-18',
    rule: 'a name in DNS has a port, and no resolver of its own',
    input: dns('LOGICAL_DNS', [{ ...socket('a.example', 0), resolverName: 'r' }]),
    outcome: 'malformed',
    fields: ['resolver_name', 'port_value'].map(
      (field) => `load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.${field}`,
    ),
  },
  {
    id: 'CDS-19',
    rule: 'how names are looked up is carried',
    input: dns('STRICT_DNS', [socket('a.example', 80)], {
      dnsRefreshRate: '60s',
      dnsJitter: '0.1s',
      respectDnsTtl: true,
      dnsLookupFamily: 'V4_PREFERRED',
      dnsFailureRefreshRate: { baseInterval: '1s' },
    }),
    outcome: 'gRPC refused',
    fields: ['type'],
    check: ({ discovery }) => {
      assert.ok(discovery.kind === 'dns')
      const failureRefresh = { baseMs: 1000, maxMs: 10_000 }
      const settings = { family: 'ipv4-preferred', refreshMs: 60_000, jitterMs: 100, respectTtl: true, failureRefresh }
      assert.deepEqual(discovery.settings, settings)
    },
  },
  {
    id: 'CDS-80',
    rule: 'the times of lookups are more than 0, and the longest not less than the shortest',
    input: dns('LOGICAL_DNS', [socket('a.example', 80)], {
      dnsRefreshRate: '0s',
      dnsFailureRefreshRate: { baseInterval: '2s', maxInterval: '1s' },
    }),
    outcome: 'malformed',
    fields: ['dns_refresh_rate', 'dns_failure_refresh_rate.max_interval'],
  },
  {
    id: 'CDS-81',
    rule: 'which name servers are asked is for the machine to say',
    input: dns('LOGICAL_DNS', [socket('a.example', 80)], { useTcpForDnsLookups: true }),
    outcome: 'listed',
    fields: ['use_tcp_for_dns_lookups'],
  },
  {
    id: 'CDS-82',
    rule: 'a name in DNS is not empty',
    input: dns('LOGICAL_DNS', [socket('', 80)]),
    outcome: 'malformed',
    fields: ['load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address'],
  },
  {
    id: 'CDS-83',
    rule: 'gRPC takes HttpProtocolOptions for the upstream extension, and nothing else',
    input: eds({
      upstreamConfig: { name: 'u', typedConfig: { '@type': 'type.googleapis.com/google.protobuf.Empty' } },
    }),
    outcome: 'gRPC refused',
    fields: ['upstream_config'],
  },
  {
    id: 'CDS-84',
    rule: 'the one locality of a LOGICAL_DNS cluster needs no weight to be used by gRPC',
    input: dns('LOGICAL_DNS', [socket('shop.example', 80)]),
    outcome: 'carried',
    check: ({ discovery }) => {
      assert.ok(discovery.kind === 'dns')
      assert.deepEqual(
        discovery.endpoints.assignment.localities.map(({ weight }) => weight),
        [1],
      )
    },
  },
]

testRules({
  type: clusterType,
  outcomeOf: ({ config }, listed) => refusedViews(config.refused).join(', ') || (listed ? 'listed' : 'carried'),
  rules: DISCOVERY,
})
