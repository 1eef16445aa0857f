import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DataPlane } from '@inmesh/core'
import { OriginTable } from './origin.js'
import { OutboundPolicy } from './outbound-policy.js'

test('an origin is parsed once, and again only when thousands of others came in between', () => {
  const table = new OriginTable(new OutboundPolicy())
  const first = table.find('http://reviews:80')
  assert.equal(first?.authority, 'reviews')
  assert.equal(table.find('http://reviews:80'), first)
  for (let index = 0; index < 5000; index++) table.find(`http://host-${index}`)
  assert.notEqual(table.find('http://reviews:80'), first)
})

test('what is no origin of a named host leads to no target', () => {
  const plane = {
    target: () => assert.fail('asked for a target'),
  } as unknown as DataPlane
  const table = new OriginTable(new OutboundPolicy())
  for (const origin of ['https://10.0.0.1', 'http://10.0.0.1', 'http://[::1]:80', 'http://localhost:80']) {
    assert.equal(table.find(origin)!.target(plane), undefined, origin)
  }
  for (const origin of ['ftp://reviews', 'reviews', '', 'http://reviews/path', undefined]) {
    assert.equal(table.find(origin), null, String(origin))
  }
})

test('the final dot of a whole name is no part of it', () => {
  const names: string[] = []
  const plane = { target: (name: string) => names.push(name) && {} } as unknown as DataPlane
  const table = new OriginTable(new OutboundPolicy({ bypass: ['old.shop'] }))
  const dotted = table.find('http://Reviews.shop.:9080')!
  dotted.target(plane)
  assert.deepEqual([names, dotted.authority], [['reviews.shop:9080'], 'reviews.shop:9080'])
  assert.equal(table.find('http://old.shop.')!.target(plane), undefined)
})

test('an origin without a port means that of its scheme', () => {
  const names: string[] = []
  const plane = { target: (name: string) => names.push(name) && {} } as unknown as DataPlane
  const table = new OriginTable(new OutboundPolicy())
  const origins = ['http://reviews', 'https://reviews', 'https://reviews:80', 'http://reviews:443'].map(
    (origin) => table.find(origin)!,
  )
  for (const origin of origins) origin.target(plane)
  assert.deepEqual(names, ['reviews:80', 'reviews:443', 'reviews:80', 'reviews:443'])
  assert.deepEqual(
    origins.map(({ authority, host, secure }) => [authority, host, secure]),
    [
      ['reviews', 'reviews', false],
      ['reviews', 'reviews', true],
      ['reviews:80', 'reviews', true],
      ['reviews:443', 'reviews', false],
    ],
  )
})
