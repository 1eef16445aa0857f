import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  HOST,
  presentHeaders,
  type RequestHeaders,
  readHeader,
  repeatableHeaders,
  TRACE,
  withHeaders,
} from './request-headers.js'

/** The same headers in every form that undici takes. */
function forms(pairs: [string, string | string[]][]): [string, RequestHeaders][] {
  const generator = (function* () {
    yield* pairs
  })()
  return [
    ['record', Object.fromEntries(pairs)],
    ['record without prototype', Object.assign(Object.create(null), Object.fromEntries(pairs))],
    ['flat array', pairs.flat(1) as string[]],
    ['map', new Map(pairs)],
    ['generator', generator],
  ]
}

for (const [form, given] of forms([
  ['X-Version', 'two'],
  ['Cookie', ['a=1', 'b=2']],
  ['HOST', 'reviews'],
])) {
  test(`a header is found in a ${form} whatever its case, several values joined`, () => {
    const headers = repeatableHeaders(given)
    assert.equal(readHeader(headers, 'x-version'), 'two')
    assert.equal(readHeader(headers, 'cookie'), 'a=1,b=2')
    assert.equal(readHeader(headers, 'x-other'), undefined)
    assert.equal(readHeader(headers, 'constructor'), undefined)
    assert.equal(presentHeaders(headers), HOST)
  })
}

for (const [form, given] of forms([['X-Version', 'two']])) {
  test(`headers are added to a ${form} and the caller's object stays as it is`, () => {
    const headers = repeatableHeaders(given)
    const before = JSON.stringify(headers)
    const result = withHeaders(headers, ['traceparent', 't'])
    assert.equal(readHeader(result, 'x-version'), 'two')
    assert.equal(readHeader(result, 'traceparent'), 't')
    assert.equal(presentHeaders(result), TRACE)
    assert.equal(JSON.stringify(headers), before)
  })
}

test('a name that is given twice has both values', () => {
  assert.equal(readHeader(['x-a', '1', 'X-A', '2'], 'x-a'), '1,2')
  assert.equal(readHeader({ 'x-a': '1', 'X-A': '2' }, 'x-a'), '1,2')
})

test('headers of the global Headers class are read', () => {
  const headers = repeatableHeaders(new Headers({ 'X-Version': 'two' }) as unknown as RequestHeaders)
  assert.equal(readHeader(headers, 'x-version'), 'two')
})

test('values that are no strings are read as undici writes them', () => {
  const headers = { 'x-number': 7, 'x-null': null, 'x-none': undefined } as unknown as RequestHeaders
  assert.equal(readHeader(headers, 'x-number'), '7')
  assert.equal(readHeader(headers, 'x-null'), '')
  assert.equal(readHeader(headers, 'x-none'), undefined)
})

for (const name of [
  'traceparent',
  'Tracestate',
  'b3',
  'X-B3-TraceId',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
]) {
  test(`${name} tells a trace`, () => {
    assert.equal(presentHeaders({ [name]: '1' }), TRACE)
    assert.equal(presentHeaders({ [`${name.slice(0, -1)}_`]: '1' }), 0)
  })
}
