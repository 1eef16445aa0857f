import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type InboundConfig, MeshError } from '@inmesh/core'
import { listenerType } from '../resource/listener/listener-type.js'
import { routeConfigurationType } from '../resource/route/route-configuration-type.js'
import { FakeResourceProvider } from '../testing/fake-resource-provider.js'
import { decodeJson } from '../testing/rule-table.js'
import { InboundTree } from './inbound-tree.js'
import { ListenerPerServer, type ServerStrategy, VirtualInbound } from './server-strategy.js'

const SERVER = { address: '127.0.0.1', port: 80 }
const NAME = 'in/127.0.0.1:80'
const TYPES = 'type.googleapis.com/envoy.extensions.filters'

function route(action: object = { nonForwardingAction: {} }): object {
  return { match: { prefix: '/' }, ...action }
}

function table(...routes: object[]) {
  return decoded(routeConfigurationType, { name: 'r', virtualHosts: [{ name: 'h', domains: ['*'], routes }] })
}

function decoded<T>(type: Parameters<typeof decodeJson<T>>[0], json: object): T {
  const resource = decodeJson(type, json)
  assert.ok(resource.kind === 'valid', JSON.stringify(resource))
  return resource.value
}

function chain(specifier: object, fields: object = {}): object {
  const typedConfig = {
    '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
    httpFilters: [{ name: 'router', typedConfig: { '@type': `${TYPES}.http.router.v3.Router` } }],
    ...specifier,
  }
  return { filters: [{ name: 'http', typedConfig }], ...fields }
}

const RDS = { rds: { configSource: { ads: {} }, routeConfigName: 'r' } }
const inline = (...routes: object[]) => ({ routeConfig: { virtualHosts: [{ domains: ['*'], routes }] } })

function listener(chains: readonly object[], fields: object = {}) {
  const address = { socketAddress: { address: '127.0.0.1', portValue: 80 } }
  return decoded(listenerType, { name: NAME, address, filterChains: chains, ...fields })
}

describe('the listener of a server', () => {
  let provider: FakeResourceProvider
  let tree: InboundTree
  let words: (InboundConfig | string)[]

  const watcher = {
    configured: (config: InboundConfig) => void words.push(config),
    unknown: () => void words.push('unknown'),
    unreachable: () => void words.push('unreachable'),
    failed: (error: MeshError) => void words.push(error.message),
  }

  function watch(strategy: ServerStrategy = new ListenerPerServer(provider, 'in/%s'), server = SERVER): () => void {
    tree = new InboundTree(provider, strategy)
    return tree.watchInbound(server, watcher)
  }

  function last(): InboundConfig {
    const word = words.at(-1)
    assert.ok(typeof word === 'object', JSON.stringify(words))
    return word
  }

  beforeEach(() => {
    provider = new FakeResourceProvider()
    words = []
  })

  it('is named by the template and the address, percent-encoded in names of the new style', () => {
    watch()
    watch(new ListenerPerServer(provider, 'xdstp://a/envoy.config.listener.v3.Listener/%s'), {
      address: '::',
      port: 8080,
    })
    assert.deepEqual(provider.watched, [`LDS ${NAME}`, 'LDS xdstp://a/envoy.config.listener.v3.Listener/%5B::%5D:8080'])
  })

  it('is unknown where there is no template', async () => {
    const unwatch = watch(new ListenerPerServer(provider, undefined))
    await turn()
    assert.deepEqual(words, ['unknown'])
    unwatch()
  })

  it('waits for the routes that it names, and keeps what it has until those of a newer listener are there', async () => {
    watch()
    provider.change(listenerType, NAME, listener([chain(RDS)]))
    await turn()
    assert.deepEqual(words, [])
    provider.change(routeConfigurationType, 'r', table(route()))
    await turn()
    const first = last()
    provider.change(listenerType, NAME, listener([chain({ rds: { ...RDS.rds, routeConfigName: 'later' } })]))
    await turn()
    assert.equal(last(), first)
    assert.deepEqual(provider.watched, [`LDS ${NAME}`, 'RDS later', 'RDS r'])
    provider.change(routeConfigurationType, 'later', table(route()))
    await turn()
    assert.notEqual(last().revision, first.revision)
    assert.deepEqual(provider.watched, [`LDS ${NAME}`, 'RDS later'])
  })

  it('is of the same revision when only routes change, and equal listeners are not told', async () => {
    watch()
    provider.change(listenerType, NAME, listener([chain(RDS)]))
    provider.change(routeConfigurationType, 'r', table(route()))
    await turn()
    const first = last()
    provider.change(listenerType, NAME, listener([chain(RDS)]))
    await turn()
    assert.deepEqual(words, [first])
    provider.change(routeConfigurationType, 'r', table(route(), route()))
    await turn()
    assert.equal(last().revision, first.revision)
    assert.equal(words.length, 2)
  })

  it('serves where its routes are missing, and their requests fail', async () => {
    watch()
    provider.change(listenerType, NAME, listener([chain(RDS)]))
    provider.miss(routeConfigurationType, 'r')
    await turn()
    const { use } = last().chains[0]!
    assert.ok(use.kind === 'failed' && use.error.code === 'ERR_INMESH_RESOURCE_MISSING')
    provider.change(routeConfigurationType, 'r', table(route()))
    await turn()
    assert.equal(last().chains[0]?.use.kind, 'http')
  })

  it('is not used for another address, nor when it is one for clients, and every address is written in two ways', async () => {
    watch()
    const other = { socketAddress: { address: '127.0.0.1', portValue: 81 } }
    provider.change(listenerType, NAME, listener([chain(inline(route()))], { address: other }))
    await turn()
    assert.match(String(words.at(-1)), /for 127\.0\.0\.1 port 81/)
    provider.change(listenerType, NAME, {
      listener: { name: NAME, filters: [], maxStreamDurationMs: 0 },
      routes: { kind: 'none', reason: '' },
      refused: {},
    })
    await turn()
    assert.match(String(words.at(-1)), /for clients/)
    watch(undefined, { address: '::', port: 80 })
    const every = { socketAddress: { address: '0.0.0.0', portValue: 80 } }
    provider.change(listenerType, 'in/[::]:80', listener([chain(inline(route()))], { address: every }))
    await turn()
    assert.equal(last().chains[0]?.use.kind, 'http')
  })

  it('gives the application what a proxy beside it would forward to it, and fails what goes elsewhere', async () => {
    watch()
    const forward = (cluster: string) => route({ route: { cluster } })
    const routes = inline(forward('inbound|80||'), forward('InboundPassthroughCluster'), forward('outbound|80||shop'))
    provider.change(listenerType, NAME, listener([chain(routes)]))
    await turn()
    const { use } = last().chains[0]!
    assert.ok(use.kind === 'http')
    const actions = use.routes.virtualHosts[0]!.routes.map(({ action }) => action)
    assert.deepEqual(
      actions.map(({ kind }) => kind),
      ['serve', 'serve', 'forward'],
    )
    assert.deepEqual(actions[0], { kind: 'serve', timeoutMs: 15_000 })
  })

  it('is unknown when the control plane lacks it, failed when it is malformed, and neither while nobody can be reached', async () => {
    watch()
    provider.fail(listenerType, NAME, new MeshError('ERR_INMESH_CONTROL_PLANE_UNAVAILABLE', 'refused'))
    await turn()
    provider.miss(listenerType, NAME)
    await turn()
    provider.fail(listenerType, NAME, new MeshError('ERR_INMESH_RESOURCE_INVALID', 'malformed'))
    await turn()
    assert.deepEqual(words, ['unreachable', 'unknown', 'malformed'])
  })

  it('lists what is not carried out of it, and nothing once nobody watches', async () => {
    const unwatch = watch()
    const unsupported = [{ field: 'filter_chains', reason: 'because' }]
    provider.change(listenerType, NAME, listener([chain(inline(route()))]), unsupported)
    await turn()
    assert.deepEqual(tree.unsupported(), [{ resource: NAME, typeShortName: 'LDS', ...unsupported[0] }])
    unwatch()
    unwatch()
    assert.deepEqual(tree.unsupported(), [])
    assert.deepEqual(provider.watched, [])
  })

  it('lists the faults that slow responses down, which servers do not carry out', async () => {
    watch()
    const responseRateLimit = { fixedLimit: { limitKbps: '1' }, percentage: { numerator: 100 } }
    const fault = { '@type': `${TYPES}.http.fault.v3.HTTPFault` }
    const router = { name: 'router', typedConfig: { '@type': `${TYPES}.http.router.v3.Router` } }
    const filters = (typedConfig: object) => ({ httpFilters: [{ name: 'slow', typedConfig }, router] })
    const overridden = inline(
      route({ nonForwardingAction: {}, typedPerFilterConfig: { slow: { ...fault, responseRateLimit } } }),
    )
    provider.change(
      listenerType,
      NAME,
      listener([chain({ ...inline(route()), ...filters(fault) }, { filterChainMatch: { sourcePorts: [1] } })], {
        defaultFilterChain: chain({ ...overridden, ...filters(fault) }),
      }),
    )
    await turn()
    assert.deepEqual(
      tree.unsupported().map(({ field }) => field),
      ['default_filter_chain'],
    )
  })

  it('is one for all servers where the node is a sidecar', async () => {
    watch(new VirtualInbound(provider))
    assert.deepEqual(provider.watched, ['LDS *', 'LDS virtualInbound'])
    const address = { socketAddress: { address: '0.0.0.0', portValue: 15_006 } }
    const chains = [chain(inline(route()), { filterChainMatch: { destinationPort: 80 } })]
    provider.change(listenerType, 'virtualInbound', listener(chains, { address, useOriginalDst: true }))
    await turn()
    assert.equal(last().chains[0]?.match.destinationPort, 80)
  })
})
