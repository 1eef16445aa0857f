import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { MeshError, type RouteConfiguration } from '@inmesh/core'
import type { ListenerResource, ListenerRoutes } from '../resource/listener/listener-resource.js'
import { listenerType } from '../resource/listener/listener-type.js'
import { routeConfigurationType } from '../resource/route/route-configuration-type.js'
import { settled } from '../testing/fake-clock.js'
import { FakeResourceProvider } from '../testing/fake-resource-provider.js'
import { RecordingTargetWatcher } from '../testing/recording-target-watcher.js'
import { listenerTo, routesTo } from '../testing/resource-fixtures.js'
import { DependencyTree } from './dependency-tree.js'
import { hostsLike, MeshHostsOnly } from './mesh-hosts.js'
import { SidecarStrategy } from './sidecar-strategy.js'
import { ListenerPerTarget } from './target-strategy.js'

let provider: FakeResourceProvider
let tree: DependencyTree
let watcher: RecordingTargetWatcher

/** A listener as a sidecar has it. */
function caught(name: string, address: string, port: number, routes: ListenerRoutes): ListenerResource {
  const { refused } = listenerTo('')
  return { listener: { name, filters: [], maxStreamDurationMs: 0 }, routes, refused, outbound: { address, port } }
}

function rds(name: string): ListenerRoutes {
  return { kind: 'rds', name }
}

function set(...listeners: ListenerResource[]): void {
  for (const listener of listeners)
    provider.tellAll(listenerType, (each) => each.changed(listener.listener.name, listener, []))
}

function complete(): void {
  provider.tellAll(listenerType, (each) => each.complete())
}

/** A table with a virtual host for each domain, which leads to the cluster of that name. */
function table(...domains: string[]): RouteConfiguration {
  const virtualHosts = domains.map((domain) => ({ ...routesTo(domain).virtualHosts[0]!, domains: [domain] }))
  return { name: 'r', virtualHosts, ignorePortInHostMatching: true }
}

function clusters(): readonly string[] {
  return [...watcher.config.clusters.keys()]
}

describe('the strategy for sidecars', () => {
  beforeEach(() => {
    provider = new FakeResourceProvider()
    const strategy = new SidecarStrategy(provider, { namespace: 'demo' })
    tree = new DependencyTree({ provider, strategy })
    watcher = new RecordingTargetWatcher()
  })

  it('watches listeners and clusters as a whole, once there is a target', () => {
    assert.deepEqual(provider.watched, [])
    tree.watch('shop:80', watcher)
    tree.watch('shop:81', new RecordingTargetWatcher())
    assert.deepEqual(provider.watched, ['CDS *', 'LDS *'])
    tree.close()
    assert.deepEqual(provider.watched, [])
  })

  it('takes the listener of the port, and waits until all are there', async () => {
    tree.watch('shop:80', watcher)
    set(caught('0.0.0.0_80', '0.0.0.0', 80, rds('80')), caught('0.0.0.0_81', '0.0.0.0', 81, rds('81')))
    await settled()
    assert.deepEqual(provider.watched, ['CDS *', 'LDS *'])
    complete()
    await settled()
    assert.ok(provider.isWatched(routeConfigurationType, '80'))
    assert.ok(!provider.isWatched(routeConfigurationType, '81'))
  })

  it('prefers the listener whose table is for the host alone, under its short name too', async () => {
    tree.watch('shop:80', watcher)
    const own = 'shop.demo.svc.cluster.local:80'
    set(
      caught('0.0.0.0_80', '0.0.0.0', 80, rds('80')),
      caught('10.0.0.1_80', '10.0.0.1', 80, rds('other.demo.svc.cluster.local:80')),
      caught('10.0.0.2_80', '10.0.0.2', 80, rds(own)),
    )
    complete()
    await settled()
    assert.ok(provider.isWatched(routeConfigurationType, own))
  })

  it('knows no target where only TCP is caught, or nothing, and looks again when that changes', async () => {
    tree.watch('shop:80', watcher)
    set(caught('0.0.0.0_80', '0.0.0.0', 80, { kind: 'none', reason: 'TCP' }))
    complete()
    await settled()
    assert.deepEqual(watcher.words, ['unknown'])
    set(caught('0.0.0.0_80', '0.0.0.0', 80, rds('80')))
    await settled()
    assert.ok(provider.isWatched(routeConfigurationType, '80'))
    provider.tellAll(listenerType, (each) => each.removed('0.0.0.0_80'))
    await settled()
    assert.ok(!provider.isWatched(routeConfigurationType, '80'))
  })

  it('names no host to the control plane: only what its own listeners and tables name is asked for', async () => {
    const unknown = new RecordingTargetWatcher()
    tree.watch('shop:80', watcher)
    tree.watch('api.example.com:80', unknown)
    tree.watch('api.example.com:443', unknown)
    set(caught('0.0.0.0_80', '0.0.0.0', 80, rds('80')))
    complete()
    await settled()
    provider.change(routeConfigurationType, '80', table('shop'))
    await settled()
    assert.deepEqual(provider.watched, ['CDS *', 'CDS shop', 'LDS *', 'RDS 80'])
    assert.deepEqual(unknown.words, ['unknown', 'unknown'])
  })

  it('needs only the clusters of the virtual host that the target belongs to', async () => {
    tree.watch('shop:80', watcher)
    set(caught('0.0.0.0_80', '0.0.0.0', 80, { kind: 'inline', routes: table('shop', 'other', '*') }))
    complete()
    await settled()
    assert.deepEqual(
      provider.watched.filter((name) => name.startsWith('CDS')),
      ['CDS *', 'CDS shop'],
    )
  })

  it('knows no target that the table has no place for, and knows it as soon as it has', async () => {
    tree.watch('shop:80', watcher)
    set(caught('0.0.0.0_80', '0.0.0.0', 80, rds('80')))
    complete()
    await settled()
    provider.change(routeConfigurationType, '80', table('other'))
    await settled()
    assert.deepEqual(watcher.words, ['unknown'])
    provider.change(routeConfigurationType, '80', {
      ...table('shop'),
      virtualHosts: [{ ...table('shop').virtualHosts[0]!, routes: [] }],
    })
    await settled()
    assert.deepEqual([watcher.words, clusters()], [['unknown', 'configured'], []])
    provider.change(routeConfigurationType, '80', table('other'))
    await settled()
    assert.deepEqual(watcher.words, ['unknown', 'configured', 'unknown'])
  })

  it('fails while no control plane can be reached, until one can', async () => {
    tree.watch('shop:80', watcher)
    const error = new MeshError('ERR_INMESH_CONTROL_PLANE_UNAVAILABLE', 'gone')
    provider.tellAll(listenerType, (each) => each.unreachable(error))
    await settled()
    assert.deepEqual(watcher.words, ['ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'])
    complete()
    await settled()
    assert.deepEqual(watcher.words, ['ERR_INMESH_CONTROL_PLANE_UNAVAILABLE', 'unknown'])
  })
})

describe('a mesh of some hosts only', () => {
  beforeEach(() => {
    provider = new FakeResourceProvider()
    watcher = new RecordingTargetWatcher()
    const patterns = ['*.svc.cluster.local', 'api.example.com']
    const strategy = new MeshHostsOnly(new ListenerPerTarget(provider), hostsLike(patterns, { namespace: 'demo' }))
    tree = new DependencyTree({ provider, strategy })
  })

  it('asks for hosts of its patterns, short names included', () => {
    for (const host of ['shop', 'shop.demo', 'shop.demo.svc', 'shop.demo.svc.cluster.local', 'api.example.com']) {
      tree.watch(`${host}:80`, new RecordingTargetWatcher())
      assert.ok(provider.isWatched(listenerType, `${host}:80`), host)
    }
  })

  it('does not ask for any other, which is unknown at once', async () => {
    const strategy = new MeshHostsOnly(new ListenerPerTarget(provider), hostsLike(['api.example.com']))
    tree = new DependencyTree({ provider, strategy })
    const stop = tree.watch('elsewhere.example.com:443', watcher)
    tree.watch('late:80', watcher)()
    await settled()
    assert.deepEqual([provider.watched, watcher.words], [[], ['unknown']])
    stop()
  })
})
