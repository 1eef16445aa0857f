import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetConfig } from '@inmesh/core'
import { TypeUrl } from '@inmesh/xds-proto'
import { loadJsonCodec } from '@inmesh/xds-proto/json'
import { serverKey } from '../authority/server-key.js'
import { AdsBench, someServer } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, textResource } from '../testing/text-resource.js'
import { DependencyTree } from '../tree/dependency-tree.js'
import { templateNaming } from '../tree/target-naming.js'
import type { AdsClientOptions } from './ads-client.js'

// What other xDS clients were seen to do wrong on the way from the stream to a configuration, each a test of ours.

const codec = loadJsonCodec()
const types = 'type.googleapis.com/envoy'
const ads = { ads: {}, resourceApiVersion: 'V3' }
const faultFilter = `${types}.extensions.filters.http.fault.v3.HTTPFault`

const listener = {
  name: 'shop:80',
  apiListener: {
    apiListener: {
      '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      rds: { configSource: ads, routeConfigName: 'routes' },
      httpFilters: [
        { name: 'fault', typedConfig: { '@type': faultFilter } },
        { name: 'router', typedConfig: { '@type': `${types}.extensions.filters.http.router.v3.Router` } },
      ],
    },
  },
}
const toShop = { match: { prefix: '/' }, route: { cluster: 'shop' } }
const cluster = { name: 'shop', type: 'EDS', edsClusterConfig: { edsConfig: ads } }
const endpoints = {
  clusterName: 'shop',
  endpoints: [
    {
      locality: { region: 'eu' },
      loadBalancingWeight: 1,
      lbEndpoints: [{ endpoint: { address: { socketAddress: { address: '10.0.0.1', portValue: 80 } } } }],
    },
  ],
}

function routes(...list: object[]): object {
  return { name: 'routes', virtualHosts: [{ name: 'shop', domains: ['*'], routes: list }] }
}

/** A target whose resources are in the hands of the test, as a control plane sends them. */
class Shop {
  readonly bench: AdsBench
  readonly told: (TargetConfig | 'unknown' | 'failed')[] = []
  #version = 0

  constructor(options: Partial<AdsClientOptions> = {}) {
    this.bench = new AdsBench(options)
    const tree = new DependencyTree({ provider: this.bench.client, naming: templateNaming() })
    tree.watch('shop:80', {
      configured: (config) => this.told.push(config),
      unknown: () => this.told.push('unknown'),
      failed: () => this.told.push('failed'),
    })
  }

  static async open(options: Partial<AdsClientOptions> = {}): Promise<Shop> {
    const shop = new Shop(options)
    await shop.bench.open()
    await shop.serve(TypeUrl.Listener, listener)
    await shop.serve(TypeUrl.RouteConfiguration, routes(toShop))
    await shop.serve(TypeUrl.Cluster, cluster)
    await shop.serve(TypeUrl.ClusterLoadAssignment, endpoints)
    assert.equal(shop.last.clusters.get('shop')?.kind, 'resolved')
    return shop
  }

  /** @returns what the client said about it. */
  async serve(typeUrl: string, ...resources: object[]): Promise<string | undefined> {
    const stream = this.bench.opener.last
    stream.take()
    const bytes = resources.map((json) => codec.encode(typeUrl, json))
    stream.respond(typeUrl, `v${++this.#version}`, `n${this.#version}`, bytes)
    await settled()
    return stream.take(typeUrl).find(({ complaint }) => complaint !== undefined)?.complaint
  }

  /** The configuration that was told last. */
  get last(): TargetConfig {
    const last = this.told.at(-1)
    assert.ok(typeof last === 'object', `${last}`)
    return last
  }
}

test('1: a cluster that is deleted and comes back the same is in use again', async () => {
  const shop = await Shop.open({ deletion: 'drop' })
  await shop.serve(TypeUrl.Cluster)
  assert.equal(shop.last.clusters.get('shop')?.kind, 'failed')
  await shop.serve(TypeUrl.Cluster, cluster)
  await shop.serve(TypeUrl.ClusterLoadAssignment, endpoints)
  assert.equal(shop.last.clusters.get('shop')?.kind, 'resolved')
})

test('1: a listener that is deleted and comes back the same is in use again', async () => {
  const shop = await Shop.open({ deletion: 'drop' })
  await shop.serve(TypeUrl.Listener)
  assert.equal(shop.told.at(-1), 'unknown')
  await shop.serve(TypeUrl.Listener, listener)
  await shop.serve(TypeUrl.RouteConfiguration, routes(toShop))
  await shop.serve(TypeUrl.Cluster, cluster)
  await shop.serve(TypeUrl.ClusterLoadAssignment, endpoints)
  assert.equal(shop.last.clusters.get('shop')?.kind, 'resolved')
})

test('2: a filter override that is added where there was none takes effect', async () => {
  const shop = await Shop.open()
  const override = { '@type': faultFilter, abort: { httpStatus: 503, percentage: { numerator: 100 } } }
  await shop.serve(TypeUrl.RouteConfiguration, routes({ ...toShop, typedPerFilterConfig: { fault: override } }))
  const [route] = shop.last.routes.virtualHosts[0]!.routes
  assert.deepEqual([...route!.filterOverrides.keys()], ['fault'])
  await shop.serve(TypeUrl.RouteConfiguration, routes(toShop))
  assert.equal(shop.last.routes.virtualHosts[0]!.routes[0]!.filterOverrides.size, 0)
})

test('10: servers are the same when all they say of themselves is, whatever the order', () => {
  const keyOf = (...features: string[]): string => serverKey({ ...someServer, features })
  assert.equal(keyOf('xds_v3', 'trusted_xds_server'), keyOf('trusted_xds_server', 'xds_v3'))
  assert.notEqual(keyOf('xds_v3'), keyOf('trusted_xds_server'))
  assert.notEqual(keyOf('xds_v3'), keyOf('xds_v3', 'fail_on_data_errors'))
})

test('the authority of gRPC calls is rewritten as servers say that are trusted, and only those (A81)', async () => {
  const rewrites = async (...features: string[]): Promise<boolean | undefined> => {
    const shop = await Shop.open({ server: { ...someServer, features } })
    const toOwn = { ...toShop, route: { cluster: 'shop', autoHostRewrite: true } }
    await shop.serve(TypeUrl.Listener, listener)
    await shop.serve(TypeUrl.RouteConfiguration, routes(toOwn))
    await shop.serve(TypeUrl.Cluster, cluster)
    await shop.serve(TypeUrl.ClusterLoadAssignment, endpoints)
    const { action } = shop.last.routes.virtualHosts[0]!.routes[0]!
    return action.kind === 'forward' ? action.rewritesAuthority : undefined
  }
  assert.deepEqual([await rewrites(), await rewrites('xds_v3', 'trusted_xds_server')], [undefined, true])
})

test('11: a stream that had a response and ends is no news to watchers, each time, and back-off starts over', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'a', watcher)
  for (let round = 0; round < 4; round++) {
    const stream = await bench.open()
    stream.respond(lds.typeUrl, 'v1', `n${round}`, [textResource('a', 'one')])
    await bench.clock.advance(60_000)
    await bench.end()
    assert.equal(bench.clock.nextDelayMs, 0)
    await bench.clock.advance(0)
  }
  assert.deepEqual(watcher.take(), ['changed one'])
})

test('11: after a stream was replaced, what is watched then is missing in time too', async () => {
  const bench = new AdsBench()
  const lds = fullStateType()
  bench.client.watch(lds, 'a', new RecordingWatcher())
  const first = await bench.open()
  first.respond(lds.typeUrl, 'v1', 'n1', [textResource('a', 'one')])
  await bench.clock.advance(60_000)
  await bench.end()
  await bench.clock.advance(0)
  await bench.open()
  const watcher = new RecordingWatcher()
  bench.client.watch(lds, 'b', watcher)
  await settled()
  await bench.clock.advance(15_000)
  assert.deepEqual(watcher.take(), ['missing'])
})

test('NACK loop: a server that answers every rejection with the same again gets ten in ten seconds, not thousands', async () => {
  for (const protocol of ['sotw', 'delta'] as const) {
    const bench = new AdsBench({ protocol })
    const lds = fullStateType()
    bench.client.watch(lds, 'a', new RecordingWatcher())
    const stream = await bench.open()
    const complaints = (): number => {
      const said = protocol === 'sotw' ? stream.take() : stream.takeDelta()
      return said.filter(({ complaint }) => complaint !== undefined).length
    }
    let [sent, rejections] = [0, 0]
    const bad = textResource('a', 'bad')
    const send = (): void => {
      sent++
      if (protocol === 'sotw') stream.respond(lds.typeUrl, 'v1', `n${sent}`, [bad])
      else stream.respondDelta(lds.typeUrl, 'v1', `n${sent}`, { resources: { a: bad } })
    }
    send()
    for (let elapsed = 0; elapsed < 10_000; elapsed += 10) {
      await bench.clock.advance(10)
      const count = complaints()
      rejections += count
      for (let again = 0; again < count; again++) send()
    }
    assert.ok(rejections >= 9 && rejections <= 11, `${rejections} rejections`)
    assert.equal(lds.decoded, 1)
  }
})

test('a regular expression that is none is rejected, and does not reach a call', async () => {
  const shop = await Shop.open()
  const before = shop.last
  const bad = { match: { safeRegex: { regex: '/products/(' } }, route: { cluster: 'shop' } }
  const complaint = await shop.serve(TypeUrl.RouteConfiguration, routes(bad, toShop))
  assert.match(complaint ?? '', /virtual_hosts\[0\]\.routes\[0\]\.match\.safe_regex/)
  assert.equal(shop.last, before)
})

test('a route that redirects or answers by itself costs the others nothing', async () => {
  const shop = await Shop.open()
  const complaint = await shop.serve(
    TypeUrl.RouteConfiguration,
    routes(
      { match: { prefix: '/old' }, redirect: { pathRedirect: '/new' } },
      { match: { prefix: '/none' }, directResponse: { status: 404 } },
      toShop,
    ),
  )
  assert.equal(complaint, undefined)
  assert.equal(shop.last.routes.virtualHosts[0]!.routes.length, 3)
})
