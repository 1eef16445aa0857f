import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../ports/seeded-random.js'
import { formatGrpcTimeout, formatTimeoutMs, parseGrpcTimeoutMs, parseTimeoutMs } from './deadline.js'
import { formatUrgency, isUrgency, parseUrgency } from './priority.js'
import { Trace } from './trace.js'
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

test('a trace keeps the traceparent it came with, or begins when it is first asked for', () => {
  const random = new SeededRandom(1)
  const given = new Trace(`00-${TRACE}-${SPAN}-01`, 'a=1')
  assert.deepEqual([given.traceparent(random), given.tracestate], [`00-${TRACE}-${SPAN}-01`, 'a=1'])
  const begun = new Trace('', 'a=1')
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

const grpcTimeouts: [value: string, milliseconds: number | undefined][] = [
  ['2H', 7_200_000],
  ['3M', 180_000],
  ['4S', 4000],
  ['99999999m', 99_999_999],
  ['500u', 0.5],
  ['5000n', 0.005],
  ['0m', 0],
  ['123456789m', undefined],
  ['5', undefined],
  ['m', undefined],
  ['', undefined],
  ['-1S', undefined],
  ['1.5S', undefined],
  ['5s', undefined],
]
for (const [value, milliseconds] of grpcTimeouts) {
  test(`grpc-timeout ${JSON.stringify(value)} is ${milliseconds === undefined ? 'no time' : `${milliseconds} ms`}`, () => {
    assert.equal(parseGrpcTimeoutMs(value), milliseconds)
  })
}

test('grpc-timeout has at most eight digits and never says more than is left', () => {
  const cases: [leftMs: number, written: string][] = [
    [0.2, '1m'],
    [250.9, '250m'],
    [99_999_999.9, '99999999m'],
    [100_000_999, '100000S'],
    [100_000_000_000, '27777H'],
    [Number.MAX_VALUE, '99999999H'],
  ]
  for (const [leftMs, written] of cases) assert.equal(formatGrpcTimeout(leftMs), written)
})

const priorities: [value: string, urgency: number | undefined][] = [
  ['u=0', 0],
  ['u=7, i', 7],
  ['i, u=2', 2],
  ['u=5;x=1', 5],
  ['u=1, u=4', 4],
  ['note="a, u=6", u=1', 1],
  ['note="a\\", u=6", u=1', 1],
  ['i', undefined],
  ['', undefined],
  ['u=8', undefined],
  ['u=-1', undefined],
  ['u=1.5', undefined],
  ['u=1, u=9', undefined],
  ['u=1, u', undefined],
  ['U=1', undefined],
  ['urgent=1', undefined],
]
for (const [value, urgency] of priorities) {
  test(`priority ${JSON.stringify(value)} has ${urgency === undefined ? 'no urgency' : `urgency ${urgency}`}`, () => {
    assert.equal(parseUrgency(value), urgency)
  })
}

test('an urgency that is written can be read again, and nothing else is one', () => {
  for (let urgency = 0; urgency <= 7; urgency++) assert.equal(parseUrgency(formatUrgency(urgency)), urgency)
  assert.deepEqual([0, 7, 8, -1, 1.5, Number.NaN, '1', undefined].map(isUrgency), [
    true,
    true,
    ...Array.from({ length: 6 }, () => false),
  ])
})
