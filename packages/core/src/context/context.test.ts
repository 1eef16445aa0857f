import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../ports/seeded-random.js'
import { formatTimeoutMs, parseTimeoutMs } from './deadline.js'
import { RequestContext } from './request-context.js'
import { isTraceparent, newTraceparent } from './trace-context.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

const traceparents: [value: string, valid: boolean][] = [
  [`00-${TRACE}-${SPAN}-01`, true],
  [`01-${TRACE}-${SPAN}-01-later`, true],
  [`00-${TRACE}-${SPAN}-01-later`, false],
  [`01-${TRACE}-${SPAN}-01later`, false],
  [`ff-${TRACE}-${SPAN}-01`, false],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, false],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, false],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, false],
  [`00-${TRACE}-${SPAN}`, false],
  ['', false],
  [`00-${TRACE}-${SPAN}-0\n`, false],
]
for (const [value, valid] of traceparents) {
  test(`traceparent ${JSON.stringify(value)} is ${valid ? 'valid' : 'dropped'}`, () => {
    assert.equal(isTraceparent(value), valid)
  })
}

test('a new traceparent is valid, not sampled, and another each time', () => {
  const random = new SeededRandom(3)
  const [first, second] = [newTraceparent(random), newTraceparent(random)]
  assert.ok(isTraceparent(first) && first.endsWith('-00'))
  assert.notEqual(first, second)
  const zeros = { next: () => 0, below: () => 0, fill: (bytes: Uint8Array) => void bytes.fill(0) }
  assert.ok(isTraceparent(newTraceparent(zeros)), 'ids of zeros only would be invalid')
})

test('a context keeps the traceparent it came with, or begins one trace for all its calls', () => {
  const random = new SeededRandom(1)
  const given = new RequestContext(1, `00-${TRACE}-${SPAN}-01`, 'a=1')
  assert.deepEqual([given.traceparent(random), given.tracestate], [`00-${TRACE}-${SPAN}-01`, 'a=1'])
  const begun = new RequestContext(1, '', 'a=1')
  assert.equal(begun.traceparent(random), begun.traceparent(random))
  assert.equal(begun.tracestate, '', 'a tracestate without its traceparent is dropped')
})

test('the time left is a whole number of milliseconds', () => {
  assert.deepEqual(['250', '0', '', '-1', '1.5', '1e3', ' 1', '9'.repeat(13)].map(parseTimeoutMs), [
    250,
    0,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  assert.deepEqual([250.9, 0.2, -5].map(formatTimeoutMs), ['250', '1', '1'])
})
