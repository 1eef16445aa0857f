import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalName, parseXdstp } from './xdstp-name.js'

test('context parameters are sorted, and nothing else is touched', () => {
  assert.equal(canonicalName('xdstp://a/T/x/y?c=3&a=1&b=2'), 'xdstp://a/T/x/y?a=1&b=2&c=3')
  assert.equal(canonicalName('xdstp://a/T/x%2Fy?b=%20&a=1#z?d&c'), 'xdstp://a/T/x%2Fy?a=1&b=%20#z?d&c')
  assert.equal(canonicalName('xdstp://a/T/x#?b&a'), 'xdstp://a/T/x#?b&a')
  assert.equal(canonicalName('xdstp://a/T/x'), 'xdstp://a/T/x')
  assert.equal(canonicalName('old?b=2&a=1'), 'old?b=2&a=1')
})

test('authority and type are read', () => {
  assert.deepEqual(parseXdstp('xdstp://a.b/envoy.T/x/y?z=1'), { authority: 'a.b', type: 'envoy.T' })
  assert.deepEqual(parseXdstp('xdstp:///T/x'), { authority: '', type: 'T' })
  for (const name of ['xdstp:a/T/x', 'xdstp://a', 'xdstp://a/T', 'xdstp://a/T/', 'xdstp://a//x', 'xdstp://a/T/?x=1']) {
    assert.equal(parseXdstp(name), undefined, name)
  }
})
