import assert from 'node:assert/strict'
import { test } from 'node:test'
import { request } from '../testing/fixtures.js'
import { cookieValue, headerValue, queryValue } from './request-value.js'

test('the first value of a query parameter counts, undecoded', () => {
  const path = '/a?debug&x=1&x=2&ab=3&b=a%20b&empty=#frag=1'
  const value = (name: string): string | undefined => queryValue(name)(request({ path }))
  assert.equal(value('debug'), '')
  assert.equal(value('x'), '1')
  assert.equal(value('a'), undefined)
  assert.equal(value('ab'), '3')
  assert.equal(value('b'), 'a%20b')
  assert.equal(value('empty'), '')
  assert.equal(value('frag'), undefined)
  assert.equal(queryValue('x')(request({ path: '/a' })), undefined)
})

test('the first cookie of a name counts, its quotes left off', () => {
  const headers = { cookie: 'sid=1;  theme="dark" ; sid=2,tail=z' }
  const value = (name: string): string | undefined => cookieValue(name)(request({ headers }))
  assert.equal(value('sid'), '1')
  assert.equal(value('theme'), 'dark')
  assert.equal(value('tail'), 'z')
  assert.equal(value('the'), undefined)
  assert.equal(cookieValue('sid')(request()), undefined)
})

test('HTTP routes see the request line, gRPC routes do not', () => {
  const parts = { method: 'PUT', path: '/a?b', authority: 'shop', headers: { 'x-bin': '1', host: 'custom' } }
  const http = request(parts)
  const grpc = request({ ...parts, view: 'grpc' })
  const names = [':method', ':path', ':authority', ':scheme', 'host', 'x-bin']
  assert.deepEqual(
    names.map((name) => headerValue(name)(http)),
    ['PUT', '/a?b', 'shop', 'http', 'shop', '1'],
  )
  assert.deepEqual(
    names.map((name) => headerValue(name)(grpc)),
    [undefined, undefined, undefined, undefined, 'custom', undefined],
  )
})
