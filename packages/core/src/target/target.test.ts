import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataPlane } from '../data-plane.js'
import { MeshError } from '../errors/mesh-error.js'
import type { ConfigSource, TargetWatcher } from '../ports/config-source.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import {
  cluster,
  endpoint,
  FakeCarrier,
  forward,
  pickContext,
  request,
  route,
  targetConfig,
} from '../testing/fixtures.js'

class Source implements ConfigSource {
  readonly watched = new Map<string, TargetWatcher>()

  watch(name: string, watcher: TargetWatcher): () => void {
    this.watched.set(name, watcher)
    return () => this.watched.delete(name)
  }
}

function make(): { plane: DataPlane; source: Source; clock: SimulatedClock; carrier: FakeCarrier } {
  const source = new Source()
  const clock = new SimulatedClock()
  const carrier = new FakeCarrier()
  return {
    plane: new DataPlane({ source, clock, random: new SeededRandom(1), carriers: [carrier] }),
    source,
    clock,
    carrier,
  }
}

const CONFIG = targetConfig([route({}, forward('c'))], [['c', cluster('c', [endpoint(1)])]])

test('a target is watched once, and those who wait are told once it settles', () => {
  const { plane, source } = make()
  const target = plane.target('reviews:80')
  assert.equal(plane.target('reviews:80'), target)
  let told = 0
  target.whenSettled(() => told++)
  const withdrawn = target.whenSettled(() => assert.fail('the wish was taken back'))
  withdrawn()
  source.watched.get('reviews:80')!.configured(CONFIG)
  source.watched.get('reviews:80')!.configured(CONFIG)
  assert.deepEqual([target.state, told], ['configured', 1])
})

test('unknown and failed take the configuration away, and a later one brings it back', () => {
  const { plane, source, carrier } = make()
  const target = plane.target('reviews:80')
  const watcher = source.watched.get('reviews:80')!
  watcher.configured(CONFIG)
  watcher.unknown()
  assert.deepEqual([target.state, target.snapshot, carrier.gone.length], ['unknown', undefined, 1])
  watcher.failed(new MeshError('ERR_INMESH_RESOURCE_INVALID', 'bad'))
  assert.deepEqual([target.state, target.error?.code], ['failed', 'ERR_INMESH_RESOURCE_INVALID'])
  watcher.configured(CONFIG)
  assert.deepEqual([target.state, target.error], ['configured', undefined])
})

test('an update of endpoints only keeps the compiled routes', () => {
  const { plane, source } = make()
  const target = plane.target('reviews:80')
  const watcher = source.watched.get('reviews:80')!
  watcher.configured(CONFIG)
  const table = target.snapshot!.table
  watcher.configured({ ...CONFIG, clusters: new Map([['c', cluster('c', [endpoint(2)])]]) })
  assert.equal(target.snapshot!.table, table)
  assert.deepEqual([...target.snapshot!.clusters.get('c')!.endpoints.keys()], ['10.0.0.1:2'])
})

test('a cluster that two targets name is one, and goes when the last of them goes', () => {
  const { plane, source, carrier } = make()
  const [first, second] = [plane.target('a:80'), plane.target('b:80')]
  for (const watcher of source.watched.values()) watcher.configured(CONFIG)
  assert.equal(first.snapshot!.clusters.get('c'), second.snapshot!.clusters.get('c'))
  first.close()
  assert.equal(carrier.gone.length, 0)
  second.close()
  assert.equal(carrier.gone.length, 1)
  assert.deepEqual([...plane.clusters()], [])
})

test('a cluster that the source left out fails its own calls only', () => {
  const { plane, source } = make()
  const target = plane.target('reviews:80')
  const match = { path: { kind: 'exact', value: '/gone', caseSensitive: true } } as const
  const config = targetConfig(
    [route(match, forward('gone')), route({}, forward('c'))],
    [['c', cluster('c', [endpoint(1)])]],
  )
  source.watched.get('reviews:80')!.configured(config)
  const pick = (path: string): string => {
    const { cluster: found } = target
      .snapshot!.table.match(request({ path }))!
      .destination({ request: request(), random: plane.random, hash: () => undefined })!
    return found.pick(found.view('http'), pickContext()).kind
  }
  assert.deepEqual([pick('/gone'), pick('/')], ['local-reply', 'endpoint'])
})

test('targets that nobody uses are no longer watched; those in use stay', () => {
  const { plane, source, clock } = make()
  plane.target('idle:80')
  const used = plane.target('used:80')
  for (let round = 0; round < 3; round++) {
    used.used = true
    clock.advance(300_000)
  }
  assert.deepEqual([...source.watched.keys()], ['used:80'])
  assert.notEqual(plane.target('idle:80').state, 'closed', 'a new request watches it anew')
})

test('closing the plane ends every watch, and later targets are closed from the start', () => {
  const { plane, source, clock } = make()
  const target = plane.target('reviews:80')
  source.watched.get('reviews:80')!.configured(CONFIG)
  plane.close()
  plane.close()
  assert.deepEqual([target.state, target.error?.code, source.watched.size], ['closed', 'ERR_INMESH_CLOSED', 0])
  assert.equal(plane.target('other:80').state, 'closed')
  assert.equal(source.watched.size, 0)
  assert.equal(clock.nextDue, undefined)
})
