import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { RequestContext, SeededRandom, SimulatedClock, Trace } from '@inmesh/core'
import { AsyncContextStore } from './async-context-store.js'
import type { CapturedContext } from './captured-context.js'
import { MeshContext } from './mesh-context.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const EPOCH = 1_700_000_000_000

/** The contexts of one process, whose monotonic clock has its own start. */
function running(upMs: number, epoch = EPOCH) {
  const store = new AsyncContextStore()
  const clock = new SimulatedClock(epoch - upMs)
  clock.advance(upMs)
  return { store, clock, tested: new MeshContext(store, clock, new SeededRandom(1)) }
}

const whole = (deadline: number) =>
  new RequestContext(deadline, {
    trace: new Trace(TRACE, 'a=1'),
    baggage: 'user=7;p',
    priority: 2,
    clientAddress: '192.0.2.1',
    peer: 'spiffe://cluster.local/ns/shop/sa/web',
  })

describe('a captured context', () => {
  test('is a plain object with a version, and holds what may cross', () => {
    const { store, tested } = running(1000)
    const captured = store.run(whole(1500), () => tested.capture())
    const expected = {
      version: 1,
      traceparent: TRACE,
      tracestate: 'a=1',
      baggage: 'user=7;p',
      deadline: EPOCH + 500,
      priority: 2,
    }
    assert.deepEqual(captured, expected)
    assert.deepEqual(structuredClone(captured), expected)
    assert.deepEqual(JSON.parse(JSON.stringify(captured)), expected)
  })

  test('leaves out what a request does not have, and begins its trace', () => {
    const { store, tested } = running(0)
    const [captured, later] = store.run(new RequestContext(Number.POSITIVE_INFINITY), () => [
      tested.capture(),
      tested.current()?.traceparent,
    ])
    assert.deepEqual(captured, { version: 1, traceparent: later })
  })

  test('outside a request holds nothing, and work that it is restored for is outside too', () => {
    const { store, tested } = running(0)
    const captured = tested.capture()
    assert.deepEqual(captured, { version: 1 })
    store.run(whole(500), () =>
      assert.equal(
        tested.restore(captured, () => tested.current()),
        undefined,
      ),
    )
  })

  test('holds the trace only when the response has ended', () => {
    const { store, tested } = running(0)
    const context = whole(500)
    context.close()
    const captured = store.run(context, () => tested.capture())
    assert.deepEqual(captured, { version: 1, traceparent: TRACE, tracestate: 'a=1' })
  })
})

describe('a restored context', () => {
  test('counts the deadline on the clock of its own process', async () => {
    const here = running(1000)
    const captured = here.store.run(whole(1500), () => here.tested.capture())
    const there = running(77_000, EPOCH + 200)
    const result = await there.tested.restore(JSON.parse(JSON.stringify(captured)), async () => {
      await turn()
      const view = there.tested.current()!
      assert.equal(view.timeLeftMs, 300)
      assert.deepEqual([view.traceparent, view.tracestate], [TRACE, 'a=1'])
      assert.deepEqual([...view.baggage], [['user', '7']])
      assert.equal(view.priority, 2)
      const { clientAddress, peer } = view.context
      assert.deepEqual([clientAddress, peer], ['', undefined], 'who asked is known where they asked only')
      return 7
    })
    assert.equal(result, 7)
    assert.equal(there.tested.current(), undefined)
  })

  test('takes the place of the one that is there, and is not cancelled with the request that it comes from', () => {
    const { store, tested } = running(0)
    const context = whole(500)
    const captured = store.run(context, () => tested.capture())
    store.run(new RequestContext(9000), () => {
      tested.restore(captured, () => {
        context.cancel()
        const view = tested.current()!
        assert.deepEqual([view.timeLeftMs, view.context.cancellation], [500, undefined])
      })
      assert.equal(tested.current()?.timeLeftMs, 9000)
    })
  })

  test('has no time left when the deadline has passed on the way', () => {
    const { tested } = running(0)
    const late: CapturedContext = { version: 1, deadline: EPOCH - 1000 }
    assert.equal(
      tested.restore(late, () => tested.current()?.timeLeftMs),
      0,
    )
  })
})

const wrong: [what: string, value: unknown, field: string | undefined][] = [
  ['nothing', undefined, undefined],
  ['null', null, undefined],
  ['a string', '{}', undefined],
  ['no version', {}, 'version'],
  ['a later version', { version: 2, traceparent: TRACE }, 'version'],
  ['a traceparent that is none', { version: 1, traceparent: '00-1-2-3' }, 'traceparent'],
  ['a traceparent that is no string', { version: 1, traceparent: 7 }, 'traceparent'],
  ['a tracestate with a line break', { version: 1, traceparent: TRACE, tracestate: 'a=1\r\nx: y' }, 'tracestate'],
  ['baggage that is an object', { version: 1, baggage: { user: 7 } }, 'baggage'],
  ['baggage that no header can hold', { version: 1, baggage: 'user=J\u00fcrgen' }, 'baggage'],
  ['a deadline that is a date', { version: 1, deadline: '2026-01-01T00:00:00Z' }, 'deadline'],
  ['a deadline without end', { version: 1, deadline: Number.POSITIVE_INFINITY }, 'deadline'],
  ['a priority below the lowest', { version: 1, priority: 8 }, 'priority'],
]
for (const [what, value, field] of wrong) {
  test(`what is restored is refused when it is or has ${what}, and nothing runs`, () => {
    const { tested } = running(0)
    const run = () => tested.restore(value as CapturedContext, () => assert.fail('it ran'))
    assert.throws(run, { code: 'ERR_INMESH_CONTEXT', place: field === undefined ? {} : { field } })
  })
}
