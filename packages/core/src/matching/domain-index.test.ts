import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DomainIndex } from './domain-index.js'

function index(...patterns: string[]): DomainIndex<string> {
  const domains = new DomainIndex<string>()
  for (const pattern of patterns) domains.add(pattern, pattern)
  return domains
}

test('exact goes before suffix, suffix before prefix, prefix before any', () => {
  const all = ['*', 'reviews.*', '*.shop', 'reviews.shop']
  assert.equal(index(...all).find('reviews.shop'), 'reviews.shop')
  assert.equal(index(...all.slice(0, 3)).find('reviews.shop'), '*.shop')
  assert.equal(index(...all.slice(0, 2)).find('reviews.shop'), 'reviews.*')
  assert.equal(index(...all.slice(0, 1)).find('reviews.shop'), '*')
})

test('the longest pattern of a class wins, in whatever order they were added', () => {
  assert.equal(index('*.b', '*.a.b').find('x.a.b'), '*.a.b')
  assert.equal(index('*.a.b', '*.b').find('x.a.b'), '*.a.b')
  assert.equal(index('x.*', 'x.a.*').find('x.a.b'), 'x.a.*')
})

test('an asterisk stands for at least one character', () => {
  assert.equal(index('*.shop').find('.shop'), undefined)
  assert.equal(index('*-shop').find('a-shop'), '*-shop')
  assert.equal(index('shop.*').find('shop.'), undefined)
})

test('patterns are compared in lower case, and the port is part of the host', () => {
  assert.equal(index('Reviews.Shop').find('reviews.shop'), 'Reviews.Shop')
  assert.equal(index('reviews').find('reviews:8080'), undefined)
  assert.equal(index('reviews:8080').find('reviews:8080'), 'reviews:8080')
})

test('the first registration of a pattern stays', () => {
  const domains = new DomainIndex<number>()
  for (const pattern of ['a', '*.a', 'a.*', '*']) {
    domains.add(pattern, 1)
    domains.add(pattern, 2)
  }
  assert.deepEqual(
    ['a', 'x.a', 'a.x', 'y'].map((host) => domains.find(host)),
    [1, 1, 1, 1],
  )
})
