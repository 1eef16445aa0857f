import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { type Logger, MeshError, silentLogger } from '@inmesh/core'
import { clusterType } from '../resource/cluster/cluster-type.js'
import { endpointAssignmentType } from '../resource/endpoint/endpoint-assignment-type.js'
import { listenerType } from '../resource/listener/listener-type.js'
import { routeConfigurationType } from '../resource/route/route-configuration-type.js'
import { FakeResourceProvider } from '../testing/fake-resource-provider.js'
import { RecordingTargetWatcher } from '../testing/recording-target-watcher.js'
import { clusterOf, endpointsOn, listenerTo, listenerWith, routesTo } from '../testing/resource-fixtures.js'
import { DependencyTree } from './dependency-tree.js'
import { templateNaming } from './target-naming.js'

const TARGET = 'shop:80'
const REFUSED = 'ERR_INMESH_RESOURCE_INVALID'
const MISSING = 'ERR_INMESH_RESOURCE_MISSING'

let provider: FakeResourceProvider
let tree: DependencyTree
let watcher: RecordingTargetWatcher
let warnings: string[]

/** Lets the tree tell what it gathered in this turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function invalid(): MeshError {
  return new MeshError(REFUSED, 'bad')
}

beforeEach(() => {
  provider = new FakeResourceProvider()
  warnings = []
  const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) }
  tree = new DependencyTree({ provider, naming: templateNaming('listener/%s'), logger })
  watcher = new RecordingTargetWatcher()
})

/** A target in use: listener, routes `r`, cluster `a` on port 1. */
async function configured(): Promise<() => void> {
  const stop = tree.watch(TARGET, watcher)
  provider.change(listenerType, 'listener/shop:80', listenerTo('r'))
  provider.change(routeConfigurationType, 'r', routesTo('a'))
  provider.change(clusterType, 'a', clusterOf('a'))
  provider.change(endpointAssignmentType, 'a', endpointsOn([1]))
  await turn()
  assert.deepEqual(watcher.words, ['configured'])
  return stop
}

describe('a target', () => {
  it('is told nothing until every part is there, and then everything once', async () => {
    tree.watch(TARGET, watcher)
    provider.change(listenerType, 'listener/shop:80', listenerTo('r'))
    await turn()
    provider.change(routeConfigurationType, 'r', routesTo('a', 'b'))
    await turn()
    provider.change(clusterType, 'b', clusterOf('b', 'service-b'))
    provider.change(clusterType, 'a', clusterOf('a'))
    await turn()
    provider.change(endpointAssignmentType, 'a', endpointsOn([1]))
    await turn()
    assert.deepEqual(watcher.words, [])
    provider.change(endpointAssignmentType, 'service-b', endpointsOn([2]))
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
    assert.equal(watcher.config.name, TARGET)
    assert.equal(watcher.config.listener.name, 'l')
    assert.equal(watcher.config.routes.name, 'r')
    assert.deepEqual([watcher.cluster('a'), watcher.cluster('b')], [[1], [2]])
  })

  it('may have its routes in the listener and its endpoints in the cluster', async () => {
    tree.watch(TARGET, watcher)
    provider.change(listenerType, 'listener/shop:80', listenerWith(routesTo('a')))
    provider.change(clusterType, 'a', {
      ...clusterOf('a'),
      discovery: { kind: 'inline', endpoints: endpointsOn([1, 2]) },
    })
    await turn()
    assert.deepEqual(watcher.cluster('a'), [1, 2])
    assert.deepEqual(provider.watched, ['CDS a', 'LDS listener/shop:80'])
  })

  it('is told of a table without routes', async () => {
    tree.watch(TARGET, watcher)
    provider.change(listenerType, 'listener/shop:80', listenerTo('r'))
    provider.change(routeConfigurationType, 'r', { ...routesTo(), virtualHosts: [] })
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
  })

  it('is told once of all the changes of one turn', async () => {
    await configured()
    provider.change(endpointAssignmentType, 'a', endpointsOn([1, 2]))
    provider.change(endpointAssignmentType, 'a', endpointsOn([1, 2, 3]))
    provider.change(clusterType, 'a', { ...clusterOf('a'), config: { ...clusterOf('a').config, connectTimeoutMs: 1 } })
    await turn()
    assert.deepEqual(watcher.words, ['configured', 'configured'])
    assert.deepEqual(watcher.cluster('a'), [1, 2, 3])
  })

  it('keeps the objects of the parts that did not change', async () => {
    await configured()
    const before = watcher.config
    provider.change(endpointAssignmentType, 'a', endpointsOn([2]))
    await turn()
    const after = watcher.config
    const [one, other] = [before.clusters.get('a'), after.clusters.get('a')]
    assert.ok(one?.kind === 'resolved' && other?.kind === 'resolved')
    assert.equal(after.listener, before.listener)
    assert.equal(after.routes, before.routes)
    assert.equal(other.config, one.config)
    assert.notEqual(other.endpoints, one.endpoints)
  })

  it('is not told of resources that come again and mean the same', async () => {
    await configured()
    provider.change(listenerType, 'listener/shop:80', listenerTo('r'))
    provider.change(routeConfigurationType, 'r', routesTo('a'))
    provider.change(clusterType, 'a', clusterOf('a'))
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
  })

  it('is told what is known when it is watched again, after watch() returned', async () => {
    await configured()
    const late = new RecordingTargetWatcher()
    tree.watch(TARGET, late)
    assert.deepEqual(late.words, [])
    await turn()
    assert.equal(late.config, watcher.config)
    assert.deepEqual(watcher.words, ['configured'])
  })

  it('asks for nothing more when nobody watches it', async () => {
    const stop = await configured()
    const stopOther = tree.watch(TARGET, new RecordingTargetWatcher())
    stop()
    stop()
    assert.deepEqual(provider.watched, ['CDS a', 'EDS a', 'LDS listener/shop:80', 'RDS r'])
    stopOther()
    assert.deepEqual(provider.watched, [])
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
  })

  it('is told nothing after the tree was closed', async () => {
    const stop = await configured()
    provider.change(endpointAssignmentType, 'a', endpointsOn([2]))
    tree.close()
    tree.close()
    stop()
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
    assert.deepEqual(provider.watched, [])
  })
})

describe('a target that changes its routes', () => {
  it('keeps the old ones until the new ones and their clusters are there', async () => {
    await configured()
    provider.change(listenerType, 'listener/shop:80', listenerTo('r2'))
    await turn()
    provider.change(routeConfigurationType, 'r2', routesTo('b'))
    await turn()
    provider.change(clusterType, 'b', clusterOf('b'))
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
    assert.deepEqual(provider.watched, ['CDS a', 'CDS b', 'EDS a', 'EDS b', 'LDS listener/shop:80', 'RDS r2'])
    provider.change(endpointAssignmentType, 'b', endpointsOn([2]))
    await turn()
    assert.deepEqual(watcher.words, ['configured', 'configured'])
    assert.deepEqual([...watcher.config.clusters.keys()], ['b'])
    assert.deepEqual(provider.watched, ['CDS b', 'EDS b', 'LDS listener/shop:80', 'RDS r2'])
  })

  it('is told of its clusters in use meanwhile', async () => {
    await configured()
    provider.change(routeConfigurationType, 'r', routesTo('a', 'b'))
    provider.change(endpointAssignmentType, 'a', endpointsOn([1, 2]))
    await turn()
    assert.deepEqual(watcher.cluster('a'), [1, 2])
    assert.equal(watcher.config.clusters.has('b'), false)
  })

  it('does not keep what was asked for in vain', async () => {
    await configured()
    provider.change(routeConfigurationType, 'r', routesTo('a', 'b'))
    provider.change(routeConfigurationType, 'r', routesTo('a', 'd'))
    provider.change(clusterType, 'd', clusterOf('d'))
    provider.change(endpointAssignmentType, 'd', endpointsOn([4]))
    await turn()
    assert.deepEqual([...watcher.config.clusters.keys()], ['a', 'd'])
    assert.equal(provider.isWatched(clusterType, 'b'), false)
  })

  it('may change from a resource of their own to inline and back', async () => {
    await configured()
    provider.change(listenerType, 'listener/shop:80', listenerWith({ ...routesTo('a'), name: 'inline' }))
    await turn()
    assert.equal(watcher.config.routes.name, 'inline')
    assert.equal(provider.isWatched(routeConfigurationType, 'r'), false)
    provider.change(listenerType, 'listener/shop:80', listenerTo('r'))
    await turn()
    assert.equal(watcher.words.length, 2)
    provider.change(routeConfigurationType, 'r', routesTo('a'))
    await turn()
    assert.equal(watcher.config.routes.name, 'r')
  })

  it('keeps the old ones, and says so, when the new ones never come', async () => {
    await configured()
    provider.change(listenerType, 'listener/shop:80', listenerTo('r2'))
    provider.miss(routeConfigurationType, 'r2')
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
    assert.equal(warnings.length, 1)
    provider.change(endpointAssignmentType, 'a', endpointsOn([7]))
    await turn()
    assert.deepEqual(watcher.cluster('a'), [7])
    provider.change(routeConfigurationType, 'r2', { ...routesTo('a'), name: 'r2' })
    await turn()
    assert.equal(watcher.config.routes.name, 'r2')
  })
})

describe('a target that cannot be used', () => {
  it('is unknown as soon as an answer lacks its listener, and configured when it appears', async () => {
    tree.watch(TARGET, watcher)
    provider.omit(listenerType, 'listener/shop:80')
    await turn()
    provider.omit(listenerType, 'listener/shop:80')
    await turn()
    assert.deepEqual(watcher.words, ['unknown'])
    provider.change(listenerType, 'listener/shop:80', listenerWith(routesTo()))
    await turn()
    assert.deepEqual(watcher.words, ['unknown', 'configured'])
  })

  it('stays configured when an answer lacks a listener it has: deletion is told apart', async () => {
    await configured()
    provider.omit(listenerType, 'listener/shop:80')
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
  })

  it('is unknown when its listener is missing or deleted, and configured when the same comes again', async () => {
    await configured()
    provider.miss(listenerType, 'listener/shop:80')
    await turn()
    assert.deepEqual(watcher.words, ['configured', 'unknown'])
    assert.deepEqual(provider.watched, ['LDS listener/shop:80'])
    provider.change(listenerType, 'listener/shop:80', listenerTo('r'))
    provider.change(routeConfigurationType, 'r', routesTo('a'))
    provider.change(clusterType, 'a', clusterOf('a'))
    provider.change(endpointAssignmentType, 'a', endpointsOn([1]))
    await turn()
    assert.deepEqual(watcher.words, ['configured', 'unknown', 'configured'])
  })

  it('fails with its malformed listener and recovers', async () => {
    tree.watch(TARGET, watcher)
    provider.fail(listenerType, 'listener/shop:80', invalid())
    await turn()
    provider.change(listenerType, 'listener/shop:80', listenerWith(routesTo()))
    await turn()
    assert.deepEqual(watcher.words, [REFUSED, 'configured'])
  })

  it('fails with a listener for servers, also after it was configured, and recovers', async () => {
    await configured()
    provider.change(listenerType, 'listener/shop:80', {
      ...listenerTo(''),
      routes: { kind: 'none', reason: 'for servers' },
    })
    await turn()
    provider.change(listenerType, 'listener/shop:80', listenerWith(routesTo()))
    await turn()
    assert.deepEqual(watcher.words, ['configured', REFUSED, 'configured'])
  })

  it('fails with missing or malformed routes and recovers', async () => {
    tree.watch(TARGET, watcher)
    provider.change(listenerType, 'listener/shop:80', listenerTo('r'))
    provider.miss(routeConfigurationType, 'r')
    await turn()
    provider.fail(routeConfigurationType, 'r', invalid())
    await turn()
    provider.change(routeConfigurationType, 'r', routesTo())
    await turn()
    assert.deepEqual(watcher.words, [MISSING, REFUSED, 'configured'])
  })

  it('is not disturbed by errors that leave the last good value in use', async () => {
    await configured()
    provider.disturb(listenerType, 'listener/shop:80', invalid())
    provider.disturb(routeConfigurationType, 'r', invalid())
    provider.disturb(clusterType, 'a', invalid())
    provider.disturb(endpointAssignmentType, 'a', invalid())
    await turn()
    assert.deepEqual(watcher.words, ['configured'])
  })

  it('has every route refused when a filter of its listener must not be left out', async () => {
    tree.watch(TARGET, watcher)
    const refused = { http: 'no RBAC yet', grpc: 'no RBAC yet' }
    provider.change(listenerType, 'listener/shop:80', listenerTo('r', refused))
    provider.change(routeConfigurationType, 'r', routesTo('a', 'b'))
    for (const name of ['a', 'b']) {
      provider.change(clusterType, name, clusterOf(name))
      provider.change(endpointAssignmentType, name, endpointsOn([1]))
    }
    await turn()
    const routes = watcher.config.routes.virtualHosts.flatMap((host) => host.routes)
    assert.deepEqual(
      routes.map((route) => route.refused),
      [refused, refused],
    )
  })
})

describe('a cluster', () => {
  it('fails alone when it is missing or malformed, and heals when it comes, the same as before too', async () => {
    await configured()
    provider.miss(clusterType, 'a')
    await turn()
    assert.equal(watcher.cluster('a'), MISSING)
    provider.fail(clusterType, 'a', invalid())
    await turn()
    assert.equal(watcher.cluster('a'), REFUSED)
    provider.change(clusterType, 'a', clusterOf('a'))
    await turn()
    assert.deepEqual(watcher.cluster('a'), [1])
  })

  it('does not hold up its siblings when it fails from the start', async () => {
    tree.watch(TARGET, watcher)
    provider.change(listenerType, 'listener/shop:80', listenerWith(routesTo('a', 'b')))
    provider.miss(clusterType, 'a')
    provider.change(clusterType, 'b', clusterOf('b'))
    provider.change(endpointAssignmentType, 'b', endpointsOn([2]))
    await turn()
    assert.deepEqual([watcher.cluster('a'), watcher.cluster('b')], [MISSING, [2]])
  })

  it('fails with missing or malformed endpoints', async () => {
    await configured()
    provider.miss(endpointAssignmentType, 'a')
    await turn()
    assert.equal(watcher.cluster('a'), MISSING)
    provider.fail(endpointAssignmentType, 'a', invalid())
    await turn()
    assert.equal(watcher.cluster('a'), REFUSED)
  })

  it('keeps its endpoints until those of another service are there', async () => {
    await configured()
    const next = clusterOf('a', 'other')
    provider.change(clusterType, 'a', { ...next, config: { ...next.config, connectTimeoutMs: 1 } })
    await turn()
    assert.deepEqual(watcher.words, ['configured'], 'nothing of the new cluster with the old endpoints')
    provider.change(endpointAssignmentType, 'other', endpointsOn([9]))
    await turn()
    assert.deepEqual(watcher.cluster('a'), [9])
    assert.equal(provider.isWatched(endpointAssignmentType, 'a'), false)
  })

  it('is refused for a view that cannot use its endpoints', async () => {
    await configured()
    provider.change(endpointAssignmentType, 'a', endpointsOn([1], { grpc: 'no weights' }))
    await turn()
    const cluster = watcher.config.clusters.get('a')
    assert.ok(cluster?.kind === 'resolved')
    assert.deepEqual(cluster.config.refused, { grpc: 'no weights' })
    provider.change(endpointAssignmentType, 'a', endpointsOn([1, 2], { grpc: 'no weights' }))
    await turn()
    const next = watcher.config.clusters.get('a')
    assert.ok(next?.kind === 'resolved')
    assert.equal(next.config, cluster.config)
  })

  it('that every call is refused needs no endpoints', async () => {
    tree.watch(TARGET, watcher)
    provider.change(listenerType, 'listener/shop:80', listenerWith(routesTo('a')))
    provider.change(clusterType, 'a', clusterOf('a', 'a', { http: 'TLS', grpc: 'TLS' }))
    await turn()
    assert.deepEqual(watcher.cluster('a'), [])
    assert.equal(provider.isWatched(endpointAssignmentType, 'a'), false)
  })

  it('is shared by targets, and stays while one of them uses it', async () => {
    const stop = await configured()
    const other = new RecordingTargetWatcher()
    tree.watch('other:80', other)
    provider.change(listenerType, 'listener/other:80', listenerWith(routesTo('a')))
    await turn()
    assert.equal(other.config.clusters.get('a'), watcher.config.clusters.get('a'))
    stop()
    assert.deepEqual(provider.watched, ['CDS a', 'EDS a', 'LDS listener/other:80'])
  })
})

describe('what is not carried out', () => {
  it('is listed for the resources in use, each once', async () => {
    tree.watch(TARGET, watcher)
    tree.watch('other:80', new RecordingTargetWatcher())
    const reason = 'not yet'
    for (const name of ['listener/shop:80', 'listener/other:80']) {
      const listener = { ...listenerTo('r'), listener: { ...listenerTo('r').listener, name } }
      provider.change(listenerType, name, listener, name.includes('shop') ? [{ field: 'tracing', reason }] : [])
    }
    provider.change(routeConfigurationType, 'r', routesTo('a'), [{ field: 'vhds', reason }])
    provider.change(clusterType, 'a', clusterOf('a', 's'), [{ field: 'health_checks', reason }])
    provider.change(endpointAssignmentType, 's', endpointsOn([1]), [{ field: 'policy', reason }])
    assert.deepEqual(tree.unsupported(), [
      { resource: 'listener/shop:80', typeShortName: 'LDS', field: 'tracing', reason },
      { resource: 'r', typeShortName: 'RDS', field: 'vhds', reason },
      { resource: 'a', typeShortName: 'CDS', field: 'health_checks', reason },
      { resource: 's', typeShortName: 'EDS', field: 'policy', reason },
    ])
    provider.miss(clusterType, 'a')
    provider.miss(listenerType, 'listener/shop:80')
    assert.deepEqual(tree.unsupported(), [{ resource: 'r', typeShortName: 'RDS', field: 'vhds', reason }])
  })
})

describe('a cluster that a request names', () => {
  it('is watched by itself, told when it is resolved and when it changes, and let go', async () => {
    const told: string[] = []
    const stop = tree.watchCluster('a', { clusterChanged: ({ kind }) => told.push(kind) })
    provider.change(clusterType, 'a', clusterOf('a'))
    await turn()
    assert.deepEqual(told, [])
    provider.change(endpointAssignmentType, 'a', endpointsOn([1]))
    await turn()
    provider.change(endpointAssignmentType, 'a', endpointsOn([2]))
    await turn()
    assert.deepEqual(told, ['resolved', 'resolved'])
    stop()
    assert.deepEqual(provider.watched, [])
  })

  it('shares what the targets know', async () => {
    await configured()
    const told: string[] = []
    tree.watchCluster('a', { clusterChanged: ({ kind }) => told.push(kind) })
    await turn()
    assert.deepEqual(told, ['resolved'])
  })
})
