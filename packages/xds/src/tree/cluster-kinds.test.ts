import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { MeshError, type ResolvedCluster } from '@inmesh/core'
import type { ClusterDiscovery, ClusterResource } from '../resource/cluster/cluster-resource.js'
import { clusterType } from '../resource/cluster/cluster-type.js'
import { endpointAssignmentType } from '../resource/endpoint/endpoint-assignment-type.js'
import { listenerType } from '../resource/listener/listener-type.js'
import { middling } from '../testing/ads-bench.js'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { FakeDnsResolver } from '../testing/fake-dns-resolver.js'
import { FakeResourceProvider } from '../testing/fake-resource-provider.js'
import { RecordingTargetWatcher } from '../testing/recording-target-watcher.js'
import { clusterOf, endpointsOn, listenerWith, routesTo } from '../testing/resource-fixtures.js'
import { DependencyTree } from './dependency-tree.js'
import { templateNaming } from './target-naming.js'

const INVALID = 'ERR_INMESH_RESOURCE_INVALID'

let provider: FakeResourceProvider
let clock: FakeClock
let resolver: FakeDnsResolver
let watcher: RecordingTargetWatcher
let tree: DependencyTree

beforeEach(() => {
  provider = new FakeResourceProvider()
  clock = new FakeClock()
  resolver = new FakeDnsResolver()
  watcher = new RecordingTargetWatcher()
  tree = new DependencyTree({ provider, naming: templateNaming(), clock, random: middling, resolver })
})

/** A target whose routes lead to these clusters. */
function watch(...clusters: string[]): () => void {
  const stop = tree.watch('shop:80', watcher)
  provider.change(listenerType, 'shop:80', listenerWith(routesTo(...clusters)))
  return stop
}

function become(name: string, discovery: ClusterDiscovery): void {
  provider.change(clusterType, name, { config: clusterOf(name).config, discovery } satisfies ClusterResource)
}

function aggregate(name: string, ...clusters: string[]): void {
  become(name, { kind: 'aggregate', clusters })
}

function eds(name: string, ...ports: number[]): void {
  become(name, { kind: 'eds', serviceName: name })
  provider.change(endpointAssignmentType, name, endpointsOn(ports))
}

function names(logical: boolean, ...hosts: string[]): ClusterDiscovery {
  const { assignment, refused } = endpointsOn(hosts.map((_, index) => index + 1))
  const [locality] = assignment.localities
  const endpoints = locality!.endpoints.map((endpoint, index) => {
    return { ...endpoint, key: `${hosts[index]}:${endpoint.port}`, host: hosts[index]! }
  })
  return {
    kind: 'dns',
    logical,
    endpoints: { assignment: { ...assignment, localities: [{ ...locality!, endpoints }] }, refused },
    settings: {
      family: 'ipv4-only',
      refreshMs: 5000,
      jitterMs: 0,
      respectTtl: false,
      failureRefresh: { baseMs: 5000, maxMs: 5000 },
    },
  }
}

function resolvedOf(name: string): ResolvedCluster {
  return watcher.config.clusters.get(name)!
}

function leaves(name: string): readonly string[] {
  const resolved = resolvedOf(name)
  assert.ok(resolved.kind === 'aggregate', resolved.kind)
  return resolved.leaves.map(({ config }) => config.name)
}

function keys(name: string): readonly string[] {
  const resolved = resolvedOf(name)
  assert.ok(resolved.kind === 'resolved', resolved.kind)
  return resolved.endpoints.localities.flatMap(({ endpoints }) => endpoints.map(({ key }) => key))
}

describe('an aggregate cluster', () => {
  it('is told once all that it stands for is there, in order', async () => {
    watch('all')
    aggregate('all', 'near', 'far')
    await settled()
    eds('far', 2)
    await settled()
    assert.deepEqual(watcher.words, [])
    eds('near', 1)
    await settled()
    assert.deepEqual(
      [leaves('all'), watcher.cluster('all')],
      [
        ['near', 'far'],
        [1, 2],
      ],
    )
  })

  it('keeps the first place of a cluster that several of its parts name', async () => {
    watch('all')
    aggregate('all', 'left', 'right')
    await settled()
    aggregate('left', 'a', 'b')
    aggregate('right', 'c', 'a')
    await settled()
    for (const name of ['a', 'b', 'c']) eds(name, 1)
    await settled()
    assert.deepEqual(leaves('all'), ['a', 'b', 'c'])
  })

  it('may have itself below it, and works as long as there is a leaf', async () => {
    watch('all')
    aggregate('all', 'all', 'other')
    await settled()
    aggregate('other', 'all', 'leaf')
    await settled()
    eds('leaf', 1)
    await settled()
    assert.deepEqual(leaves('all'), ['leaf'])
    aggregate('other', 'all')
    await settled()
    assert.equal(watcher.cluster('all'), INVALID)
  })

  it('passes over a cluster that failed, and fails with the last', async () => {
    watch('all')
    aggregate('all', 'near', 'far')
    await settled()
    provider.miss(clusterType, 'near')
    eds('far', 2)
    await settled()
    assert.deepEqual(leaves('all'), ['far'])
    become('far', { kind: 'eds', serviceName: 'bad' })
    provider.fail(endpointAssignmentType, 'bad', new MeshError(INVALID, 'bad'))
    await settled()
    assert.equal(watcher.cluster('all'), INVALID)
    eds('near', 1)
    await settled()
    assert.deepEqual(leaves('all'), ['near'])
  })

  it('is nested 16 deep at most', async () => {
    watch('depth-0')
    const nest = async (depth: number): Promise<void> => {
      for (let level = 0; level < depth; level++) {
        aggregate(`depth-${level}`, `depth-${level + 1}`)
        await settled()
      }
      eds(`depth-${depth}`, 1)
      await settled()
    }
    await nest(16)
    assert.deepEqual(leaves('depth-0'), ['depth-16'])
    await nest(17)
    assert.equal(watcher.cluster('depth-0'), INVALID)
  })

  it('keeps what there is while something new below it is waited for', async () => {
    watch('all')
    aggregate('all', 'near')
    await settled()
    eds('near', 1)
    await settled()
    aggregate('all', 'near', 'far')
    await settled()
    assert.deepEqual([watcher.words, leaves('all')], [['configured'], ['near']])
    eds('near', 7)
    await settled()
    eds('far', 2)
    await settled()
    assert.deepEqual(watcher.cluster('all'), [7, 2])
  })

  it('lets go of all that is below it when nobody uses it, cycles included', async () => {
    const stop = watch('all')
    aggregate('all', 'other')
    await settled()
    aggregate('other', 'all', 'leaf')
    await settled()
    eds('leaf', 1)
    await settled()
    stop()
    assert.deepEqual(provider.watched, [])
  })

  it('shares its leaves with routes that name them', async () => {
    watch('all', 'near')
    aggregate('all', 'near')
    eds('near', 1)
    await settled()
    const all = resolvedOf('all')
    assert.equal(all.kind === 'aggregate' && all.leaves[0], resolvedOf('near'))
  })
})

describe('a cluster of names', () => {
  it('has an endpoint for each address, in an order that does not depend on the answer', async () => {
    resolver.set('shop.example', ['10.0.0.2', '10.0.0.1'])
    watch('c')
    become('c', names(false, 'shop.example', '10.9.9.9'))
    await settled()
    assert.deepEqual(keys('c'), ['10.0.0.1:1', '10.0.0.2:1', '10.9.9.9:2'])
    resolver.set('shop.example', ['10.0.0.1', '10.0.0.2'])
    await clock.advance(5000)
    assert.equal(watcher.configs.length, 1)
    resolver.set('shop.example', ['10.0.0.3', '10.0.0.1'])
    const before = resolvedOf('c')
    await clock.advance(5000)
    assert.deepEqual(keys('c'), ['10.0.0.1:1', '10.0.0.3:1', '10.9.9.9:2'])
    const first = (cluster: ResolvedCluster) =>
      cluster.kind === 'resolved' && cluster.endpoints.localities[0]?.endpoints[0]
    assert.equal(first(resolvedOf('c')), first(before))
  })

  it('is one endpoint with all addresses where the name is logical', async () => {
    resolver.set('shop.example', ['10.0.0.2', '10.0.0.1'])
    watch('c')
    become('c', names(true, 'shop.example'))
    await settled()
    const endpoint = () => {
      const resolved = resolvedOf('c')
      assert.ok(resolved.kind === 'resolved')
      return resolved.endpoints.localities[0]?.endpoints[0]
    }
    const { key, host, hostname, authority, additionalHosts } = endpoint()!
    assert.deepEqual([key, host, hostname], ['shop.example:1', '10.0.0.2', 'shop.example'])
    // Of gRPC calls, where their authority is rewritten (gRFC A81).
    assert.equal(authority, 'shop.example:1')
    assert.deepEqual(additionalHosts, ['10.0.0.1'])
    resolver.set('shop.example', ['10.0.0.1'])
    await clock.advance(5000)
    assert.deepEqual([endpoint()?.key, endpoint()?.host], ['shop.example:1', '10.0.0.1'])
  })

  it('goes on with what it has while lookups fail, and is empty where they never went well', async () => {
    resolver.set('shop.example', ['10.0.0.1'])
    resolver.fail('gone.example')
    watch('c')
    become('c', names(false, 'shop.example', 'gone.example'))
    await settled()
    resolver.fail('shop.example')
    await clock.advance(20_000)
    assert.deepEqual(keys('c'), ['10.0.0.1:1'])
  })

  it('is not looked up anew when only the rest of the cluster changed', async () => {
    resolver.set('shop.example', ['10.0.0.1'])
    watch('c')
    become('c', names(false, 'shop.example'))
    await settled()
    resolver.take()
    const config = { ...clusterOf('c').config, connectTimeoutMs: 1 }
    provider.change(clusterType, 'c', { config, discovery: names(false, 'shop.example') })
    await settled()
    assert.deepEqual([resolver.take(), keys('c')], [[], ['10.0.0.1:1']])
    assert.equal(watcher.configs.length, 2)
  })

  it('stays in use while the cluster that follows it waits for its endpoints', async () => {
    resolver.set('shop.example', ['10.0.0.1'])
    watch('c')
    become('c', names(false, 'shop.example'))
    await settled()
    become('c', { kind: 'eds', serviceName: 's' })
    await settled()
    assert.deepEqual(keys('c'), ['10.0.0.1:1'])
    provider.change(endpointAssignmentType, 's', endpointsOn([9]))
    await settled()
    assert.deepEqual(watcher.cluster('c'), [9])
    resolver.take()
    await clock.advance(60_000)
    assert.deepEqual(resolver.take(), [])
  })

  it('can follow one that cannot be reached, in an aggregate', async () => {
    resolver.set('shop.example', ['10.0.0.1'])
    watch('all')
    aggregate('all', 'eds', 'dns')
    await settled()
    become('eds', { kind: 'eds', serviceName: 'eds' })
    become('dns', names(true, 'shop.example'))
    provider.miss(endpointAssignmentType, 'eds')
    await settled()
    provider.miss(endpointAssignmentType, 'eds')
    await settled()
    assert.deepEqual(leaves('all'), ['dns'])
  })
})

describe('a cluster that could not be reached', () => {
  it('is looked up again where it is in DNS, the part of an aggregate too; others and unknown ones are not', async () => {
    watch('all')
    aggregate('all', 'near', 'far')
    eds('near', 1)
    const discovery = names(true, 'shop.example')
    assert.ok(discovery.kind === 'dns')
    become('far', { ...discovery, settings: { ...discovery.settings, refreshMs: 600_000 } })
    await settled()
    await clock.advance(60_000)
    resolver.take()
    for (const cluster of ['near', 'all', 'unknown']) tree.resolveAgain(cluster)
    await clock.advance(1000)
    assert.deepEqual(resolver.take(), [])
    tree.resolveAgain('far')
    await clock.advance(0)
    assert.deepEqual(resolver.take(), ['shop.example A'])
  })
})

describe('a cluster that passes requests on', () => {
  it('is there at once', async () => {
    watch('PassthroughCluster')
    become('PassthroughCluster', { kind: 'original-destination', cleanupMs: 5000 })
    await settled()
    assert.equal(watcher.cluster('PassthroughCluster'), 'original-destination')
  })
})
