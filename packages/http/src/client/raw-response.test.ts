import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawResponse } from './raw-response.js'

function raw(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'latin1'))
}

function texts(headers: readonly Buffer[]): string[] {
  return headers.map((text) => text.toString('latin1'))
}

test('headers are read, added, set and removed in place, whatever the case of their names', () => {
  const headers = raw('A', '1', 'b', '2', 'a', '3')
  const editor = new RawResponse(200, headers)
  assert.deepEqual([editor.get('a'), editor.get('c')], ['1,3', undefined])
  editor.add('c', 'é')
  assert.deepEqual(texts(headers), ['A', '1', 'b', '2', 'a', '3', 'c', 'é'])
  editor.set('a', '4')
  assert.deepEqual(texts(headers), ['b', '2', 'c', 'é', 'a', '4'])
  editor.remove('b')
  assert.deepEqual(texts(headers), ['c', 'é', 'a', '4'])
  editor.removeMatching((name) => name === 'c')
  assert.deepEqual(texts(headers), ['a', '4'])
})
