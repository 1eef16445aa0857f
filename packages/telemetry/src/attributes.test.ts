import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SpanAttributes, tellAddress, tellMethod, withoutSecrets } from './attributes.js'

for (const [path, told] of [
  ['/a', '/a'],
  ['/a?b=1&c', '/a?b=1&c'],
  ['/a?sig=1', '/a?sig=REDACTED'],
  ['/a?b=1&X-Goog-Signature=x&Signature=y=z', '/a?b=1&X-Goog-Signature=REDACTED&Signature=REDACTED'],
  ['/sig=1', '/sig=1'],
] as const) {
  test(`of ${path} no signature is told`, () => assert.equal(withoutSecrets(path), told))
}

for (const [authority, address, port] of [
  ['reviews', 'reviews', undefined],
  ['reviews:9080', 'reviews', 9080],
  ['[::1]:80', '::1', 80],
  ['[::1]', '::1', undefined],
  ['', undefined, undefined],
  ['reviews:x', 'reviews', undefined],
] as const) {
  test(`host and port of ${JSON.stringify(authority)} are told apart`, () => {
    const attributes: SpanAttributes = {}
    tellAddress(attributes, 'server', authority)
    assert.deepEqual([attributes['server.address'], attributes['server.port']], [address, port])
  })
}

test('a method that nobody knows does not become the name of a span', () => {
  const attributes: SpanAttributes = {}
  assert.equal(tellMethod(attributes, 'FETCH'), 'HTTP')
  assert.deepEqual(attributes, { 'http.request.method': '_OTHER', 'http.request.method_original': 'FETCH' })
})
