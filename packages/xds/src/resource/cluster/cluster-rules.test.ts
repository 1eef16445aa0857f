import assert from 'node:assert/strict'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterType } from './cluster-type.js'

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'

function eds(more: object = {}): object {
  return { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, ...more }
}

const ROUTER_FILTER = {
  name: 'router',
  typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
}

function protocolOptions(options: object): object {
  const type = 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
  return eds({ typedExtensionProtocolOptions: { http: { '@type': type, ...options } } })
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
    rule: 'a STRICT_DNS cluster is refused, not malformed',
    input: { name: 'c', type: 'STRICT_DNS', dnsLookupFamily: 'V4_ONLY' },
    outcome: 'refused',
    fields: ['type'],
  },
  {
    id: 'CDS-11',
    rule: 'a LOGICAL_DNS cluster is refused, not malformed',
    input: { name: 'c', type: 'LOGICAL_DNS' },
    outcome: 'refused',
    fields: ['type'],
  },
  {
    id: 'CDS-12',
    rule: 'an ORIGINAL_DST cluster is refused, not malformed, its policy included',
    input: { name: 'c', type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED', cleanupInterval: '9223372035s' },
    outcome: 'refused',
    fields: ['type'],
  },
  {
    id: 'CDS-13',
    rule: 'a cluster of an extension type is refused, not malformed',
    input: { name: 'c', clusterType: { name: 'envoy.clusters.aggregate' } },
    outcome: 'refused',
    fields: ['cluster_type'],
  },
]

const SECURITY: readonly Rule<ClusterResource>[] = [
  {
    id: 'CDS-20',
    rule: 'a cluster that wants TLS is refused: plaintext must not stand in for it',
    input: eds({ transportSocket: { name: 'envoy.transport_sockets.tls', typedConfig: { '@type': TLS } } }),
    outcome: 'refused',
    fields: ['transport_socket'],
  },
  {
    id: 'CDS-21',
    rule: 'a cluster that chooses its security per endpoint is refused',
    input: eds({
      transportSocketMatches: [
        { name: 'tls', match: { tlsMode: 'istio' } },
        { name: 'plain', match: {} },
      ],
    }),
    outcome: 'refused',
    fields: ['transport_socket_matches'],
  },
  {
    id: 'CDS-22',
    rule: 'a cluster with a transport socket of unknown type is refused',
    input: eds({
      transportSocket: {
        name: 'x',
        typedConfig: { '@type': 'type.googleapis.com/xds.type.v3.TypedStruct', typeUrl: 'a/x.Y' },
      },
    }),
    outcome: 'refused',
    fields: ['transport_socket'],
  },
  {
    id: 'CDS-23',
    rule: 'a cluster with a transport socket that says nothing is refused',
    input: eds({ transportSocket: { name: 'envoy.transport_sockets.tls' } }),
    outcome: 'refused',
    fields: ['transport_socket'],
  },
  {
    id: 'CDS-24',
    rule: 'explicit plaintext is carried for HTTP; gRPC knows no transport socket but TLS',
    input: eds({
      transportSocket: {
        name: 'envoy.transport_sockets.raw_buffer',
        typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer' },
      },
    }),
    outcome: 'gRPC refused',
    fields: ['transport_socket'],
  },
  {
    id: 'CDS-25',
    rule: "Istio's metadata exchange is left out",
    input: eds({
      filters: [
        {
          name: 'istio.metadata_exchange',
          typedConfig: {
            '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct',
            typeUrl: 'type.googleapis.com/envoy.tcp.metadataexchange.config.MetadataExchange',
          },
        },
      ],
    }),
    outcome: 'listed',
    fields: ['filters[0]'],
  },
  {
    id: 'CDS-26',
    rule: 'any other network filter refuses the cluster',
    input: eds({ filters: [{ name: 'x' }] }),
    outcome: 'refused',
    fields: ['filters[0]'],
  },
  {
    id: 'CDS-27',
    rule: 'an HTTP filter on the upstream side refuses the cluster',
    input: protocolOptions({ httpFilters: [ROUTER_FILTER] }),
    outcome: 'refused',
    fields: ['typed_extension_protocol_options["http"].http_filters[0]'],
  },
  {
    id: 'CDS-28',
    rule: 'what options say of the protocol is listed',
    input: protocolOptions({ explicitHttpConfig: { http2ProtocolOptions: {} } }),
    outcome: 'listed',
    fields: ['typed_extension_protocol_options["http"].explicit_http_config'],
  },
]

const LIMITS: readonly Rule<ClusterResource>[] = [
  {
    id: 'CDS-66',
    rule: 'connections are made within five seconds by default',
    input: eds(),
    outcome: 'carried',
    check: ({ config }) => assert.equal(config.connectTimeoutMs, 5000),
  },
  {
    id: 'CDS-67',
    rule: 'the limit for connecting is carried',
    input: eds({ connectTimeout: '0.250s' }),
    outcome: 'carried',
    check: ({ config }) => assert.equal(config.connectTimeoutMs, 250),
  },
  {
    id: 'CDS-68',
    rule: 'Envoy takes no limit of 0 for connecting',
    input: eds({ connectTimeout: '0s' }),
    outcome: 'HTTP refused',
    fields: ['connect_timeout'],
  },
  {
    id: 'CDS-76',
    rule: 'load is reported to self, with what endpoints tell of theirs',
    input: eds({ lrsServer: { self: {} }, lrsReportEndpointMetrics: ['named_metrics.*'] }),
    outcome: 'carried',
  },
  {
    id: 'CDS-77',
    rule: 'gRPC reports load to self only',
    input: eds({ lrsServer: { ads: {} } }),
    outcome: 'gRPC refused',
    fields: ['lrs_server'],
  },
  {
    id: 'CDS-78',
    rule: 'what only a proxy keeps is not listed',
    input: eds({ altStatName: 'x', trackTimeoutBudgets: true }),
    outcome: 'carried',
  },
]

testRules({
  type: clusterType,
  outcomeOf: ({ config }, listed) => refusedViews(config.refused).join(', ') || (listed ? 'listed' : 'carried'),
  rules: [...DISCOVERY, ...SECURITY, ...LIMITS],
})
