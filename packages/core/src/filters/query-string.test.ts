import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryString } from './query-string.js'

test('parameters are found and removed by the name that they encode', () => {
  const query = new QueryString('a=1&b%20c=2&a=3&d&%zz=4')
  assert.deepEqual([query.has('b c'), query.has('d'), query.has('%zz'), query.has('e')], [true, true, true, false])
  query.remove('a')
  query.remove('b c')
  assert.equal(query.toString(), 'd&%zz=4')
})

test('what is added is encoded, what is there stays as it is written', () => {
  const query = new QueryString('q=a+b')
  query.add('x y', '&=ä')
  assert.equal(query.toString(), 'q=a+b&x%20y=%26%3D%C3%A4')
  const empty = new QueryString('')
  empty.add('a', '')
  assert.equal(empty.toString(), 'a=')
})
