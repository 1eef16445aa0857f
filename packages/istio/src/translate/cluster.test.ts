import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  catalogText,
  configOf,
  destinationRuleText,
  errorsOf,
  type JsonObject,
  jsonOf,
  shopNode,
} from '../testing/mesh-text.js'

const host = 'catalog.shop.svc.cluster.local'
const noLimit = 0xffff_ffff

function cluster(policy = '', subset = ''): JsonObject {
  const config = configOf(catalogText, destinationRuleText(policy))
  return jsonOf(config, 'CDS', `outbound|80|${subset}|${host}`) ?? assert.fail('there is no cluster')
}

function balancer(settings: string): JsonObject {
  return cluster(`  trafficPolicy: { loadBalancer: ${settings} }\n`)
}

describe('a cluster', () => {
  it('without a rule is what a sidecar gets: least request, no limits, no panic', () => {
    const json = jsonOf(configOf(catalogText), 'CDS', `outbound|80||${host}`)
    assert.deepEqual(json, {
      name: `outbound|80||${host}`,
      type: 'EDS',
      edsClusterConfig: { edsConfig: { ads: {} }, serviceName: `outbound|80||${host}` },
      connectTimeout: '10s',
      lbPolicy: 'LEAST_REQUEST',
      circuitBreakers: {
        thresholds: [{ maxConnections: noLimit, maxPendingRequests: noLimit, maxRequests: noLimit }],
      },
      commonLbConfig: { healthyPanicThreshold: {} },
      metadata: { filterMetadata: { istio: { services: [{ host, name: host, namespace: 'shop' }] } } },
    })
  })

  const methods: readonly (readonly [string, JsonObject])[] = [
    ['{ simple: ROUND_ROBIN }', {}],
    ['{ simple: RANDOM }', { lbPolicy: 'RANDOM' }],
    ['{ simple: LEAST_REQUEST }', { lbPolicy: 'LEAST_REQUEST' }],
    ['{ simple: LEAST_CONN }', { lbPolicy: 'LEAST_REQUEST' }],
    ['{ simple: UNSPECIFIED }', { lbPolicy: 'LEAST_REQUEST' }],
    [
      '{ consistentHash: { useSourceIp: true } }',
      { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: '1024' } },
    ],
    [
      '{ consistentHash: { httpHeaderName: x, ringHash: { minimumRingSize: 64 } } }',
      { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: '64' } },
    ],
    [
      '{ consistentHash: { httpQueryParameterName: q, maglev: { tableSize: 65537 } } }',
      { lbPolicy: 'MAGLEV', maglevLbConfig: { tableSize: '65537' } },
    ],
  ]
  for (const [settings, expected] of methods) {
    it(`chooses endpoints as the rule says: ${settings}`, () => {
      const { lbPolicy, ringHashLbConfig, maglevLbConfig } = balancer(settings)
      assert.deepEqual(
        { lbPolicy, ringHashLbConfig, maglevLbConfig },
        { lbPolicy: undefined, ringHashLbConfig: undefined, maglevLbConfig: undefined, ...expected },
      )
    })
  }

  it('limits what the rule limits', () => {
    const { circuitBreakers, connectTimeout } = cluster(
      '  trafficPolicy: { connectionPool: { tcp: { connectTimeout: 1s }, http: { maxRetries: 2, http2MaxRequests: 7 } }, retryBudget: { percent: 10 } }\n',
    )
    assert.equal(connectTimeout, '1s')
    assert.deepEqual(circuitBreakers.thresholds, [
      {
        maxConnections: noLimit,
        maxPendingRequests: noLimit,
        maxRequests: 7,
        maxRetries: 2,
        retryBudget: { budgetPercent: { value: 10 }, minRetryConcurrency: 3 },
      },
    ])
  })

  it('speaks HTTP/2 on ports that say so', () => {
    const grpc = catalogText.replace('protocol: HTTP', 'protocol: GRPC')
    const json = jsonOf(configOf(grpc), 'CDS', `outbound|80||${host}`)
    const options = json?.typedExtensionProtocolOptions['envoy.extensions.upstreams.http.v3.HttpProtocolOptions']
    assert.deepEqual(options.explicitHttpConfig, { http2ProtocolOptions: {} })
  })

  it('takes the settings of a subset before those of the rule, and those of a port alone', () => {
    const config = configOf(
      catalogText,
      `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: catalog, namespace: shop }
spec:
  host: catalog
  trafficPolicy:
    loadBalancer: { simple: RANDOM }
    connectionPool: { http: { http2MaxRequests: 5 } }
  subsets:
  - { name: v1, labels: { version: v1 }, trafficPolicy: { connectionPool: { http: { http2MaxRequests: 6 } } } }
  - name: v2
    labels: { version: v2 }
    trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, connectionPool: { http: { http2MaxRequests: 7 } } }] }
`,
    )
    const settings = ['', 'v1', 'v2'].map((subset) => {
      const json = jsonOf(config, 'CDS', `outbound|80|${subset}|${host}`)
      return [json?.lbPolicy, json?.circuitBreakers.thresholds[0].maxRequests]
    })
    assert.deepEqual(settings, [
      ['RANDOM', 5],
      ['RANDOM', 6],
      ['LEAST_REQUEST', 7],
    ])
  })

  it('takes the rule of the caller’s namespace before that of the service’s', () => {
    const front = destinationRuleText('  trafficPolicy: { loadBalancer: { simple: RANDOM } }\n')
      .replace('namespace: shop', 'namespace: front')
      .replace('host: catalog', `host: "*.shop.svc.cluster.local"`)
    const config = configOf(catalogText, destinationRuleText(), front)
    const policyFor = (namespace: string) =>
      jsonOf(config, 'CDS', `outbound|80||${host}`, { ...shopNode, namespace })?.lbPolicy
    assert.deepEqual(
      [policyFor('shop'), policyFor('front'), policyFor('other')],
      ['LEAST_REQUEST', 'RANDOM', 'LEAST_REQUEST'],
    )
  })

  it('is not made for settings that contradict each other', () => {
    assert.match(
      errorsOf(
        destinationRuleText(
          '  trafficPolicy: { loadBalancer: { simple: RANDOM, consistentHash: { useSourceIp: true } } }\n',
        ),
      ).join(),
      /^mesh\/1\.yaml:7 spec\.trafficPolicy\.loadBalancer: only one of simple and consistentHash can be given$/,
    )
  })
})
