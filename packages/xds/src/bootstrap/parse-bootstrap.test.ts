import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshError } from '@inmesh/core'
import { parseBootstrap, parseBootstrapText } from './parse-bootstrap.js'

const minimal = { xds_servers: [{ server_uri: 'localhost:15010', channel_creds: [{ type: 'insecure' }] }] }

function withServer(fields: object): object {
  return { xds_servers: [{ ...minimal.xds_servers[0], ...fields }] }
}

function withTls(config: object): object {
  return withServer({ channel_creds: [{ type: 'tls', config }] })
}

function cyclic(): object {
  const metadata: Record<string, unknown> = {}
  metadata.self = metadata
  return { ...minimal, node: { metadata } }
}

test('a minimal bootstrap has every default', () => {
  assert.deepEqual(parseBootstrap(minimal), {
    servers: [
      {
        uri: 'localhost:15010',
        target: 'dns:///localhost:15010',
        credentials: { type: 'insecure' },
        callCredentials: [],
        features: [],
      },
    ],
    node: { id: '', cluster: '', locality: undefined, metadata: {} },
    certificateProviders: {},
    authorities: {},
    serverListenerResourceNameTemplate: undefined,
    clientDefaultListenerResourceNameTemplate: '%s',
  })
})

test('every part is read, and what a later version may add is passed over', () => {
  const bootstrap = parseBootstrap({
    xds_servers: [
      {
        server_uri: 'dns:///a:1',
        channel_creds: [{ type: 'new_in_2030', config: 7 }, { type: 'insecure' }],
        server_features: ['xds_v3', { future: true }, 5, 'trusted_xds_server'],
        call_creds: [{ type: 'later' }],
      },
      { server_uri: 'unix:///run/xds', channel_creds: [{ type: 'insecure' }] },
    ],
    node: {
      id: 'n',
      cluster: 'c',
      locality: { region: 'r', zone: 'z', sub_zone: 's' },
      metadata: { NUMBER: 15020, NESTED: { list: [1, null, 'x'] }, NOTHING: null, TRUE: true },
    },
    certificate_providers: { default: { plugin_name: 'newer', config: { certificate_file: '/c' } } },
    authorities: { 'auth.example': { xds_servers: [], something_new: 1 } },
    server_listener_resource_name_template: 'in/%s',
    client_default_listener_resource_name_template: 'out/%s',
    something_new: [],
  })
  assert.deepEqual(
    bootstrap.servers.map((server) => [server.target, server.features]),
    [
      ['dns:///a:1', ['xds_v3', 'trusted_xds_server']],
      ['unix:///run/xds', []],
    ],
  )
  assert.deepEqual(bootstrap.node, {
    id: 'n',
    cluster: 'c',
    locality: { region: 'r', zone: 'z', subZone: 's' },
    metadata: { NUMBER: 15020, NESTED: { list: [1, null, 'x'] }, NOTHING: null, TRUE: true },
  })
  assert.deepEqual(bootstrap.certificateProviders, {
    default: { pluginName: 'newer', config: { certificate_file: '/c' } },
  })
  assert.deepEqual(bootstrap.authorities, {
    'auth.example': {
      clientListenerResourceNameTemplate: 'xdstp://auth.example/envoy.config.listener.v3.Listener/%s',
      servers: bootstrap.servers,
      fallbackOnReachabilityOnly: false,
    },
  })
  assert.equal(bootstrap.serverListenerResourceNameTemplate, 'in/%s')
  assert.equal(bootstrap.clientDefaultListenerResourceNameTemplate, 'out/%s')
})

test('the first entry of a supported type is used', () => {
  const bootstrap = parseBootstrap(
    withServer({
      channel_creds: [
        { type: 'alts' },
        { type: 'tls', config: { ca_certificate_file: '/ca', refresh_interval: '1.5s', since: 2030 } },
        { type: 'insecure' },
      ],
      call_creds: [{ type: 'later' }, { type: 'jwt_token_file', config: { jwt_token_file: '/t' } }],
    }),
  )
  assert.deepEqual(bootstrap.servers[0]?.credentials, {
    type: 'tls',
    files: {
      caCertificateFile: '/ca',
      certificateFile: undefined,
      privateKeyFile: undefined,
      refreshIntervalMs: 1_500,
    },
  })
  assert.deepEqual(bootstrap.servers[0]?.callCredentials, [{ type: 'jwt_token_file', file: '/t' }])
})

test('an authority may have servers, a template and a fallback rule of its own', () => {
  const { servers, authorities } = parseBootstrap({
    ...minimal,
    authorities: {
      a: {
        xds_servers: [{ server_uri: 'unix:///run/a', channel_creds: [{ type: 'insecure' }] }],
        client_listener_resource_name_template: 'xdstp://a/envoy.config.listener.v3.Listener/shop/%s',
        fallback_on_reachability_only: true,
      },
      b: {},
    },
  })
  assert.equal(authorities.a?.clientListenerResourceNameTemplate, 'xdstp://a/envoy.config.listener.v3.Listener/shop/%s')
  assert.deepEqual(
    authorities.a?.servers.map(({ uri }) => uri),
    ['unix:///run/a'],
  )
  assert.equal(authorities.a?.fallbackOnReachabilityOnly, true)
  assert.equal(authorities.b?.servers, servers)
})

test("the quirks of what istio's agent writes are accepted", () => {
  const text = JSON.stringify({
    ...withServer({ server_uri: 'unix:///etc/istio/proxy/XDS', server_features: ['xds_v3'] }),
    node: {
      id: 'sidecar~10.0.0.1~pod.demo~demo.svc.cluster.local',
      metadata: { ENVOY_STATUS_PORT: 15021, GENERATOR: 'grpc', LABELS: { app: 'shop' }, PILOT_SAN: ['istiod'] },
      locality: {},
      UserAgentVersionType: null,
    },
    certificate_providers: { default: { plugin_name: 'file_watcher', config: { refresh_interval: '900s' } } },
  })
  const bootstrap = parseBootstrapText(text, { description: 'x' })
  assert.equal(bootstrap.servers[0]?.target, 'unix:///etc/istio/proxy/XDS')
  assert.equal(bootstrap.node.locality, undefined)
  assert.equal(bootstrap.node.metadata.ENVOY_STATUS_PORT, 15021)
})

test('the result is frozen and does not follow later changes of the input', () => {
  const input = { ...minimal, node: { metadata: { labels: { version: 'v1' } } } }
  const bootstrap = parseBootstrap(input)
  input.node.metadata.labels.version = 'v2'
  assert.deepEqual(bootstrap.node.metadata, { labels: { version: 'v1' } })
  assert.throws(() => Object.assign(bootstrap.node.metadata.labels as object, { version: 'v3' }), TypeError)
})

const refused: readonly (readonly [title: string, document: unknown, field: string | undefined, message: RegExp])[] = [
  ['nothing at all', undefined, undefined, /the bootstrap is empty/],
  ['an array', [], undefined, /must be an object, not an array/],
  ['no servers', {}, 'xds_servers', /is missing/],
  ['an empty list of servers', { xds_servers: [] }, 'xds_servers', /is empty/],
  ['servers that are no list', { xds_servers: {} }, 'xds_servers', /must be an array, not an object/],
  ['a server that is a string', { xds_servers: ['x'] }, 'xds_servers[0]', /must be an object, not a string/],
  ['no server_uri', withServer({ server_uri: undefined }), 'xds_servers[0].server_uri', /is missing/],
  ['an empty server_uri', withServer({ server_uri: '' }), 'xds_servers[0].server_uri', /is empty/],
  ['a server_uri that is a number', withServer({ server_uri: 5 }), 'xds_servers[0].server_uri', /not a number/],
  ['a URL as server_uri', withServer({ server_uri: 'https://x' }), 'xds_servers[0].server_uri', /scheme https/],
  ['no channel_creds', withServer({ channel_creds: null }), 'xds_servers[0].channel_creds', /is missing/],
  ['empty channel_creds', withServer({ channel_creds: [] }), 'xds_servers[0].channel_creds', /is empty/],
  [
    'channel_creds without a type',
    withServer({ channel_creds: [{}] }),
    'xds_servers[0].channel_creds[0].type',
    /is missing/,
  ],
  [
    'channel_creds of unknown types only',
    withServer({ channel_creds: [{ type: 'alts' }] }),
    'xds_servers[0].channel_creds',
    /supported.*alts/,
  ],
  [
    'a certificate without its key',
    withTls({ certificate_file: '/c' }),
    'xds_servers[0].channel_creds[0].config.private_key_file',
    /is missing/,
  ],
  [
    'a key without its certificate',
    withTls({ private_key_file: '/k' }),
    'xds_servers[0].channel_creds[0].config.certificate_file',
    /is missing/,
  ],
  [
    'a file that is a number',
    withTls({ ca_certificate_file: 1 }),
    'xds_servers[0].channel_creds[0].config.ca_certificate_file',
    /must be a string/,
  ],
  ...['600', '0s', '-1s', '1m', 's', 'Infinitys'].map(
    (refresh_interval) =>
      [
        `a refresh interval of ${refresh_interval}`,
        withTls({ refresh_interval }),
        'xds_servers[0].channel_creds[0].config.refresh_interval',
        /not a duration/,
      ] as const,
  ),
  [
    'a token over plaintext',
    withServer({ call_creds: [{ type: 'jwt_token_file', config: { jwt_token_file: '/t' } }] }),
    'xds_servers[0].call_creds[0]',
    /in plaintext/,
  ],
  [
    'a token without a file',
    withServer({ channel_creds: [{ type: 'tls' }], call_creds: [{ type: 'jwt_token_file' }] }),
    'xds_servers[0].call_creds[0].config.jwt_token_file',
    /is missing/,
  ],
  [
    'google_default even when insecure follows',
    withServer({ channel_creds: [{ type: 'google_default' }, { type: 'insecure' }] }),
    'xds_servers[0].channel_creds[0]',
    /Google Cloud/,
  ],
  [
    'server_features that is a string',
    withServer({ server_features: 'xds_v3' }),
    'xds_servers[0].server_features',
    /must be an array/,
  ],
  ['a node that is a string', { ...minimal, node: 'x' }, 'node', /must be an object/],
  ['a node id that is a number', { ...minimal, node: { id: 1 } }, 'node.id', /must be a string/],
  ['a zone that is a list', { ...minimal, node: { locality: { zone: [] } } }, 'node.locality.zone', /not an array/],
  ['metadata that is a list', { ...minimal, node: { metadata: [] } }, 'node.metadata', /not an array/],
  [
    'metadata with a function',
    { ...minimal, node: { metadata: { a: [() => 1] } } },
    'node.metadata.a[0]',
    /a function, which JSON cannot say/,
  ],
  ['metadata with NaN', { ...minimal, node: { metadata: { a: Number.NaN } } }, 'node.metadata.a', /NaN/],
  [
    'a provider without plugin',
    { ...minimal, certificate_providers: { default: {} } },
    'certificate_providers.default.plugin_name',
    /is missing/,
  ],
  [
    'a provider config that is a list',
    { ...minimal, certificate_providers: { default: { plugin_name: 'x', config: [] } } },
    'certificate_providers.default.config',
    /not an array/,
  ],
  [
    'a file_watcher with a certificate without its key',
    {
      ...minimal,
      certificate_providers: { default: { plugin_name: 'file_watcher', config: { certificate_file: '/c' } } },
    },
    'certificate_providers.default.config.private_key_file',
    /is missing/,
  ],
  [
    "an authority whose template is another's",
    { ...minimal, authorities: { a: { client_listener_resource_name_template: 'xdstp://b/x/%s' } } },
    'authorities.a.client_listener_resource_name_template',
    /must begin with xdstp:\/\/a\//,
  ],
  [
    'an authority with a wrong server',
    { ...minimal, authorities: { a: { xds_servers: [{ server_uri: 'x:1' }] } } },
    'authorities.a.xds_servers[0].channel_creds',
    /is missing/,
  ],
  [
    'a fallback rule that is a word',
    { ...minimal, authorities: { a: { fallback_on_reachability_only: 'yes' } } },
    'authorities.a.fallback_on_reachability_only',
    /must be true or false/,
  ],
  ['an authority that is a list', { ...minimal, authorities: { a: [] } }, 'authorities.a', /must be an object/],
  [
    'a template that is a number',
    { ...minimal, server_listener_resource_name_template: 1 },
    'server_listener_resource_name_template',
    /must be a string/,
  ],
]

for (const [title, document, field, message] of refused) {
  test(`refused with the path of the field: ${title}`, () => {
    assert.throws(
      () => parseBootstrap(document, { description: 'the bootstrap', file: 'x.json' }),
      (error) => {
        assert.ok(error instanceof MeshError)
        assert.equal(error.code, 'ERR_INMESH_BOOTSTRAP')
        assert.equal(error.place.field, field)
        assert.equal(error.place.file, 'x.json')
        assert.match(error.message, message)
        if (field !== undefined) assert.ok(error.message.includes(field), error.message)
        return true
      },
    )
  })
}

test('an object that contains itself is refused', () => {
  assert.throws(() => parseBootstrap(cyclic()), { code: 'ERR_INMESH_BOOTSTRAP', message: /nested too deeply/ })
})

test('text that is not JSON is refused with its origin', () => {
  assert.throws(() => parseBootstrapText('{"xds_servers": [}', { description: 'file f.json', file: 'f.json' }), {
    code: 'ERR_INMESH_BOOTSTRAP',
    message: /^file f\.json is not JSON/,
    place: { file: 'f.json' },
  })
})
