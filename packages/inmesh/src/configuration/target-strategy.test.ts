import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@inmesh/core'
import { type Bootstrap, listenerType, parseBootstrap, type ResourceProvider } from '@inmesh/xds'
import { RecordingLogger } from '../testing/recording-logger.js'
import { type TargetSettings, targetStrategy } from './target-strategy.js'

/** Writes down what is watched. */
class Watched implements ResourceProvider {
  readonly names: string[] = []

  watch(type: { readonly shortName: string }, name: string): () => void {
    this.names.push(`${type.shortName} ${name}`)
    return () => {}
  }

  watchAll(type: { readonly shortName: string }): () => void {
    this.names.push(`${type.shortName} *`)
    return () => {}
  }
}

const WATCHER = { changed: () => {}, missing: () => {}, failed: () => {}, ambient: () => {} }

function bootstrap(metadata: object, more: object = {}): Bootstrap {
  return parseBootstrap({
    xds_servers: [{ server_uri: 'localhost:1', channel_creds: [{ type: 'insecure' }] }],
    node: { id: 'sidecar~10.0.0.1~pod.shop~shop.svc.example.org', metadata },
    ...more,
  })
}

function plain(): Bootstrap {
  return bootstrap({}, { node: { id: 'shop-1' } })
}

const DEFAULTS: TargetSettings = {
  targetNaming: undefined,
  meshHosts: undefined,
  logger: silentLogger,
  workload: { namespace: undefined },
}

function watched(of: Bootstrap, settings: Partial<TargetSettings>, ...targets: string[]): readonly string[] {
  const provider = new Watched()
  const strategy = targetStrategy(of, provider, { ...DEFAULTS, ...settings })
  for (const target of targets) strategy.watchListener(target, WATCHER)
  return provider.names
}

const LISTENER = [`${listenerType.shortName} shop:80`]
const WHOLE = ['LDS *', 'CDS *']

test('a node of Istio is a sidecar unless it asks for the generator of gRPC', () => {
  assert.deepEqual(watched(bootstrap({ ISTIO_VERSION: '1.31.0' }), {}, 'shop:80'), WHOLE)
  assert.deepEqual(watched(bootstrap({ ISTIO_VERSION: '1.31.0', GENERATOR: 'grpc' }), {}, 'shop:80'), LISTENER)
})

test('a node of any other control plane asks for a listener per target, named by the template', () => {
  assert.deepEqual(watched(bootstrap({}), {}, 'shop:80'), LISTENER)
  const named = bootstrap({}, { client_default_listener_resource_name_template: 'of/%s' })
  assert.deepEqual(watched(named, {}, 'shop:80'), ['LDS of/shop:80'])
})

test('the option counts over what the node says', () => {
  assert.deepEqual(watched(bootstrap({}), { targetNaming: 'sidecar' }, 'shop:80'), WHOLE)
  assert.deepEqual(watched(bootstrap({ ISTIO_VERSION: '1' }), { targetNaming: 'grpc' }, 'shop:80'), LISTENER)
})

test('only hosts of the mesh are asked for, short names by the domains of the node', () => {
  const targets = ['catalog:80', 'catalog.other:80', 'catalog.other.svc.example.org:80', 'www.example.com:80']
  const names = watched(bootstrap({ NAMESPACE: 'shop' }), { meshHosts: ['*.shop.svc.example.org'] }, ...targets)
  assert.deepEqual(names, ['LDS catalog:80'])
})

/** The first four are names of services of the cluster `example.org`. */
const HOSTS = [
  'shop:80',
  'shop.other:80',
  'shop.other.svc:80',
  'shop.other.svc.example.org:80',
  'shop.other.svc.cluster.local:80',
  'svc.example.org:80',
  'api.example.com:80',
]

function asked(node: object, settings: Partial<TargetSettings> = {}): readonly string[] {
  return watched(bootstrap({}, { node }), settings, ...HOSTS).map((name) => name.slice('LDS '.length))
}

test('a node that names the domain of its cluster asks for names of services only', () => {
  const services = HOSTS.slice(0, 4)
  const id = 'sidecar~10.0.0.1~pod.shop'
  assert.deepEqual(asked({ id: `${id}~shop.svc.example.org` }), services)
  assert.deepEqual(asked({ id: `${id}~example.org` }), services)
  assert.deepEqual(asked({ id: 'pod', metadata: { DNS_DOMAIN: 'shop.svc.example.org' } }), services)
  assert.deepEqual(asked({ id: 'pod', metadata: { NAMESPACE: 'shop' } }), [...HOSTS.slice(0, 3), HOSTS[4]])
})

test('a node that names no domain asks for every host, and so does one whose option says so', () => {
  assert.deepEqual(asked({ id: 'pod' }), HOSTS)
  assert.deepEqual(asked({ id: 'pod' }, { workload: { namespace: 'shop' } }), HOSTS)
  assert.deepEqual(asked({ id: 'sidecar~10.0.0.1~pod.shop~shop.svc.example.org' }, { meshHosts: ['*'] }), HOSTS)
})

test('hosts of the option are asked for in place of services, not beside them', () => {
  const node = { id: 'sidecar~10.0.0.1~pod.shop~shop.svc.example.org' }
  assert.deepEqual(asked(node, { meshHosts: ['api.example.com'] }), ['api.example.com:80'])
})

test('a target that the application calls by xds: is asked for, whatever its name', () => {
  const names = watched(bootstrap({}), {}, 'xds:///api.example.com', 'xds://far/api.example.com:80')
  assert.deepEqual(names, [
    'LDS api.example.com',
    'LDS xdstp://far/envoy.config.listener.v3.Listener/api.example.com:80',
  ])
})

test('a host that goes past the mesh by default is told of once, with what to do about it', () => {
  const logger = new RecordingLogger()
  watched(bootstrap({}), { logger }, 'shop:80', 'api.example.com:80', 'api.example.com:443', 'www.example.com:80')
  assert.equal(logger.lines.length, 2)
  assert.match(logger.lines[0]!, /^info: api\.example\.com .*meshHosts/)
  assert.match(logger.lines[1]!, /^info: www\.example\.com /)
  logger.lines.length = 0
  watched(bootstrap({}), { logger, meshHosts: ['*.svc.example.org'] }, 'api.example.com:80')
  watched(plain(), { logger }, 'api.example.com:80')
  watched(bootstrap({}), { logger, targetNaming: 'sidecar' }, 'api.example.com:80')
  assert.deepEqual(logger.lines, [])
})
