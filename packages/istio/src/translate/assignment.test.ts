import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RegisteredWorkload } from '../registry/registered-workload.js'
import { catalogText, configOf, destinationRuleText, type JsonObject, jsonOf, shopNode } from '../testing/mesh-text.js'

const host = 'catalog.shop.svc.cluster.local'

/** `address:port weight priority` of every endpoint. */
function endpointsIn(json: JsonObject | undefined): readonly string[] {
  return (json?.endpoints ?? []).flatMap((locality: JsonObject) =>
    locality.lbEndpoints.map(({ endpoint, loadBalancingWeight }: JsonObject) => {
      const { address, portValue } = endpoint.address.socketAddress
      return `${address}:${portValue} ${loadBalancingWeight} ${locality.priority ?? 0}`
    }),
  )
}

function workload(change: Partial<RegisteredWorkload>): RegisteredWorkload {
  return {
    service: 'catalog',
    namespace: 'shop',
    address: '127.0.0.9',
    port: 9000,
    labels: {},
    locality: { region: '', zone: '', subZone: '' },
    ...change,
  }
}

function registered(config: ReturnType<typeof configOf>, name: string, ...workloads: readonly RegisteredWorkload[]) {
  return endpointsIn(jsonOf(config, 'EDS', name, shopNode, { workloads, services: [] }))
}

describe('endpoints of a service', () => {
  it('are those of its files, in subsets those with the labels', () => {
    const config = configOf(catalogText, destinationRuleText())
    const all = ['', 'v1', 'v2'].map((subset) => endpointsIn(jsonOf(config, 'EDS', `outbound|80|${subset}|${host}`)))
    assert.deepEqual(all, [
      ['127.0.0.1:8080 1 0', '127.0.0.2:8080 1 0'],
      ['127.0.0.1:8080 1 0'],
      ['127.0.0.2:8080 1 0'],
    ])
  })

  it('are WorkloadEntries of the namespace with the labels of its selector, on their own port where they name one', () => {
    const entry = (name: string, namespace: string, spec: string) => `
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`
    const config = configOf(`
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
  resolution: STATIC
  ports: [{ name: http, number: 80 }]
  workloadSelector: { labels: { app: catalog } }
${entry('a', 'shop', '{ address: 127.0.0.1, weight: 3, labels: { app: catalog, version: v1 } }')}
${entry('b', 'shop', '{ address: 127.0.0.2, ports: { http: 8081 }, labels: { app: catalog } }')}
${entry('c', 'shop', '{ address: 127.0.0.3, labels: { app: other } }')}
${entry('d', 'else', '{ address: 127.0.0.4, labels: { app: catalog } }')}
`)
    assert.deepEqual(endpointsIn(jsonOf(config, 'EDS', `outbound|80||${host}`)), [
      '127.0.0.1:80 3 0',
      '127.0.0.2:8081 1 0',
    ])
  })

  it('are workloads that registered, beside those of files, and no address twice', () => {
    const config = configOf(catalogText, destinationRuleText())
    const workloads = [
      workload({ labels: { version: 'v2' }, weight: 2 }),
      workload({ address: '127.0.0.1', port: 8080, labels: { version: 'v2' } }),
    ]
    assert.deepEqual(registered(config, `outbound|80||${host}`, ...workloads), [
      '127.0.0.1:8080 1 0',
      '127.0.0.2:8080 1 0',
      '127.0.0.9:9000 2 0',
    ])
    assert.deepEqual(registered(config, `outbound|80|v2|${host}`, ...workloads), [
      '127.0.0.2:8080 1 0',
      '127.0.0.9:9000 2 0',
    ])
  })

  it('make a service where no file declares one, on port 80 or the one they say', () => {
    const config = configOf()
    assert.deepEqual(registered(config, `outbound|80||${host}`, workload({})), ['127.0.0.9:9000 1 0'])
    assert.deepEqual(registered(config, `outbound|7070||${host}`, workload({ servicePort: 7070 })), [
      '127.0.0.9:9000 1 0',
    ])
    const registrations = { workloads: [workload({})], services: [] }
    assert.ok(jsonOf(config, 'LDS', 'catalog:80', shopNode, registrations))
    assert.ok(jsonOf(config, 'RDS', `outbound|80||${host}`, shopNode, registrations))
  })

  it('leave a service that had some known and empty', () => {
    const registrations = { workloads: [], services: [{ service: 'catalog', namespace: 'shop' }] }
    assert.deepEqual(jsonOf(configOf(), 'EDS', `outbound|80||${host}`, shopNode, registrations), {
      clusterName: `outbound|80||${host}`,
    })
    assert.ok(jsonOf(configOf(), 'LDS', 'catalog:80', shopNode, registrations))
  })

  it('stand in for each other by locality only where failures are detected', () => {
    const near = { ...shopNode, locality: { region: 'r1', zone: 'z1', subZone: '' } }
    const text = catalogText
      .replace('127.0.0.1,', '127.0.0.1, locality: r2/z1,')
      .replace('127.0.0.2,', '127.0.0.2, locality: r1/z2,')
    const detection = destinationRuleText('  trafficPolicy: { outlierDetection: { interval: 5s } }\n')
    const off = destinationRuleText(
      '  trafficPolicy: { outlierDetection: {}, loadBalancer: { localityLbSetting: { enabled: false } } }\n',
    )
    const endpoints = (rule: string, node = near) =>
      endpointsIn(jsonOf(configOf(text, rule), 'EDS', `outbound|80||${host}`, node))
    assert.deepEqual(endpoints(detection), ['127.0.0.1:8080 1 1', '127.0.0.2:8080 1 0'])
    const flat = ['127.0.0.1:8080 1 0', '127.0.0.2:8080 1 0']
    assert.deepEqual(endpoints(destinationRuleText()), flat)
    assert.deepEqual(endpoints(off), flat)
    assert.deepEqual(endpoints(detection, shopNode), flat)
  })
})
