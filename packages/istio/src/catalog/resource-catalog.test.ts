import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TypeUrl } from '@inmesh/xds-proto'
import {
  catalogText,
  configOf,
  destinationRuleText,
  jsonOf,
  routesOf,
  shopNode,
  virtualServiceText,
} from '../testing/mesh-text.js'
import { ResourceCatalog } from './resource-catalog.js'

const host = 'catalog.shop.svc.cluster.local'
const frontNode = { ...shopNode, namespace: 'front' }

describe('a listener', () => {
  it('is found by every name that its host has for the caller, and no other', () => {
    const config = configOf(catalogText)
    const names = [
      `${host}:80`,
      'catalog.shop.svc:80',
      'catalog.shop:80',
      'catalog:80',
      'catalog:81',
      'catalog',
      'other:80',
    ]
    const found = (node: typeof shopNode) => names.map((name) => jsonOf(config, 'LDS', name, node)?.name)
    assert.deepEqual(found(shopNode), [...names.slice(0, 4), undefined, undefined, undefined])
    assert.deepEqual(found(frontNode), [...names.slice(0, 3), undefined, undefined, undefined, undefined])
  })

  it('has its virtual host’s domains under every name, with and without the port', () => {
    const domains = (node: typeof shopNode) =>
      jsonOf(configOf(catalogText), 'RDS', `outbound|80||${host}`, node)?.virtualHosts[0].domains
    const common = [host, `${host}:80`, `${host}.`, `${host}.:80`]
    const qualified = ['catalog.shop.svc', 'catalog.shop.svc:80', 'catalog.shop', 'catalog.shop:80']
    assert.deepEqual(domains(shopNode), [...common, 'catalog', 'catalog:80', ...qualified])
    assert.deepEqual(domains(frontNode), [...common, ...qualified])
  })

  it('is there for a server under its address, in either form of the name', () => {
    for (const prefix of ['inmesh/inbound/', 'xds.istio.io/grpc/lds/inbound/']) {
      const json = jsonOf(configOf(), 'LDS', `${prefix}[::1]:8080`)
      assert.deepEqual(json?.address, { socketAddress: { address: '::1', portValue: 8080 } })
      const manager = json?.filterChains[0].filters[0].typedConfig
      assert.deepEqual(manager.routeConfig.virtualHosts[0].routes, [
        { match: { prefix: '/' }, nonForwardingAction: {} },
      ])
      assert.deepEqual(
        manager.httpFilters.map((filter: { name: string }) => filter.name),
        ['envoy.filters.http.router'],
      )
    }
    assert.equal(jsonOf(configOf(), 'LDS', 'inmesh/inbound/127.0.0.1'), undefined)
  })
})

describe('a listener for servers on every address', () => {
  const written = JSON.stringify({
    '@type': 'type.googleapis.com/envoy.config.listener.v3.Listener',
    name: 'inmesh/inbound/0.0.0.0:8080',
    address: { socketAddress: { address: '0.0.0.0', portValue: 8080 } },
    statPrefix: 'written',
  })

  it('is that of each server on the port, under its name and with its address', () => {
    for (const [given, address] of [
      ['127.0.0.1', '127.0.0.1'],
      ['[::]', '::'],
    ]) {
      const name = `inmesh/inbound/${given}:8080`
      const json = jsonOf(configOf(written), 'LDS', name)
      assert.deepEqual([json?.name, json?.statPrefix], [name, 'written'])
      assert.deepEqual(json?.address, { socketAddress: { address, portValue: 8080 } })
    }
    assert.equal(jsonOf(configOf(written), 'LDS', 'inmesh/inbound/127.0.0.1:8081')?.statPrefix, undefined)
  })

  it('gives way to one that is written for the address', () => {
    const own = written.replaceAll('0.0.0.0', '127.0.0.1').replace('written', 'own')
    assert.equal(jsonOf(configOf(written, own), 'LDS', 'inmesh/inbound/127.0.0.1:8080')?.statPrefix, 'own')
  })
})

describe('a service', () => {
  it('is not there for namespaces that it is not exported to', () => {
    const config = configOf(catalogText.replace('spec:', 'spec:\n  exportTo: ["."]'))
    assert.ok(jsonOf(config, 'LDS', `${host}:80`))
    assert.equal(jsonOf(config, 'LDS', `${host}:80`, frontNode), undefined)
  })

  it('has one route without policies of HTTP on ports that are not HTTP, whatever a VirtualService says', () => {
    const routes =
      '  - { fault: { abort: { httpStatus: 500, percentage: { value: 100 } } }, route: [{ destination: { host: catalog } }] }\n'
    const config = configOf(catalogText.replace('protocol: HTTP', 'protocol: TCP'), virtualServiceText(routes))
    assert.ok(jsonOf(config, 'LDS', `${host}:80`))
    const [route, ...others] = routesOf(config, `outbound|80||${host}`)
    assert.deepEqual(others, [])
    const { cluster, timeout, idleTimeout, retryPolicy } = route!.route
    assert.deepEqual(
      [cluster, timeout, idleTimeout, retryPolicy.retryOn],
      [`outbound|80||${host}`, '0s', '0s', 'connect-failure'],
    )
  })
})

describe('the catalog', () => {
  it('lists full names only, and everything with the shorter ones', () => {
    const resources = new ResourceCatalog(configOf(catalogText, destinationRuleText())).forNode(shopNode)
    assert.deepEqual(
      resources.all(TypeUrl.Listener).map(({ name }) => name),
      [`${host}:80`],
    )
    const listeners = resources.everything().filter(({ typeUrl }) => typeUrl === TypeUrl.Listener)
    assert.deepEqual(
      listeners.map(({ name }) => name),
      [`${host}:80`, 'catalog:80', 'catalog.shop.svc:80', 'catalog.shop:80'],
    )
    assert.deepEqual(
      resources.all(TypeUrl.Cluster).map(({ name }) => name),
      [`outbound|80||${host}`, `outbound|80|v1|${host}`, `outbound|80|v2|${host}`],
    )
  })

  it('gives the same object for what an update left as it was, and another for what it changed', () => {
    const route = (v1: number) =>
      virtualServiceText(
        `  - route:\n    - { destination: { host: catalog, subset: v1 }, weight: ${v1} }\n    - { destination: { host: catalog, subset: v2 }, weight: 1 }`,
      )
    const texts = (v1: number) => configOf(catalogText, destinationRuleText(), route(v1))
    const catalog = new ResourceCatalog(texts(1))
    const before = catalog.forNode(shopNode).everything()
    catalog.update({ config: texts(2) })
    catalog.update({ registrations: { workloads: [], services: [] } })
    const after = catalog.forNode(shopNode).everything()
    const changed = after.filter((resource, index) => resource !== before[index])
    assert.deepEqual(
      changed.map(({ name }) => name),
      [`outbound|80||${host}`],
    )
    assert.equal(changed[0]?.typeUrl, TypeUrl.RouteConfiguration)
    assert.notEqual(changed[0]?.version, before.find((resource) => resource.typeUrl === changed[0]?.typeUrl)?.version)
  })

  it('shares resources between callers that see the same', () => {
    const catalog = new ResourceCatalog(configOf(catalogText))
    const labelled = { ...shopNode, labels: { app: 'front' }, locality: { region: 'r', zone: '', subZone: '' } }
    assert.equal(catalog.forNode(labelled), catalog.forNode(shopNode))
    const byLabel = virtualServiceText(
      '  - match: [{ sourceLabels: { app: front } }]\n    route: [{ destination: { host: catalog } }]',
    )
    catalog.update({ config: configOf(catalogText, byLabel) })
    assert.notEqual(catalog.forNode(labelled), catalog.forNode(shopNode))
  })

  it('reads a wildcard VirtualService for hosts that have none of their own', () => {
    const wildcard = virtualServiceText('  - name: any\n    route: [{ destination: { host: catalog } }]').replace(
      '[catalog]',
      '["*.svc.cluster.local"]',
    )
    const json = jsonOf(configOf(catalogText, wildcard), 'RDS', `outbound|80||${host}`)
    assert.equal(json?.virtualHosts[0].routes[0].name, 'any')
  })
})
