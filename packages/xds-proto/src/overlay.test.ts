import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as xdsProto from '@inmesh/xds-proto/all'
import { enumName, type MessageCodec } from '@inmesh/xds-proto/all'
import { loadJsonCodec } from '@inmesh/xds-proto/json'

type OverlayEntry = string | { oneof: string; field: string }

const { fields, changes } = (await import(new URL('../../overlay/fields.mjs', import.meta.url).href)) as {
  fields: Record<string, OverlayEntry[]>
  changes: Record<string, { to: string }[]>
}

const json = loadJsonCodec()

const codecs = new Map<string, MessageCodec<unknown>>()
for (const exported of Object.values(xdsProto)) {
  if (typeof exported === 'object' && '$type' in exported) codecs.set(exported.$type, exported as MessageCodec<unknown>)
}

/** The newer fields that this mesh relies on: message, field, number, a value as JSON. */
const relied: [message: string, field: string, number: number, value: unknown][] = [
  // gRFC A88
  ['envoy.service.discovery.v3.DiscoveryResponse', 'resource_errors', 7, [{ resource_name: { name: 'a' } }]],
  ['envoy.service.discovery.v3.DeltaDiscoveryResponse', 'resource_errors', 9, [{ error_detail: { code: 5 } }]],
  ['envoy.service.discovery.v3.ResourceError', 'resource_name', 1, { name: 'a' }],
  ['envoy.service.discovery.v3.ResourceError', 'error_detail', 2, { code: 5, message: 'gone' }],
  // gRFC A101
  ['envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', 'auto_host_sni', 6, true],
  ['envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', 'auto_sni_san_validation', 7, true],
  // gRFC A87
  ['envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig', 'trust_bundles', 2, { filename: 'b.json' }],
  // gRFC A114
  [
    'envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin',
    'metric_names_for_computing_utilization',
    7,
    ['named_metrics.queue'],
  ],
  // gRFC A68
  ['envoy.extensions.load_balancing_policies.random_subsetting.v3.RandomSubsetting', 'subset_size', 1, 20],
  ['envoy.extensions.load_balancing_policies.random_subsetting.v3.RandomSubsetting', 'child_policy', 2, {}],
  // gRFC A85 and A105: packaged by now, and relied on all the same.
  ['envoy.config.cluster.v3.Cluster', 'lrs_report_endpoint_metrics', 57, ['named_metrics.*']],
  ['envoy.config.cluster.v3.CircuitBreakers', 'per_host_thresholds', 2, [{ max_connections: 3 }]],
  // Routes by cookie.
  ['envoy.config.route.v3.RouteMatch', 'cookies', 17, [{ name: 'user', string_match: { exact: 'jason' } }]],
  ['envoy.config.route.v3.CookieMatcher', 'name', 1, 'user'],
  ['envoy.config.route.v3.CookieMatcher', 'string_match', 2, { exact: 'jason' }],
  ['envoy.config.route.v3.CookieMatcher', 'invert_match', 3, true],
  // Override host.
  [
    'envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost',
    'override_host_sources',
    1,
    [{ header: 'x-host' }],
  ],
  ['envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost', 'fallback_policy', 3, {}],
  ['envoy.config.endpoint.v3.LbEndpointCollection', 'entries', 1, {}],
  // ORCA, gRFC A51.
  ['xds.data.orca.v3.OrcaLoadReport', 'cpu_utilization', 1, 0.5],
  ['xds.data.orca.v3.OrcaLoadReport', 'mem_utilization', 2, 0.5],
  ['xds.data.orca.v3.OrcaLoadReport', 'request_cost', 4, { a: 1 }],
  ['xds.data.orca.v3.OrcaLoadReport', 'utilization', 5, { a: 1 }],
  ['xds.data.orca.v3.OrcaLoadReport', 'rps_fractional', 6, 0.5],
  ['xds.data.orca.v3.OrcaLoadReport', 'eps', 7, 0.5],
  ['xds.data.orca.v3.OrcaLoadReport', 'named_metrics', 8, { a: 1 }],
  ['xds.data.orca.v3.OrcaLoadReport', 'application_utilization', 9, 0.5],
  ['xds.service.orca.v3.OrcaLoadReportRequest', 'report_interval', 1, '10s'],
  ['xds.service.orca.v3.OrcaLoadReportRequest', 'request_cost_names', 2, ['a']],
  // Istio's certificate authority.
  ['istio.v1.auth.IstioCertificateRequest', 'csr', 1, 'csr'],
  ['istio.v1.auth.IstioCertificateRequest', 'validity_duration', 3, '86400'],
  ['istio.v1.auth.IstioCertificateRequest', 'metadata', 4, { ClusterID: 'Kubernetes' }],
  ['istio.v1.auth.IstioCertificateResponse', 'cert_chain', 1, ['leaf', 'root']],
]

describe('a field that the mesh relies on', () => {
  for (const [message, field, number, value] of relied) {
    it(`${message}.${field} has number ${number}`, () => assertField(message, field, number, value))
  }
})

describe('a field of the overlay', () => {
  for (const [message, entries] of Object.entries(fields)) {
    for (const entry of entries) {
      const line = typeof entry === 'string' ? entry : entry.field
      const value = /^([A-Z]\w*) = (\d+)$/.exec(line)
      if (value !== null) {
        it(`${message}.${value[1]} is the value ${value[2]}`, () =>
          assertEnumValue(message, value[1]!, Number(value[2])))
      } else {
        const [type, field, number] = parseField(line)
        it(`${message}.${field} has number ${number}`, () => assertField(message, field, number, sampleOf(type)))
      }
    }
  }
  for (const [message, replacements] of Object.entries(changes)) {
    for (const { to } of replacements) {
      const [type, field, number] = parseField(to)
      it(`${message}.${field} is ${type}`, () => assertField(message, field, number, sampleOf(type)))
    }
  }

  it('RateLimitPerRoute.rate_limits reads the stage of a route rate limit', () => {
    const bytes = json.encode(xdsProto.TypeUrl.HttpRateLimitPerRoute, { rate_limits: [{ stage: 2 }] })
    assert.equal(xdsProto.HttpRateLimitPerRoute.decode(bytes).rateLimits[0]?.stage, 2)
  })
})

function parseField(line: string): [type: string, field: string, number: number] {
  const match = /^(.+) (\w+) = (\d+)$/.exec(line)
  assert.ok(match, line)
  return [match[1]!, match[2]!, Number(match[3])]
}

/** Encodes the one field, checks its number on the wire, and takes it through the generated codec. */
function assertField(message: string, field: string, number: number, value: unknown): void {
  const bytes = json.encode(message, { [field]: value })
  assert.equal(firstFieldNumber(bytes), number)

  const codec = codecs.get(message)
  assert.ok(codec, `${message} is not exported`)
  const decoded = codec.decode(bytes)
  assert.deepEqual(Buffer.from(codec.encode(decoded).finish()), Buffer.from(bytes))
  assert.notDeepEqual(decoded, codec.decode(new Uint8Array(0)), 'the generated codec knows the field')
}

function assertEnumValue(enumType: string, name: string, value: number): void {
  const nested = enumType.split('.').filter((part) => /^[A-Z]/.test(part))
  const values = Object.entries(xdsProto).find(([exported]) => exported === nested.join('_'))?.[1]
  assert.ok(values, `${enumType} is not exported`)
  assert.equal(enumName(values as unknown as Record<string, number>, value), name)
}

function firstFieldNumber(bytes: Uint8Array): number {
  let tag = 0
  for (let index = 0; ; index++) {
    tag |= (bytes[index]! & 127) << (7 * index)
    if (bytes[index]! < 128) return tag >>> 3
  }
}

const samples: Record<string, unknown> = {
  bool: true,
  string: 'x',
  uint32: 1,
  'google.protobuf.BoolValue': true,
  'google.protobuf.UInt32Value': 1,
  'google.protobuf.UInt64Value': '1',
  'google.protobuf.Duration': '1s',
  XRateLimitOption: 'OFF',
  LocalityBasis: 'HEALTHY_HOSTS_WEIGHT',
  UpstreamConnectMode: 'ON_DOWNSTREAM_DATA',
  CompliancePolicy: 'FIPS_202205',
}

/** A value that is not the default; for a message, an empty one that is there. */
function sampleOf(type: string): unknown {
  const [, element] = /^repeated (.+)$/.exec(type) ?? []
  if (element !== undefined) return [sampleOf(element)]
  const [, mapped] = /^map<string, (.+)>$/.exec(type) ?? []
  if (mapped !== undefined) return { key: sampleOf(mapped) }
  return samples[type] ?? {}
}
