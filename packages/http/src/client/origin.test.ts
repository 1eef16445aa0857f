import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OriginTable } from './origin.js'

test('an origin is parsed once, and again only when thousands of others came in between', () => {
  const table = new OriginTable()
  const first = table.find('http://reviews:80')
  assert.equal(first?.authority, 'reviews')
  assert.equal(table.find('http://reviews:80'), first)
  for (let index = 0; index < 5000; index++) table.find(`http://host-${index}`)
  assert.notEqual(table.find('http://reviews:80'), first)
})

test('what is no plain http origin of a named host is none of the mesh', () => {
  const table = new OriginTable()
  const others = [
    'https://reviews',
    'ftp://reviews',
    'http://10.0.0.1',
    'http://[::1]:80',
    'http://localhost:80',
    'reviews',
    '',
  ]
  for (const origin of [...others, 'http://reviews/path', undefined])
    assert.equal(table.find(origin), null, String(origin))
})
