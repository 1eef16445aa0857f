import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readMeshConfig } from '../read/mesh-config-reader.js'
import type { NodeView } from '../registry/node-view.js'
import { type JsonObject, jsonOf, type typeUrls } from '../testing/mesh-text.js'

/** The configuration that an istiod was given and what it sent, kept beside the checkout and not in it. */
const folder = new URL('../../../../../shared/spec/istio-dumps/', import.meta.url)
const skip = existsSync(folder) ? false : 'no dumps of istiod beside this checkout'

const config = skip ? undefined : read()

/** The client whose responses were kept. */
const node: NodeView = {
  namespace: 'demo',
  labels: { app: 'frontend' },
  locality: { region: 'region1', zone: 'zone1', subZone: 'sub1' },
}

describe('the same configuration as istiod gives', { skip }, () => {
  it('the same routes as a gRPC client gets', () => {
    const configurations = dumped('grpc-client.json', 'RDS')
    assert.equal(configurations.length, 7)
    // Of a port that is not HTTP a gRPC client gets no route: there is none that it could call.
    const called = configurations.filter(([, { virtualHosts = [] }]) => virtualHosts.length > 0)
    assert.equal(called.length, 5)
    for (const [name, expected] of called) assert.deepEqual(withoutWrappers(ours('RDS', name)), expected, name)
  })

  it('the same endpoints, weights, priorities and metadata', () => {
    const assignments = dumped('grpc-client.json', 'EDS')
    assert.equal(assignments.length, 8)
    for (const [name, expected] of assignments) assert.deepEqual(ours('EDS', name), expected, name)
  })

  it('the same listeners, under full and short names', () => {
    const listeners = [...dumped('grpc-client.json', 'LDS'), ...dumped('grpc-client-short.json', 'LDS')]
    assert.equal(listeners.length, 10)
    for (const [name, expected] of listeners) {
      assert.deepEqual(withoutCors(withoutKeys(ours('LDS', name), ['statPrefix'])), expected, name)
    }
  })

  it('the filters that act on routes in the order that a sidecar has them, CORS among them', () => {
    const chains = managers(dumped('sidecar-client.json', 'LDS')).map(({ httpFilters }) =>
      filterNames(httpFilters).filter((name) => /^envoy.*\.(fault|cors|router)$/.test(name)),
    )
    assert.notEqual(chains.length, 0)
    const own = managers(ours('LDS', 'shop.demo.svc.cluster.local:80')).map(({ httpFilters }) =>
      filterNames(httpFilters),
    )
    assert.equal(own.length, 1)
    for (const chain of chains) assert.deepEqual(chain, own[0])
  })

  it('the same clusters as a sidecar gets, apart from TLS', () => {
    let compared = 0
    for (const [name, expected] of dumped('sidecar-client.json', 'CDS')) {
      // Clusters of opaque ports and of Envoy's own are not made.
      if (!/\|(greeter|plain|shop)\.demo\.|\|80\|\|api\./.test(name)) continue
      compared += 1
      assert.deepEqual(withoutKeys(ours('CDS', name), ['runtimeKey']), clusterWithoutTls(expected), name)
    }
    assert.equal(compared, 11)
  })
})

/** The resources of a dump by name, without the names of spans, which are not made here. */
function dumped(file: string, type: string): readonly (readonly [string, JsonObject])[] {
  const dump = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as JsonObject
  return Object.entries(dump[type].resources).map(([name, json]) => [
    name,
    withoutKeys(json, ['decorator']) as JsonObject,
  ])
}

function ours(type: keyof typeof typeUrls, name: string): unknown {
  return jsonOf(config ?? assert.fail('there is no configuration'), type, name, node)
}

function read() {
  const files = ['10-services.yaml', '20-greeter-traffic.yaml', '30-shop-traffic.yaml'].map((path) => ({
    path,
    // TLS of a rule is refused.
    text: readFileSync(new URL(`config/${path}`, folder), 'utf8').replace('tls: {mode: ISTIO_MUTUAL}', ''),
  }))
  const result = readMeshConfig(files)
  if (result.kind === 'refused') assert.fail(result.errors.map((error) => error.message).join('\n'))
  return result.config
}

function clusterWithoutTls(json: JsonObject): unknown {
  const cluster = withoutKeys(json, [
    'altStatName',
    // Marks a service as external for Istio's telemetry.
    'external',
    'filters',
    'initialFetchTimeout',
    'resourceApiVersion',
    'runtimeKey',
    'transportSocket',
    'transportSocketMatches',
    // Which library looks names up in Envoy.
    'typedDnsResolverConfig',
  ]) as JsonObject
  // Retries without a limit are left to the data plane's own limit.
  const thresholds = cluster.circuitBreakers.thresholds.map((threshold: JsonObject) =>
    threshold.maxRetries === 0xffff_ffff ? withoutKeys(threshold, ['maxRetries']) : threshold,
  )
  return { ...cluster, circuitBreakers: { thresholds } }
}

/** A listener without the filter that istiod gives to sidecars and not to gRPC clients, which must be free to leave it out. */
function withoutCors(listener: unknown): unknown {
  const copy = structuredClone(listener) as JsonObject
  for (const manager of managers(copy)) {
    const index = filterNames(manager.httpFilters).indexOf('envoy.filters.http.cors')
    const [filter] = manager.httpFilters.splice(index, 1)
    assert.equal(filter.isOptional, true)
  }
  return copy
}

/** Routes whose overrides of CORS stand as in istiod's: it lets no client leave them out, and grpc-js-xds rejects the table for it. */
function withoutWrappers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWrappers)
  if (typeof value !== 'object' || value === null) return value
  if ('isOptional' in value && 'config' in value) return value.config
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutWrappers(child)]))
}

/** The connection managers anywhere in listeners. */
function managers(value: unknown): readonly JsonObject[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'httpFilters' in value ? [value as JsonObject] : []
  return [...own, ...Object.values(value).flatMap(managers)]
}

function filterNames(filters: readonly JsonObject[]): readonly string[] {
  return filters.map(({ name }) => name)
}

function withoutKeys(value: unknown, keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutKeys(item, keys))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !keys.includes(key))
      .map(([key, child]) => [key, withoutKeys(child, keys)]),
  )
}
