import assert from 'node:assert/strict'
import { it } from 'node:test'
import { catalogText, configOf, jsonOf } from '../testing/mesh-text.js'

it('a listener has the filters that faults and CORS policies of routes act by, and asks nobody to know CORS', () => {
  const listener = jsonOf(configOf(catalogText), 'LDS', 'catalog:80')
  const type = (name: string) => `type.googleapis.com/envoy.extensions.filters.http.${name}`
  assert.deepEqual(listener?.apiListener.apiListener.httpFilters, [
    { name: 'envoy.filters.http.fault', typedConfig: { '@type': type('fault.v3.HTTPFault') } },
    { name: 'envoy.filters.http.cors', typedConfig: { '@type': type('cors.v3.Cors') }, isOptional: true },
    { name: 'envoy.filters.http.router', typedConfig: { '@type': type('router.v3.Router') } },
  ])
})
