import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { RequestContext, SeededRandom, SimulatedClock, Trace } from '@inmesh/core'
import { AsyncContextStore } from './async-context-store.js'
import { MeshContext } from './mesh-context.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const CARRIED = { trace: new Trace(TRACE, 'a=1'), baggage: 'user=7;p', priority: 2 }

function contexts() {
  const store = new AsyncContextStore()
  const clock = new SimulatedClock()
  return { store, clock, tested: new MeshContext(store, clock, new SeededRandom(1)) }
}

test('outside a request there is no context', () => {
  assert.equal(contexts().tested.current(), undefined)
})

test('inside a request it tells deadline and trace, also after awaits', async () => {
  const { store, clock, tested } = contexts()
  await store.run(new RequestContext(500, { trace: new Trace(TRACE, 'a=1') }), async () => {
    await turn()
    clock.advance(200)
    const view = tested.current()!
    assert.equal(view.timeLeftMs, 300)
    assert.equal(view.traceparent, TRACE)
    assert.equal(view.tracestate, 'a=1')
  })
})

test('two stores do not see each other', () => {
  const one = contexts()
  const other = contexts()
  one.store.run(new RequestContext(500), () => {
    assert.equal(other.tested.current(), undefined)
    assert.notEqual(one.tested.current(), undefined)
  })
})

test('a request can be left', () => {
  const { store, tested } = contexts()
  store.run(new RequestContext(500), () => {
    store.run(undefined, () => assert.equal(tested.current(), undefined))
    assert.notEqual(tested.current(), undefined)
  })
})

test('detached work keeps all but the deadline, and gives its result', async () => {
  const { store, tested } = contexts()
  await store.run(new RequestContext(500, CARRIED), async () => {
    const result = await tested.detached(async () => {
      await turn()
      const view = tested.current()!
      assert.equal(view.timeLeftMs, undefined)
      assert.equal(view.traceparent, TRACE)
      assert.equal(view.tracestate, 'a=1')
      assert.deepEqual([view.baggage.get('user'), view.priority], ['7', 2])
      return 7
    })
    assert.equal(result, 7)
    assert.equal(tested.current()!.timeLeftMs, 500)
  })
})

test('detached work of a request without a trace shares the one that begins there', () => {
  const { store, tested } = contexts()
  store.run(new RequestContext(500), () => {
    const inside = tested.detached(() => tested.current()!.traceparent)
    assert.equal(inside, tested.current()!.traceparent)
  })
})

test('detached work outside a request just runs', () => {
  const { tested } = contexts()
  assert.equal(
    tested.detached(() => tested.current()),
    undefined,
  )
})
