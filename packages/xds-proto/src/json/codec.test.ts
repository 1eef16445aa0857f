import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ApiListener,
  anyOf,
  Cluster,
  Cluster_DiscoveryType,
  create,
  durationToMilliseconds,
  HTTPFault,
  HttpConnectionManager,
  HttpFilter,
  Listener,
  RouteConfiguration,
  StringMatcher,
  TypeUrl,
  unpackAny,
} from '@inmesh/xds-proto/all'
import { loadJsonCodec, ProtoJsonError } from '@inmesh/xds-proto/json'

const codec = loadJsonCodec()

describe('encoding JSON', () => {
  it('takes field names of both styles, enums by name and number, durations, wrappers and structs', () => {
    const inSnakeCase = {
      name: 'reviews',
      type: 'EDS',
      connect_timeout: '0.250s',
      per_connection_buffer_limit_bytes: 1024,
      metadata: { filter_metadata: { istio: { services: ['reviews', null, 1.5, true] } } },
    }
    const inCamelCase = {
      name: 'reviews',
      type: 3,
      connectTimeout: '0.25s',
      perConnectionBufferLimitBytes: '1024',
      metadata: { filterMetadata: { istio: { services: ['reviews', null, 1.5, true] } } },
    }
    const bytes = codec.encode(TypeUrl.Cluster, inSnakeCase)
    assert.deepEqual(codec.encode('envoy.config.cluster.v3.Cluster', inCamelCase), bytes)

    const cluster = Cluster.decode(bytes)
    assert.deepEqual(cluster.clusterDiscoveryType, { $case: 'type', value: Cluster_DiscoveryType.EDS })
    assert.equal(durationToMilliseconds(cluster.connectTimeout!), 250)
    assert.equal(cluster.perConnectionBufferLimitBytes, 1024)
    assert.deepEqual(cluster.metadata?.filterMetadata.get('istio'), { services: ['reviews', null, 1.5, true] })
  })

  it('packs an Any by its @type, at any depth', () => {
    const bytes = codec.encode(TypeUrl.RouteConfiguration, {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          typed_per_filter_config: {
            fault: { '@type': TypeUrl.HTTPFault, delay: { fixed_delay: '2s', percentage: { numerator: 10 } } },
          },
        },
      ],
    })
    const any = RouteConfiguration.decode(bytes).virtualHosts[0]?.typedPerFilterConfig.get('fault')
    const fault = unpackAny(HTTPFault, any!)
    assert.equal(fault?.delay?.percentage?.numerator, 10)
  })

  it('gives a message of its own as type URL and bytes', () => {
    const { typeUrl, value } = codec.encodeAny({ '@type': TypeUrl.XdsStringMatcher, exact: 'a' })
    assert.equal(typeUrl, TypeUrl.XdsStringMatcher)
    assert.deepEqual(value, codec.encode(TypeUrl.XdsStringMatcher, { exact: 'a' }))
    assert.deepEqual(
      codec.encodeAny({ '@type': 'type.googleapis.com/google.protobuf.Duration', value: '1s' }).value,
      new Uint8Array([8, 1]),
    )
  })

  it('tells of all that is wrong, the first first', () => {
    const json = { name: 5, filters: [{ name: 'a' }, { nam: 'b' }], typo: 1, connect_timeout: '1s' }
    assert.throws(
      () => codec.encode(TypeUrl.Cluster, json),
      (error) => {
        assert.ok(error instanceof ProtoJsonError)
        assert.deepEqual([error.path, ...error.others.map(({ path }) => path)], ['name', 'filters[1].nam', 'typo'])
        return true
      },
    )
  })

  it('takes null as a field that is not there', () => {
    const bytes = codec.encode(TypeUrl.Cluster, { name: 'a', connect_timeout: null, filters: null })
    assert.deepEqual(Cluster.decode(bytes), create(Cluster, { name: 'a' }))
  })

  it('does not change what it is given', () => {
    const json = Object.freeze({ '@type': TypeUrl.Cluster, name: 'a' })
    codec.encodeAny(json)
    assert.deepEqual(json, { '@type': TypeUrl.Cluster, name: 'a' })
  })
})

describe('JSON that does not fit', () => {
  const route = (value: unknown) => ({ virtual_hosts: [{ routes: [{}, { route: value }] }] })

  const cases: [title: string, json: unknown, path: string, problem: RegExp][] = [
    [
      'an unknown field',
      { virtual_hosts: [{ routes: [{}, {}, { match: { prefx: '/' } }] }] },
      'virtual_hosts[0].routes[2].match.prefx',
      /^unknown field of envoy\.config\.route\.v3\.RouteMatch$/,
    ],
    ['a name that is only like a field', { virtualhosts: [] }, 'virtualhosts', /unknown field/],
    ['a string for a list', { virtualHosts: 'all' }, 'virtualHosts', /^expected a list, got a string$/],
    [
      'a list for an object',
      { virtual_hosts: [[]] },
      'virtual_hosts[0]',
      /^expected an object \(.*VirtualHost\), got a list$/,
    ],
    ['a null in a list', { virtual_hosts: [null] }, 'virtual_hosts[0]', /got null$/],
    [
      'a number for a string',
      { virtual_hosts: [{ domains: ['a', 3] }] },
      'virtual_hosts[0].domains[1]',
      /^expected a string, got a number$/,
    ],
    [
      'a negative unsigned integer',
      { max_direct_response_body_size_bytes: -1 },
      'max_direct_response_body_size_bytes',
      /^expected an integer \(uint32\), got -1$/,
    ],
    [
      'a string for a wrapper of bool',
      { validate_clusters: 'yes' },
      'validate_clusters',
      /^expected true or false, got "yes"$/,
    ],
    [
      'an enum value without that name',
      route({ priority: 'LOW' }),
      'virtual_hosts[0].routes[1].route.priority',
      /^expected one of DEFAULT, HIGH, got "LOW"$/,
    ],
    [
      'a duration without a unit',
      route({ timeout: 3 }),
      'virtual_hosts[0].routes[1].route.timeout',
      /^expected a duration such as "1\.5s", got 3$/,
    ],
    [
      'a duration with more behind it',
      route({ timeout: '5seconds' }),
      'virtual_hosts[0].routes[1].route.timeout',
      /duration/,
    ],
    [
      'a duration finer than nanoseconds',
      route({ timeout: '0.0123456789s' }),
      'virtual_hosts[0].routes[1].route.timeout',
      /duration/,
    ],
    [
      'two members of one oneof',
      route({ cluster: 'a', cluster_header: 'b' }),
      'virtual_hosts[0].routes[1].route.cluster_header',
      /^excludes cluster: only one of cluster_specifier may be set$/,
    ],
    [
      'a field by both its names',
      { virtual_hosts: [], virtualHosts: [] },
      'virtualHosts',
      /^the same field as virtual_hosts$/,
    ],
    [
      'an unknown field inside an Any',
      {
        typed_per_filter_config: { 'envoy.filters.http.fault': { '@type': TypeUrl.HTTPFault, delay: { fixed: '1s' } } },
      },
      'typed_per_filter_config["envoy.filters.http.fault"].delay.fixed',
      /unknown field/,
    ],
    [
      'an Any of an unknown type',
      { typed_per_filter_config: { a: { '@type': 'type.googleapis.com/example.Thing' } } },
      'typed_per_filter_config["a"].@type',
      /^unknown type "type\.googleapis\.com\/example\.Thing"$/,
    ],
    [
      'an Any without a type',
      { typed_per_filter_config: { a: { delay: {} } } },
      'typed_per_filter_config["a"].@type',
      /got nothing/,
    ],
    [
      'a field beside the value of a plain message in an Any',
      {
        typed_per_filter_config: {
          a: { '@type': 'type.googleapis.com/google.protobuf.StringValue', value: 'x', name: 'y' },
        },
      },
      'typed_per_filter_config["a"].name',
      /stands in "value" only/,
    ],
    ['a value that is no object', 'routes', '', /^expected an object \(.*RouteConfiguration\), got a string$/],
  ]
  for (const [title, json, path, problem] of cases) {
    it(`is refused with its path: ${title}`, () => {
      assert.throws(
        () => codec.encode(TypeUrl.RouteConfiguration, json),
        (error) => {
          assert.ok(error instanceof ProtoJsonError)
          assert.equal(error.code, 'ERR_INMESH_PROTO_JSON')
          assert.equal(error.path, path)
          assert.match(error.problem, problem)
          assert.equal(error.message, path === '' ? error.problem : `${path}: ${error.problem}`)
          return true
        },
      )
    })
  }

  it('is refused when it nests without end', () => {
    let json: unknown = {}
    for (let depth = 0; depth < 200; depth++) json = { on_no_match: { matcher: json } }
    assert.throws(() => codec.encode(TypeUrl.XdsMatcher, json), /nested deeper than 100 messages/)
  })

  it('is refused without telling what may be a secret', () => {
    const secret = '-----BEGIN PRIVATE KEY-----'
    for (const private_key of [{ inline_bytes: secret }, { inline_string: 12345 }, secret]) {
      assert.throws(
        () => codec.encode(TypeUrl.Secret, { tls_certificate: { private_key } }),
        (error) => error instanceof ProtoJsonError && !/BEGIN|12345/.test(error.message),
      )
    }
  })

  it('is refused when the type is not known', () => {
    assert.equal(codec.has('example.Thing'), false)
    assert.throws(() => codec.encode('example.Thing', {}), { code: 'ERR_INMESH_PROTO_JSON', path: '' })
    assert.throws(() => codec.decode('example.Thing', new Uint8Array(0)), { code: 'ERR_INMESH_PROTO_JSON' })
  })
})

describe('decoding to JSON', () => {
  it('gives lower camel case, with every Any unpacked', () => {
    const matcher = create(StringMatcher, { matchPattern: { $case: 'exact', value: 'a' }, ignoreCase: true })
    assert.deepEqual(codec.decode(TypeUrl.StringMatcher, StringMatcher.encode(matcher).finish()), {
      exact: 'a',
      ignoreCase: true,
    })
    const json = {
      name: 'a',
      apiListener: { apiListener: { '@type': TypeUrl.HttpConnectionManager, statPrefix: 'b' } },
    }
    assert.deepEqual(codec.decode(TypeUrl.Listener, codec.encode(TypeUrl.Listener, json)), json)
  })

  it('shows the bytes of an Any whose type it does not know', () => {
    const filter = create(HttpFilter, {
      name: 'own',
      configType: {
        $case: 'typedConfig',
        value: { typeUrl: 'type.googleapis.com/example.Thing', value: new Uint8Array([1, 2, 3]) },
      },
    })
    // Twice, so that the second finds its type seen before; and inside another Any.
    const manager = anyOf(HttpConnectionManager, create(HttpConnectionManager, { httpFilters: [filter, filter] }))
    const listener = create(Listener, { apiListener: create(ApiListener, { apiListener: manager }) })

    const shown = { name: 'own', typedConfig: { '@type': 'type.googleapis.com/example.Thing', value: 'AQID' } }
    assert.deepEqual(codec.decode(TypeUrl.Listener, Listener.encode(listener).finish()), {
      apiListener: { apiListener: { '@type': TypeUrl.HttpConnectionManager, httpFilters: [shown, shown] } },
    })
  })

  it('refuses bytes that are not such a message', () => {
    assert.throws(() => codec.decode(TypeUrl.Cluster, new Uint8Array([0x0a, 0x05, 0x61])), {
      code: 'ERR_INMESH_PROTO_JSON',
      message: /^these bytes are no envoy\.config\.cluster\.v3\.Cluster: /,
    })
  })
})

describe('the JSON codec', () => {
  it('knows every type that has a type URL', () => {
    for (const typeUrl of Object.values(TypeUrl)) assert.ok(codec.has(typeUrl), typeUrl)
  })
})
