import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportsJson, resourceAttributes } from './telemetry-options.js'

test('a process is to OpenTelemetry what it is to the mesh, and what code says counts first', () => {
  const environment = { INMESH_SERVICE: 'reviews', INMESH_NAMESPACE: 'shop', INMESH_VERSION: '' }
  assert.deepEqual(resourceAttributes({}, environment), { 'service.name': 'reviews', 'service.namespace': 'shop' })
  assert.deepEqual(resourceAttributes({ service: 'own', version: 'v2' }, environment), {
    'service.name': 'own',
    'service.namespace': 'shop',
    'service.version': 'v2',
  })
})

for (const [variables, expected] of [
  [{}, true],
  [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' }, false],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, false],
  [{ OTEL_TRACES_EXPORTER: 'none' }, false],
  [{ OTEL_TRACES_EXPORTER: 'console,otlp' }, false],
] as const) {
  test(`spans ${expected ? 'go' : 'do not go'} out as JSON with ${JSON.stringify(variables)}`, () => {
    assert.equal(exportsJson(variables), expected)
  })
}
