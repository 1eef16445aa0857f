import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DependentCall } from './dependent-call.js'
import { RequestContext } from './request-context.js'
import { Trace } from './trace.js'

class FakeCall extends DependentCall {
  readonly reasons: Error[] = []
  readonly #told: (() => void) | undefined

  constructor(told?: () => void) {
    super()
    this.#told = told
  }

  override abort(reason: Error): void {
    this.reasons.push(reason)
    this.#told?.()
  }
}

const CARRIED = {
  trace: new Trace(),
  baggage: 'a=1',
  priority: 2,
  clientAddress: '192.0.2.1',
  peer: 'spiffe://cluster.local/ns/shop/sa/web',
}
/** Calls that follow a context, which is then cancelled. */
function cancelled(calls: readonly FakeCall[], before: () => void): void {
  const context = new RequestContext(100)
  for (const call of calls) context.follow(call)
  before()
  context.cancel()
}

test('while a request is answered all of its context is in force', () => {
  const context = new RequestContext(100, CARRIED)
  assert.equal(context.inForce, context)
})

test('when the response is complete the trace is left and nothing else', () => {
  const context = new RequestContext(100, CARRIED)
  context.close()
  const { deadline, trace, baggage, priority, clientAddress, peer } = context.inForce
  assert.equal(trace, CARRIED.trace)
  assert.deepEqual([deadline, baggage, priority, clientAddress, peer], [Infinity, '', undefined, '', undefined])
  assert.equal(context.inForce, context.inForce)
  assert.equal(context.deadline, 100, 'whoever logs the request still reads what it had')
})

test('detached work keeps all but the deadline, also when the request is over', () => {
  const context = new RequestContext(100, CARRIED)
  const detached = context.detached()
  context.close()
  assert.equal(detached.inForce, detached)
  const { deadline, trace, baggage, priority, clientAddress, peer } = detached
  assert.deepEqual({ trace, baggage, priority, clientAddress, peer }, CARRIED)
  assert.equal(deadline, Infinity)
})

test('when the caller goes away every call under way ends once, with one coded reason', () => {
  const calls = [new FakeCall(), new FakeCall(), new FakeCall()]
  cancelled(calls, () => {})
  const reasons = new Set(calls.flatMap((call) => call.reasons))
  assert.deepEqual(
    calls.map(({ reasons }) => reasons.length),
    [1, 1, 1],
  )
  assert.deepEqual(
    [...reasons].map((reason) => (reason as { code?: string }).code),
    ['ERR_INMESH_CANCELLED'],
  )
})

for (const left of [0, 1, 2]) {
  test(`call ${left + 1} of three that has ended hears nothing, and leaving twice does no harm`, () => {
    const calls = [new FakeCall(), new FakeCall(), new FakeCall()]
    cancelled(calls, () => {
      calls[left]!.leave()
      calls[left]!.leave()
    })
    assert.deepEqual(
      calls.map(({ reasons }) => reasons.length),
      [0, 1, 2].map((index) => (index === left ? 0 : 1)),
    )
  })
}

test('a call that ends because another was cancelled is not told', () => {
  const calls: FakeCall[] = []
  const leaveAll = () => calls.forEach((call) => void call.leave())
  calls.push(new FakeCall(leaveAll), new FakeCall(leaveAll))
  cancelled(calls, () => {})
  assert.equal(calls.flatMap(({ reasons }) => reasons).length, 1)
})

test('calls under way when the response is complete go on', () => {
  const context = new RequestContext(100)
  const call = new FakeCall()
  context.follow(call)
  context.close()
  call.leave()
  assert.deepEqual(call.reasons, [])
})

test('a context is over as soon as the handler ends its response', () => {
  const context = new RequestContext(100)
  const answer = { writableEnded: false }
  context.endsWith(answer)
  assert.equal(context.inForce, context)
  answer.writableEnded = true
  assert.equal(context.inForce.deadline, Number.POSITIVE_INFINITY)
})

test('when the caller goes away while the network still takes the response, the calls that are left go on', () => {
  const context = new RequestContext(100)
  const call = new FakeCall()
  context.follow(call)
  context.endsWith({ writableEnded: true })
  context.cancel()
  assert.deepEqual([call.reasons, context.cancellation], [[], undefined])
})

test('a context whose caller went away stays in force until the handler ends its response', () => {
  const context = new RequestContext(100)
  const answer = { writableEnded: false }
  context.endsWith(answer)
  context.cancel()
  assert.equal(context.inForce.cancellation?.code, 'ERR_INMESH_CANCELLED')
  answer.writableEnded = true
  assert.equal(context.inForce.cancellation, undefined)
  assert.equal(context.inForce.deadline, Number.POSITIVE_INFINITY)
})
