import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  Address,
  Any,
  anyOf,
  Cluster,
  Cluster_LbPolicy,
  create,
  decodeAny,
  durationFromMilliseconds,
  durationToMilliseconds,
  enumName,
  HttpConnectionManager,
  HttpFilter,
  Metadata,
  messageTypes,
  OrcaLoadReport,
  RingHash,
  Router,
  SocketAddress,
  TypeUrl,
  typeNameOf,
  typeUrlOf,
  UpstreamTlsContext,
  unpackAny,
  XdsMatcher,
} from '@inmesh/xds-proto/all'

describe('create', () => {
  it('gives the fields that are not named their proto3 defaults', () => {
    const cluster = create(Cluster, { name: 'reviews' })
    assert.equal(cluster.name, 'reviews')
    assert.equal(cluster.altStatName, '')
    assert.equal(cluster.lbPolicy, Cluster_LbPolicy.ROUND_ROBIN)
    assert.equal(cluster.connectTimeout, undefined)
    assert.equal(cluster.clusterDiscoveryType, undefined)
    assert.deepEqual(cluster.filters, [])
  })

  it('shares nothing between two messages', () => {
    assert.notEqual(create(Cluster).filters, create(Cluster).filters)
    assert.notEqual(create(Metadata).filterMetadata, create(Metadata).filterMetadata)
  })
})

describe('a message', () => {
  it('keeps wrappers, oneofs, maps, structs and 64-bit integers through its bytes', () => {
    const address = create(Address, {
      address: {
        $case: 'socketAddress',
        value: create(SocketAddress, { address: '10.0.0.1', portSpecifier: { $case: 'portValue', value: 80 } }),
      },
    })
    assert.deepEqual(Address.decode(Address.encode(address).finish()), address)

    const ringHash = create(RingHash, { minimumRingSize: 2n ** 60n })
    assert.equal(RingHash.decode(RingHash.encode(ringHash).finish()).minimumRingSize, 2n ** 60n)

    const metadata = create(Metadata, { filterMetadata: new Map([['istio', { workload: 'a', weights: [1, null] }]]) })
    assert.deepEqual(Metadata.decode(Metadata.encode(metadata).finish()), metadata)

    const report = create(OrcaLoadReport, { namedMetrics: new Map([['queue', 0.5]]) })
    assert.equal(OrcaLoadReport.decode(OrcaLoadReport.encode(report).finish()).namedMetrics.get('queue'), 0.5)
  })

  it('takes the key __proto__ as any other', () => {
    const metadata = create(Metadata, { filterMetadata: new Map([['__proto__', { polluted: true }]]) })
    const { filterMetadata } = Metadata.decode(Metadata.encode(metadata).finish())
    assert.deepEqual([...filterMetadata.keys()], ['__proto__'])
    assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  })

  it('skips the fields of a newer peer', () => {
    const known = Router.encode(create(Router, { suppressEnvoyHeaders: true })).finish()
    // Field 1000, length-delimited, one byte.
    const bytes = new Uint8Array([...known, 0xc2, 0x3e, 0x01, 0x2a])
    assert.equal(Router.decode(bytes).suppressEnvoyHeaders, true)
  })

  it('keeps the number of an enum value it has no name for', () => {
    const bytes = Cluster.encode(create(Cluster, { lbPolicy: 77 as Cluster_LbPolicy })).finish()
    assert.equal(Cluster.decode(bytes).lbPolicy, 77)
    assert.equal(enumName(Cluster_LbPolicy, 77), '77')
    assert.equal(enumName(Cluster_LbPolicy, Cluster_LbPolicy.MAGLEV), 'MAGLEV')
  })

  it('refuses bytes that end within a field', () => {
    const bytes = Cluster.encode(create(Cluster, { name: 'reviews' })).finish()
    assert.throws(() => Cluster.decode(bytes.subarray(0, -1)), Error)
  })

  it('refuses to follow nesting without end', () => {
    // Matcher.on_no_match.matcher, 200 deep.
    let bytes: Uint8Array = new Uint8Array(0)
    for (let depth = 0; depth < 200; depth++) bytes = nested(3, nested(1, bytes))
    assert.throws(() => XdsMatcher.decode(bytes), /recursion limit/)
  })
})

describe('an Any', () => {
  const router = create(Router, { startChildSpan: true })

  it('carries a message under its type URL', () => {
    const any = anyOf(Router, router)
    assert.equal(any.typeUrl, TypeUrl.Router)
    assert.deepEqual(unpackAny(Router, any), router)
    assert.deepEqual(decodeAny(any), router)
  })

  it('is not taken for another type', () => {
    assert.equal(unpackAny(UpstreamTlsContext, anyOf(Router, router)), undefined)
    assert.equal(decodeAny({ typeUrl: 'type.googleapis.com/example.Unknown', value: new Uint8Array(0) }), undefined)
  })

  it('nests in the configuration of a listener', () => {
    const filter = create(HttpFilter, {
      name: 'router',
      configType: { $case: 'typedConfig', value: anyOf(Router, router) },
    })
    const bytes = Any.encode(
      anyOf(HttpConnectionManager, create(HttpConnectionManager, { httpFilters: [filter] })),
    ).finish()
    const manager = unpackAny(HttpConnectionManager, Any.decode(bytes))
    const config = manager?.httpFilters[0]?.configType
    assert.equal(config?.$case, 'typedConfig')
    assert.deepEqual(unpackAny(Router, config.value), router)
  })
})

describe('the type URLs', () => {
  it('each have the codec of their message', () => {
    for (const typeUrl of Object.values(TypeUrl)) {
      const codec = messageTypes.get(typeUrl)
      assert.ok(codec, typeUrl)
      assert.equal(typeUrlOf(codec), typeUrl)
      assert.equal(typeNameOf(typeUrl), codec.$type)
    }
    assert.equal(messageTypes.size, Object.keys(TypeUrl).length)
  })
})

describe('a duration', () => {
  it('becomes milliseconds and comes back', () => {
    assert.equal(durationToMilliseconds({ seconds: 2n, nanos: 500_000 }), 2_000.5)
    assert.deepEqual(durationFromMilliseconds(2_000.5), { seconds: 2n, nanos: 500_000 })
    assert.deepEqual(durationFromMilliseconds(-1_500), { seconds: -1n, nanos: -500_000_000 })
    assert.equal(durationToMilliseconds({ seconds: -1n, nanos: -500_000_000 }), -1_500)
  })
})

describe('the main entry', () => {
  it('imports nothing, neither a library nor the JSON codec', () => {
    const bundle = readFileSync(new URL(import.meta.resolve('@inmesh/xds-proto')), 'utf8')
    assert.doesNotMatch(bundle, /(?:^|[;}\s])import[\s{("*]/m)
  })
})

/** A field that holds these bytes. */
function nested(field: number, bytes: Uint8Array): Uint8Array {
  const length = [bytes.length & 127]
  for (let rest = bytes.length >>> 7; rest > 0; rest >>>= 7) {
    length.push(rest & 127)
    length[length.length - 2]! |= 128
  }
  return new Uint8Array([(field << 3) | 2, ...length, ...bytes])
}
