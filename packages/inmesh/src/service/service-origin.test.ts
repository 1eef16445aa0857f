import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Request } from 'undici'
import { ServiceOrigin } from './service-origin.js'

for (const [given, name, origin] of [
  ['reviews', 'reviews', 'http://reviews'],
  ['Reviews.shop:80', 'reviews.shop', 'http://reviews.shop'],
  ['reviews.shop:9080', 'reviews.shop:9080', 'http://reviews.shop:9080'],
  ['http://reviews', 'reviews', 'http://reviews'],
  ['https://example.org', 'https://example.org', 'https://example.org'],
  ['[::1]:8080', '[::1]:8080', 'http://[::1]:8080'],
] as const) {
  test(`the service ${given} is at ${origin}`, () => {
    const service = ServiceOrigin.parse(given)
    assert.equal(service.name, name)
    assert.equal(service.origin, origin)
  })
}

for (const given of [
  '',
  'a b',
  'reviews/',
  'reviews/path',
  'user@reviews',
  'reviews?x',
  'reviews#x',
  'reviews:x',
  'ftp://reviews',
  'a\\b',
  7,
]) {
  test(`no service is named ${given}`, () => {
    assert.throws(() => ServiceOrigin.parse(given as string), { code: 'ERR_INMESH_OPTIONS' })
  })
}

for (const [input, url] of [
  ['/reviews/7?full', 'http://reviews/reviews/7?full'],
  ['reviews/7', 'http://reviews/reviews/7'],
  ['', 'http://reviews/'],
  ['?full', 'http://reviews/?full'],
  ['//example.org/', 'http://reviews//example.org/'],
  ['@example.org/', 'http://reviews/@example.org/'],
  ['\\\\example.org', 'http://reviews///example.org'],
  ['http://reviews:80/7', 'http://reviews/7'],
  [new URL('http://REVIEWS/7'), 'http://reviews/7'],
  [new Request('http://reviews/7'), 'http://reviews/7'],
] as const) {
  test(`${input instanceof Request ? 'a request' : JSON.stringify(input)} is something of the service`, () => {
    const resolved = ServiceOrigin.parse('reviews').resolve(input)!
    assert.equal(new URL(resolved instanceof Request ? resolved.url : resolved).href, url)
  })
}

for (const input of [
  'http://details/7',
  'https://reviews/7',
  'http://reviews:9080/7',
  'data:text/plain,7',
  new URL('http://details/7'),
  new Request('http://details/7'),
]) {
  test(`${input instanceof Request ? 'a request' : String(input)} is not of the service`, () => {
    assert.equal(ServiceOrigin.parse('reviews').resolve(input), undefined)
  })
}
