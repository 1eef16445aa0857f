import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fieldPathSteps } from './field-path.js'

it('splits a field path into names, indices and quoted keys', () => {
  assert.deepEqual(fieldPathSteps('routes[2].typed_per_filter_config["envoy.filters.http.fault"].delay'), [
    'routes',
    2,
    'typed_per_filter_config',
    'envoy.filters.http.fault',
    'delay',
  ])
  assert.deepEqual(fieldPathSteps(''), [])
})
