import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configOf, type JsonObject, jsonOf } from '../testing/mesh-text.js'

const host = 'api.example.com'

function cluster(resolution: string, endpoints = ''): JsonObject {
  const text = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: shop }
spec:
  hosts: [${host}]
  ports: [{ name: http, number: 80, protocol: HTTP, targetPort: 8080 }]
  resolution: ${resolution}
${endpoints}`
  return jsonOf(configOf(text), 'CDS', `outbound|80||${host}`) ?? assert.fail('there is no cluster')
}

function addressesOf({ loadAssignment }: JsonObject): readonly unknown[] {
  const { endpoints = [] } = loadAssignment ?? {}
  return endpoints.flatMap(({ lbEndpoints }: JsonObject) =>
    lbEndpoints.map(({ endpoint }: JsonObject) => endpoint.address.socketAddress),
  )
}

describe('a service that is known to DNS', () => {
  it('is looked up by its own name, as istiod has sidecars do', () => {
    const json = cluster('DNS')
    const { type, dnsRefreshRate, dnsJitter, respectDnsTtl, dnsLookupFamily, edsClusterConfig } = json
    assert.deepEqual(
      { type, dnsRefreshRate, dnsJitter, respectDnsTtl, dnsLookupFamily, edsClusterConfig },
      {
        type: 'STRICT_DNS',
        dnsRefreshRate: '60s',
        dnsJitter: '0.100s',
        respectDnsTtl: true,
        dnsLookupFamily: 'V4_ONLY',
        edsClusterConfig: undefined,
      },
    )
    assert.deepEqual(addressesOf(json), [{ address: host, portValue: 8080 }])
  })

  it('is looked up by the names of its endpoints, where it has some', () => {
    const endpoints = '  endpoints: [{ address: a.example.com }, { address: b.example.com, ports: { http: 81 } }]\n'
    const addresses = [
      { address: 'a.example.com', portValue: 8080 },
      { address: 'b.example.com', portValue: 81 },
    ]
    assert.deepEqual(addressesOf(cluster('DNS', endpoints)), addresses)
    const logical = cluster('DNS_ROUND_ROBIN', endpoints)
    assert.deepEqual([logical.type, addressesOf(logical)], ['LOGICAL_DNS', addresses.slice(0, 1)])
  })
})

describe('a service without resolution', () => {
  it('passes requests on to where they were meant to go', () => {
    const { type, lbPolicy, loadAssignment } = cluster('NONE')
    assert.deepEqual([type, lbPolicy, loadAssignment], ['ORIGINAL_DST', 'CLUSTER_PROVIDED', undefined])
  })
})
