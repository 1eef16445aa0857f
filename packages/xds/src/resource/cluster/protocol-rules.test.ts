import assert from 'node:assert/strict'
import type { UpstreamProtocol } from '@inmesh/core'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ClusterResource } from './cluster-resource.js'
import { clusterType } from './cluster-type.js'

const OPTIONS = 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
const EXTENSION = 'typed_extension_protocol_options["http"]'
const EXPLICIT = `${EXTENSION}.explicit_http_config`

function eds(more: object = {}): object {
  return { name: 'c', type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, ...more }
}

function extension(options: object, more: object = {}): object {
  return eds({ ...more, typedExtensionProtocolOptions: { http: { '@type': OPTIONS, ...options } } })
}

function http2(http2ProtocolOptions: object): object {
  return extension({ explicitHttpConfig: { http2ProtocolOptions } })
}

function expect(expected: UpstreamProtocol | undefined): (value: ClusterResource) => void {
  return ({ config }) => assert.deepEqual(config.protocol, expected)
}

const CHOICE: readonly Rule<ClusterResource>[] = [
  {
    id: 'HTTP-1',
    rule: 'a cluster that says nothing is spoken to in HTTP/1.1',
    input: eds(),
    outcome: 'carried',
    check: expect(undefined),
  },
  {
    id: 'HTTP-2',
    rule: 'an explicit choice that is empty is HTTP/1.1',
    input: extension({ explicitHttpConfig: {} }),
    outcome: 'carried',
    check: expect(undefined),
  },
  {
    id: 'HTTP-3',
    rule: 'HTTP/1.1 may be chosen',
    input: extension({ explicitHttpConfig: { httpProtocolOptions: { allowAbsoluteUrl: true } } }),
    outcome: 'carried',
    check: expect(undefined),
  },
  {
    id: 'HTTP-4',
    rule: 'HTTP/2 may be chosen',
    input: http2({}),
    outcome: 'carried',
    check: expect({ kind: 'http2', http2: {} }),
  },
  {
    id: 'HTTP-5',
    rule: 'HTTP/3 is refused',
    input: extension({ explicitHttpConfig: { http3ProtocolOptions: {} } }),
    outcome: 'HTTP refused',
    fields: [`${EXPLICIT}.http3_protocol_options`],
  },
  {
    id: 'HTTP-6',
    rule: 'options must choose a protocol',
    input: extension({}),
    outcome: 'HTTP refused',
    fields: [`${EXTENSION}.upstream_protocol_options`],
  },
  {
    id: 'HTTP-7',
    rule: 'the protocol may be that of the application',
    input: extension({ useDownstreamProtocolConfig: { http2ProtocolOptions: { maxConcurrentStreams: 5 } } }),
    outcome: 'carried',
    check: expect({ kind: 'as-downstream', http2: { maxConcurrentStreams: 5 } }),
  },
  {
    id: 'HTTP-8',
    rule: 'the protocol may be what TLS agrees on; HTTP/3 is not among it',
    input: extension({ autoConfig: { http3ProtocolOptions: {} } }),
    outcome: 'listed',
    fields: [`${EXTENSION}.auto_config.http3_protocol_options`],
    check: expect({ kind: 'negotiated', http2: {} }),
  },
  {
    id: 'HTTP-9',
    rule: "HTTP/2 may be chosen by the cluster's own options",
    input: eds({ http2ProtocolOptions: {} }),
    outcome: 'carried',
    check: expect({ kind: 'http2', http2: {} }),
  },
  {
    id: 'HTTP-10',
    rule: 'those must not choose two protocols',
    input: eds({ http2ProtocolOptions: {}, httpProtocolOptions: {} }),
    outcome: 'HTTP refused',
    fields: ['http2_protocol_options'],
  },
  {
    id: 'HTTP-11',
    rule: 'but may where the application chooses between them',
    input: eds({ protocolSelection: 'USE_DOWNSTREAM_PROTOCOL', http2ProtocolOptions: {}, httpProtocolOptions: {} }),
    outcome: 'carried',
    check: expect({ kind: 'as-downstream', http2: {} }),
  },
  {
    id: 'HTTP-12',
    rule: "the extension goes before the cluster's own options",
    input: extension({ explicitHttpConfig: { httpProtocolOptions: {} } }, { http2ProtocolOptions: {} }),
    outcome: 'carried',
    check: expect(undefined),
  },
  {
    id: 'HTTP-13',
    rule: 'what HTTP/1.1 options cannot change is listed',
    input: extension({ explicitHttpConfig: { httpProtocolOptions: { sendFullyQualifiedUrl: true } } }),
    outcome: 'listed',
    fields: [`${EXPLICIT}.http_protocol_options.send_fully_qualified_url`],
  },
]

const PLACE = `${EXPLICIT}.http2_protocol_options`

const HTTP2: readonly Rule<ClusterResource>[] = [
  {
    id: 'HTTP-20',
    rule: 'streams, windows and the header table are carried',
    input: http2({
      maxConcurrentStreams: 7,
      initialStreamWindowSize: 65_535,
      initialConnectionWindowSize: 1_048_576,
      hpackTableSize: 0,
    }),
    outcome: 'carried',
    check: expect({
      kind: 'http2',
      http2: {
        maxConcurrentStreams: 7,
        streamWindowBytes: 65_535,
        connectionWindowBytes: 1_048_576,
        headerTableBytes: 0,
      },
    }),
  },
  {
    id: 'HTTP-21',
    rule: 'there is at least one stream at a time',
    input: http2({ maxConcurrentStreams: 0 }),
    outcome: 'HTTP refused',
    fields: [`${PLACE}.max_concurrent_streams`],
  },
  {
    id: 'HTTP-22',
    rule: 'a window is no smaller than the one of the protocol',
    input: http2({ initialStreamWindowSize: 65_534, initialConnectionWindowSize: 2_147_483_648 }),
    outcome: 'HTTP refused',
    fields: [`${PLACE}.initial_stream_window_size`, `${PLACE}.initial_connection_window_size`],
  },
  {
    id: 'HTTP-23',
    rule: 'keepalive is carried, with a jitter of 15 percent where none is said',
    input: http2({ connectionKeepalive: { interval: '30s', timeout: '5s', connectionIdleInterval: '1s' } }),
    outcome: 'carried',
    check: expect({
      kind: 'http2',
      http2: { keepalive: { intervalMs: 30_000, timeoutMs: 5000, jitterPercent: 15, idleIntervalMs: 1000 } },
    }),
  },
  {
    id: 'HTTP-24',
    rule: 'keepalive needs a timeout',
    input: http2({ connectionKeepalive: { interval: '30s' } }),
    outcome: 'HTTP refused',
    fields: [`${PLACE}.connection_keepalive.timeout`],
  },
  {
    id: 'HTTP-25',
    rule: 'times of keepalive are 1 ms or more',
    input: http2({ connectionKeepalive: { interval: '0s', timeout: '0.0005s', intervalJitter: { value: 101 } } }),
    outcome: 'HTTP refused',
    fields: [`${PLACE}.connection_keepalive.timeout`, `${PLACE}.connection_keepalive.interval`],
  },
  {
    id: 'HTTP-26',
    rule: 'limits against floods of frames are listed',
    input: http2({ maxOutboundFrames: 5, customSettingsParameters: [{ identifier: 1, value: 1 }] }),
    outcome: 'listed',
    fields: [`${PLACE}.max_outbound_frames`, `${PLACE}.custom_settings_parameters`],
  },
]

testRules({
  type: clusterType,
  outcomeOf: ({ config }, listed) => refusedViews(config.refused).join(', ') || (listed ? 'listed' : 'carried'),
  rules: [...CHOICE, ...HTTP2],
})
