import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  Call,
  type Carrier,
  DataPlane,
  type ResolvedCluster,
  SeededRandom,
  SimulatedClock,
  type Target,
} from '@inmesh/core'
import { AdsClient } from '../ads/ads-client.js'
import { someNode, someServer } from '../testing/ads-bench.js'
import { DumpServer } from '../testing/dump-server.js'
import { settled } from '../testing/fake-clock.js'
import { FakeDnsResolver } from '../testing/fake-dns-resolver.js'
import { DependencyTree } from './dependency-tree.js'
import { SidecarStrategy } from './sidecar-strategy.js'

/** What istiod answered to a node of each kind, for the same configuration; kept beside the checkout. */
const DUMPS = new URL('../../../../../shared/spec/istio-dumps/', import.meta.url)

const skip = existsSync(DUMPS) ? false : 'the dumps of istiod are not beside this checkout'

const carrier: Carrier = {
  view: 'http',
  connects: 'on-demand',
  connect: () => {},
  release: () => {},
  removed: () => {},
}

let clock: SimulatedClock
let server: DumpServer
let client: AdsClient
let tree: DependencyTree
let plane: DataPlane

function replay(file: string, isSidecar: boolean): void {
  clock = new SimulatedClock()
  const random = new SeededRandom(1)
  server = new DumpServer(new URL(file, DUMPS))
  client = new AdsClient({ server: someServer, node: someNode, clock, random, opener: server })
  const resolver = new FakeDnsResolver()
  resolver.set('api.example.com', ['192.0.2.1', '192.0.2.2'])
  const strategy = isSidecar ? { strategy: new SidecarStrategy(client, { namespace: 'demo' }) } : {}
  tree = new DependencyTree({ provider: client, clock, random, resolver, ...strategy })
  plane = new DataPlane({ source: tree, clock, random, carriers: [carrier] })
}

async function settledTarget(name: string): Promise<Target> {
  const target = plane.target(name)
  for (let turn = 0; turn < 20 && target.state === 'pending'; turn++) await settled()
  return target
}

/** The clusters that a target's routes lead to, each with its endpoints; or the target's state where it has none. */
async function clustersOf(name: string): Promise<Record<string, readonly string[]> | string> {
  const { snapshot, state } = await settledTarget(name)
  if (snapshot === undefined) return state
  const clusters = [...snapshot.config.clusters].map(([cluster, resolved]) => [cluster, endpointsOf(resolved)])
  return Object.fromEntries(clusters)
}

function endpointsOf(resolved: ResolvedCluster): readonly string[] {
  if (resolved.kind !== 'resolved') return [resolved.kind]
  return resolved.endpoints.localities.flatMap(({ endpoints }) => endpoints.map(({ key }) => key)).sort()
}

/** Where a call goes: its cluster and the address of its endpoint, or the status that the mesh itself answers with. */
async function call(name: string, path = '/', headers: Record<string, string> = {}): Promise<readonly string[]> {
  const { snapshot } = await settledTarget(name)
  assert.ok(snapshot)
  const authority = name.replace(/:80$/, '')
  const header = (each: string): string | undefined => headers[each]
  const one = new Call(plane, snapshot, { view: 'http', method: 'GET', path, authority, header })
  const verdict = one.start()
  const picked = verdict.kind === 'continue' ? one.pick() : verdict
  const cluster = one.cluster?.name ?? ''
  one.end()
  if (picked.kind === 'endpoint') return [cluster, picked.key]
  assert.ok(picked.kind === 'local-reply')
  return [cluster, `${picked.httpStatus}`]
}

afterEach(() => {
  plane.close()
  tree.close()
  client.close()
})

describe('a sidecar of istiod', { skip }, () => {
  beforeEach(() => replay('sidecar-client.json', true))

  it('finds the endpoints of a service, under every name that it has', async () => {
    const expected = { 'outbound|8080||plain.demo.svc.cluster.local': ['127.0.0.21:19080', '127.0.0.22:19080'] }
    for (const host of ['plain.demo.svc.cluster.local', 'plain.demo', 'plain']) {
      assert.deepEqual(await clustersOf(`${host}:8080`), expected, host)
    }
  })

  it('finds the subsets that the routes of a virtual service lead to', async () => {
    assert.deepEqual(await clustersOf('shop:80'), {
      'outbound|80|v1|shop.demo.svc.cluster.local': ['127.0.0.31:18081', '127.0.0.33:18081'],
      'outbound|80|v2|shop.demo.svc.cluster.local': ['127.0.0.32:18081'],
    })
    const [cluster] = await call('greeter:8080', '/helloworld.Greeter/SayHello', { 'x-beta': '1' })
    assert.equal(cluster, 'outbound|8080|v2|greeter.demo.svc.cluster.local')
  })

  it('looks up the names of a service that is known to DNS', async () => {
    const [cluster, address] = await call('api.example.com:80')
    assert.equal(cluster, 'outbound|80||api.example.com')
    assert.match(address!, /^192\.0\.2\.[12]:80$/)
  })

  it('passes on what goes to a host that is not in the registry, as istiod allows', async () => {
    assert.deepEqual(await call('elsewhere.example:80'), ['PassthroughCluster', 'elsewhere.example:80'])
  })

  it('knows nothing of ports where no HTTP is caught', async () => {
    assert.equal(await clustersOf('redis.demo.svc.cluster.local:6379'), 'unknown')
    assert.equal(await clustersOf('shop:9999'), 'unknown')
  })

  it('asks for listeners and clusters as a whole, and for one table per port', async () => {
    await settledTarget('shop:80')
    await settledTarget('plain:8080')
    await settledTarget('api.example.com:80')
    const asked = (type: string) => server.asked.filter((line) => line.startsWith(type))
    assert.deepEqual([asked('LDS'), asked('CDS')], [['LDS *'], ['CDS *']])
    assert.deepEqual(asked('RDS'), ['RDS 80', 'RDS 80,8080'])
    assert.ok(asked('EDS').every((line) => !line.includes('greeter')))
  })
})

describe('a proxyless gRPC node of istiod', { skip }, () => {
  beforeEach(() => replay('grpc-client.json', false))

  it('finds the endpoints of a service by the name that it asks for', async () => {
    const [cluster, address] = await call('plain.demo.svc.cluster.local:8080')
    assert.equal(cluster, 'outbound|8080||plain.demo.svc.cluster.local')
    assert.match(address!, /^127\.0\.0\.2[12]:19080$/)
    assert.ok(server.asked.includes('LDS plain.demo.svc.cluster.local:8080'))
  })

  it('finds the subsets that the routes of a virtual service lead to', async () => {
    assert.deepEqual(await clustersOf('shop.demo.svc.cluster.local:80'), {
      'outbound|80|v1|shop.demo.svc.cluster.local': ['127.0.0.31:18081', '127.0.0.33:18081'],
      'outbound|80|v2|shop.demo.svc.cluster.local': ['127.0.0.32:18081'],
    })
  })

  it('is told at once that a host is not known', async () => {
    assert.equal(await clustersOf('elsewhere.example:80'), 'unknown')
  })
})
