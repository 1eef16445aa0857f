import assert from 'node:assert/strict'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ListenerResource, ServerChain } from './listener-resource.js'
import { listenerType } from './listener-type.js'

const TYPES = 'type.googleapis.com/envoy.extensions.filters'
const ROUTER = { name: 'router', typedConfig: { '@type': `${TYPES}.http.router.v3.Router` } }
const HCM = 'filter_chains[0].filters[0].typed_config'
const MATCH = 'filter_chains[0].filter_chain_match'

function network(type: string, config: object = {}): object {
  return { name: type, typedConfig: { '@type': `${TYPES}.network.${type}`, ...config } }
}

function http(more: object = {}): object {
  const routeConfig = {
    virtualHosts: [{ domains: ['*'], routes: [{ match: { prefix: '/' }, nonForwardingAction: {} }] }],
  }
  const config = { httpFilters: [ROUTER], ...('rds' in more ? {} : { routeConfig }), ...more }
  return network('http_connection_manager.v3.HttpConnectionManager', config)
}

const TCP = network('tcp_proxy.v3.TcpProxy', { statPrefix: 's', cluster: 'c' })
const ADDRESS = { socketAddress: { address: '0.0.0.0', portValue: 80 } }

function listener(more: object = {}): object {
  return { name: 'l', address: ADDRESS, filterChains: [{ filters: [http()] }], ...more }
}

function chain(...filters: object[]): object {
  return listener({ filterChains: [{ filters }] })
}

function matching(...matches: object[]): object {
  return listener({ filterChains: matches.map((filterChainMatch) => ({ filters: [http()], filterChainMatch })) })
}

function inspector(type: string): object {
  return { name: type, typedConfig: { '@type': `${TYPES}.listener.${type}` } }
}

function tls(typedConfig: object = { '@type': 'type.googleapis.com/envoy.config.core.v3.Address' }): object {
  return { name: 'envoy.transport_sockets.tls', typedConfig }
}

function first({ server }: ListenerResource): ServerChain {
  return server!.chains[0]!
}

const RULES: readonly Rule<ListenerResource>[] = [
  {
    id: 'LDS-200',
    rule: 'a chain carries HTTP by the routes of its manager',
    input: listener(),
    outcome: 'carried',
    check: (value) => {
      const { use } = first(value)
      assert.ok(use.kind === 'http' && use.routes.kind === 'inline')
      assert.deepEqual(value.server?.address, { address: '0.0.0.0', port: 80 })
      assert.equal(value.server?.catchesAllPorts, false)
    },
  },
  {
    id: 'LDS-201',
    rule: 'the routes may be a resource of their own',
    input: chain(http({ rds: { configSource: { ads: {} }, routeConfigName: 'r' } })),
    outcome: 'carried',
    check: (value) => {
      const { use } = first(value)
      assert.deepEqual(use.kind === 'http' && use.routes, { kind: 'rds', name: 'r' })
    },
  },
  {
    id: 'LDS-202',
    rule: 'the address is required',
    input: listener({ address: {} }),
    outcome: 'malformed',
    fields: ['address'],
  },
  {
    id: 'LDS-203',
    rule: 'a listener without any chain is refused',
    input: listener({ filterChains: [] }),
    outcome: 'malformed',
    fields: ['filter_chains'],
  },
  {
    id: 'LDS-204',
    rule: 'the default chain is enough',
    input: listener({ filterChains: [], defaultFilterChain: { filters: [http()] } }),
    outcome: 'carried',
    check: ({ server }) => assert.equal(server?.fallback?.use.kind, 'http'),
  },
  {
    id: 'LDS-205',
    rule: 'the manager is the last filter of its chain',
    input: chain(http(), TCP),
    outcome: 'malformed',
    fields: ['filter_chains[0].filters[0]'],
  },
  {
    id: 'LDS-206',
    rule: 'a chain has one manager',
    input: chain(http(), http()),
    outcome: 'malformed',
    fields: ['filter_chains[0].filters[0]'],
  },
  {
    id: 'LDS-207',
    rule: 'a network filter has a name',
    input: listener({ filterChains: [{ filters: [{ ...http(), name: '' }] }] }),
    outcome: 'malformed',
    fields: ['filter_chains[0].filters[0].name'],
  },
  {
    id: 'LDS-208',
    rule: 'a network filter has a configuration',
    input: chain({ name: 'f' }),
    outcome: 'malformed',
    fields: ['filter_chains[0].filters[0]'],
  },
  {
    id: 'LDS-209',
    rule: 'a network filter that is not known closes the connections of its chain, whatever follows',
    input: chain(network('rbac.v3.RBAC', { statPrefix: 's' }), http()),
    outcome: 'closed',
    fields: [HCM],
  },
  {
    id: 'LDS-210',
    rule: 'a malformed manager is malformed for servers too',
    input: chain(http({ httpFilters: [] })),
    outcome: 'malformed',
    fields: [`${HCM}.http_filters`],
  },
  {
    id: 'LDS-211',
    rule: 'an HTTP filter that is not supported and not optional fails the requests of the chain',
    input: chain(
      http({ httpFilters: [{ name: 'a', typedConfig: { '@type': `${TYPES}.http.rbac.v3.RBAC` } }, ROUTER] }),
    ),
    outcome: 'refused',
    fields: [`${HCM}.http_filters[0]`],
  },
  { id: 'LDS-212', rule: 'a chain of TCP gives connections to the application', input: chain(TCP), outcome: 'plain' },
  {
    id: 'LDS-213',
    rule: 'TLS is not served yet, and its connections are closed',
    input: listener({ filterChains: [{ filters: [http()], transportSocket: tls() }] }),
    outcome: 'closed',
    fields: ['filter_chains[0].transport_socket'],
  },
  {
    id: 'LDS-214',
    rule: 'a chain for TLS only is listed',
    input: matching({ transportProtocol: 'tls' }),
    outcome: 'closed',
    fields: [`${MATCH}.transport_protocol`],
  },
  {
    id: 'LDS-215',
    rule: 'a match is carried in every respect',
    input: matching({
      destinationPort: 80,
      prefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }],
      transportProtocol: 'raw_buffer',
      applicationProtocols: ['http/1.1'],
      sourceType: 'EXTERNAL',
      sourcePrefixRanges: [{ addressPrefix: '::', prefixLen: 0 }],
      directSourcePrefixRanges: [{ addressPrefix: '192.0.2.1', prefixLen: 32 }],
      sourcePorts: [5],
      serverNames: ['Shop.test'],
    }),
    outcome: 'carried',
    check: (value) =>
      assert.deepEqual(first(value).match, {
        destinationPort: 80,
        destinations: [{ address: '10.0.0.0', bits: 8 }],
        serverNames: ['shop.test'],
        transport: 'raw_buffer',
        protocols: ['http/1.1'],
        directSources: [{ address: '192.0.2.1', bits: 32 }],
        source: 'external',
        sources: [{ address: '::', bits: 0 }],
        sourcePorts: [5],
      }),
  },
  {
    id: 'LDS-216',
    rule: 'networks and ports of a match exist',
    input: matching({
      destinationPort: 65_536,
      sourcePorts: [0],
      prefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 33 }],
      sourcePrefixRanges: [{ addressPrefix: 'here', prefixLen: 8 }],
    }),
    outcome: 'malformed',
    fields: [
      `${MATCH}.destination_port`,
      `${MATCH}.source_ports[0]`,
      `${MATCH}.prefix_ranges[0]`,
      `${MATCH}.source_prefix_ranges[0]`,
    ],
  },
  {
    id: 'LDS-217',
    rule: 'two chains for the same connections are refused, by any of the values that their lists name and whatever the spelling of a network',
    input: matching(
      { prefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }], sourcePorts: [1, 2] },
      { prefixRanges: [{ addressPrefix: '10.9.9.9', prefixLen: 8 }], sourcePorts: [2, 3] },
      { prefixRanges: [{ addressPrefix: '2001:db8::1', prefixLen: 33 }] },
      { prefixRanges: [{ addressPrefix: '2001:DB8:0:0::', prefixLen: 33 }] },
    ),
    outcome: 'malformed',
    fields: ['filter_chains[1].filter_chain_match', 'filter_chains[3].filter_chain_match'],
  },
  {
    id: 'LDS-218',
    rule: 'even where no connection can ever come to them',
    input: matching({ serverNames: ['a.test'] }, { serverNames: ['A.test'] }),
    outcome: 'malformed',
    fields: ['filter_chains[1].filter_chain_match'],
  },
  {
    id: 'LDS-219',
    rule: 'inspectors and the original destination are for proxies; what they tell is known',
    input: listener({
      listenerFilters: [
        inspector('tls_inspector.v3.TlsInspector'),
        inspector('http_inspector.v3.HttpInspector'),
        inspector('original_dst.v3.OriginalDst'),
      ],
    }),
    outcome: 'carried',
    check: ({ server }) => assert.deepEqual([server?.detectsProtocols, server?.catchesAllPorts], [true, true]),
  },
  {
    id: 'LDS-220',
    rule: 'a listener filter that is not known closes all connections',
    input: listener({ listenerFilters: [{ ...ROUTER, name: 'no such filter of listeners' }] }),
    outcome: 'closed',
    fields: ['listener_filters[0]'],
  },
  {
    id: 'LDS-221',
    rule: 'use_original_dst stands for every port',
    input: listener({ useOriginalDst: true }),
    outcome: 'carried',
    check: ({ server }) => assert.equal(server?.catchesAllPorts, true),
  },
  {
    id: 'LDS-222',
    rule: 'a matcher tree closes all connections',
    input: listener({ filterChainMatcher: {} }),
    outcome: 'closed',
    fields: ['filter_chain_matcher'],
  },
  {
    id: 'LDS-223',
    rule: 'an address that is none of TCP is no mistake, and no server listens there',
    input: listener({ address: { pipe: { path: '/run/l' } } }),
    outcome: 'carried',
    check: ({ server }) => assert.deepEqual(server?.address, { address: '', port: 0 }),
  },
]

testRules({
  type: listenerType,
  outcomeOf: (value) => {
    const { use } = first({
      ...value,
      server: { ...value.server!, chains: [...value.server!.chains, value.server!.fallback!] },
    })
    if (use.kind !== 'http') return use.kind
    return refusedViews(use.refused)[0] ?? 'carried'
  },
  rules: RULES,
})
