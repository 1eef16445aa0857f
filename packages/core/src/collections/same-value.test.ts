import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SafeRegex } from '../matching/safe-regex.js'
import { sameValue } from './same-value.js'

test('values are the same when they say the same, however their fields are ordered', () => {
  const value = { a: [1, { b: 'x', c: null }], d: true }
  assert.equal(sameValue(value, { d: true, a: [1, { c: null, b: 'x' }] }), true)
  for (const other of [
    { a: [1, { b: 'x', c: null }] },
    { a: [1, { b: 'x', c: null }], d: true, e: 1 },
    { a: [1, { b: 'y', c: null }], d: true },
    { a: [{ b: 'x', c: null }, 1], d: true },
    { a: [1], d: true },
    [1],
    null,
    undefined,
  ]) {
    assert.equal(sameValue(value, other), false, JSON.stringify(other))
    assert.equal(sameValue(other, value), false, JSON.stringify(other))
  }
})

test('a list is no object, and what an object inherits is not its own', () => {
  assert.equal(sameValue(['x'], { 0: 'x' }), false)
  assert.equal(sameValue({}, []), false)
  assert.equal(sameValue({ toString: 1 }, { a: 1 }), false)
})

test('regular expressions are the same by their pattern', () => {
  assert.equal(sameValue({ regex: new SafeRegex('a+') }, { regex: new SafeRegex('a+') }), true)
  assert.equal(sameValue({ regex: new SafeRegex('a+') }, { regex: new SafeRegex('a*') }), false)
})
