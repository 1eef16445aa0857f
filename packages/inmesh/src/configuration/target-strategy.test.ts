import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bootstrap, listenerType, parseBootstrap, type ResourceProvider } from '@inmesh/xds'
import { targetStrategy } from './target-strategy.js'

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

type Settings = Parameters<typeof targetStrategy>[2]

function watched(of: Bootstrap, settings: Partial<Settings>, ...targets: string[]): readonly string[] {
  const provider = new Watched()
  const strategy = targetStrategy(of, provider, { targetNaming: undefined, meshHosts: undefined, ...settings })
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
