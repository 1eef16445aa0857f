import assert from 'node:assert/strict'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterType } from './cluster-type.js'

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'

const TLS_PLACE = 'transport_socket.typed_config.common_tls_context'

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

const SECURITY: readonly Rule<ClusterResource>[] = [
  {
    id: 'CDS-20',
    rule: 'a cluster that wants TLS and names no authority is refused: neither everybody nor plaintext stands in for it',
    input: eds({ transportSocket: { name: 'envoy.transport_sockets.tls', typedConfig: { '@type': TLS } } }),
    outcome: 'refused',
    fields: ['transport_socket', `${TLS_PLACE}.validation_context.trusted_ca`],
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
    input: protocolOptions({ explicitHttpConfig: {}, httpFilters: [ROUTER_FILTER] }),
    outcome: 'refused',
    fields: ['typed_extension_protocol_options["http"].http_filters[0]'],
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
  rules: [...SECURITY, ...LIMITS],
})
