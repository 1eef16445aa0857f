import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SeededRandom } from '../ports/seeded-random.js'
import type { ReceivedHeaders } from './b3.js'
import { Trace } from './trace.js'
import type { TraceFormat } from './trace-format.js'
import { TracePropagation } from './trace-propagation.js'

const ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const W3C = `00-${ID}-${SPAN}-01`
const OTHER = `00-${ID.replace('0af', '1bf')}-${SPAN}-01`

/** What calls tell of a request with these headers. */
function told(headers: ReceivedHeaders, formats?: readonly TraceFormat[]): Record<string, string> {
  const propagation = new TracePropagation(formats)
  const { traceparent, tracestate, b3 } = propagation.read(headers)
  const list = new Trace(traceparent, tracestate, { b3 }).headers(propagation, new SeededRandom(1))
  const pairs: Record<string, string> = {}
  for (let index = 0; index < list.length; index += 2) {
    assert.equal(pairs[list[index]!], undefined, `${list[index]} is told once`)
    pairs[list[index]!] = list[index + 1]!
  }
  return pairs
}

describe('a trace in B3', () => {
  for (const [what, headers, flags] of [
    ['in one header', { b3: `${ID}-${SPAN}-1` }, '01'],
    ['in one header with the parent', { b3: `${ID}-${SPAN}-0-aaaaaaaaaaaaaaaa` }, '00'],
    ['that leaves the decision to others', { b3: `${ID}-${SPAN}` }, '00'],
    ['to be debugged', { b3: `${ID}-${SPAN}-d` }, '01'],
    ['in several headers', { 'x-b3-traceid': ID, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }, '01'],
    ['in several headers of an older kind', { 'x-b3-traceid': ID, 'x-b3-spanid': SPAN, 'x-b3-sampled': 'true' }, '01'],
    ['in several headers, to be debugged', { 'x-b3-traceid': ID, 'x-b3-spanid': SPAN, 'x-b3-flags': '1' }, '01'],
  ] as const) {
    test(`${what} goes on as it came and as W3C`, () => {
      assert.deepEqual(told(headers), { traceparent: `00-${ID}-${SPAN}-${flags}`, ...headers })
    })
  }

  test('with an id of 64 bits is the same with zeros before it', () => {
    assert.equal(
      told({ b3: `48eb211c80319c00-${SPAN}-1` }).traceparent,
      `00-000000000000000048eb211c80319c00-${SPAN}-01`,
    )
  })

  test('in upper case is one in lower case', () => {
    assert.equal(told({ b3: `${ID.toUpperCase()}-${SPAN.toUpperCase()}-1` }).traceparent, W3C)
  })

  test('that is only the decision not to record begins a trace that is not recorded', () => {
    const { traceparent, b3 } = told({ b3: '0' })
    assert.match(traceparent!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    assert.equal(b3, '0')
  })

  for (const b3 of [
    '',
    'nonsense',
    `${ID}-`,
    `${'0'.repeat(32)}-${SPAN}-1`,
    `${ID.slice(1)}-${SPAN}-1`,
    `${ID}-${SPAN}-1-${'a'.repeat(60)}`,
  ]) {
    test(`that is ${JSON.stringify(b3)} counts as none`, () => {
      assert.deepEqual(Object.keys(told({ b3 })), ['traceparent'])
    })
  }

  test('beside one in W3C is passed on, and W3C counts', () => {
    assert.deepEqual(told({ traceparent: OTHER, tracestate: 'a=1', b3: `${ID}-${SPAN}-1` }), {
      traceparent: OTHER,
      tracestate: 'a=1',
      b3: `${ID}-${SPAN}-1`,
    })
  })

  test('beside one in W3C counts where calls tell B3 only', () => {
    assert.deepEqual(told({ traceparent: OTHER, b3: `${ID}-${SPAN}-1` }, ['b3']), { b3: `${ID}-${SPAN}-1` })
  })
})

describe('a trace in W3C', () => {
  test('is told in W3C by default', () => {
    assert.deepEqual(told({ traceparent: W3C, tracestate: 'a=1' }), { traceparent: W3C, tracestate: 'a=1' })
  })

  test('is told in one header and in several where that is wanted', () => {
    assert.deepEqual(told({ traceparent: W3C }, ['b3', 'b3multi']), {
      b3: `${ID}-${SPAN}-1`,
      'x-b3-traceid': ID,
      'x-b3-spanid': SPAN,
      'x-b3-sampled': '1',
    })
  })

  test('is not told where no format is', () => {
    assert.deepEqual(told({ traceparent: W3C }, []), {})
  })
})

test('a trace of one header is told in several too where that is wanted', () => {
  const { 'x-b3-traceid': id, b3 } = told({ b3: `${ID}-${SPAN}-1` }, ['b3', 'b3multi'])
  assert.deepEqual([id, b3], [ID, `${ID}-${SPAN}-1`])
})
