import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimulatedClock } from '@inmesh/core'
import type { MeshFetch, MeshRequestInit } from '@inmesh/http'
import { type RequestInfo, Response } from 'undici'
import { BreakerOutcomes } from './breaker-outcome.js'
import { GuardedCalls } from './guarded-calls.js'
import type { BreakerOptions } from './service-options.js'
import { resolveServiceOptions } from './service-settings.js'

/** A breaker over a fetch that gives what a test says. */
function breakerOf(options: BreakerOptions = {}, throwsReplies = false) {
  const sent: RequestInfo[] = []
  const next: (Response | Error)[] = []
  const fetch: MeshFetch = async (input) => {
    sent.push(input)
    const result = next.shift() ?? new Response('fine')
    if (result instanceof Error) throw result
    return result
  }
  const clock = new SimulatedClock()
  const outcomes = new BreakerOutcomes()
  const settings = resolveServiceOptions('service reviews', { breaker: { volumeThreshold: 1, ...options } }).breaker!
  const environment = { fetch, clock, throwsReplies, breaks: true, outcomes, guards: new Set<GuardedCalls>() }
  const calls = new GuardedCalls('reviews', settings, environment)
  const { breaker } = calls
  const call = (path = '/', init?: MeshRequestInit): Promise<Response> =>
    calls.send(`http://reviews${path}`, { ...init, mesh: { timeoutMs: 5 } }, path, init)
  return { breaker, call, clock, outcomes, next, sent }
}

const broken = (): Response => new Response('broken', { status: 503 })

describe('a fallback', () => {
  test('answers in place of a failed response, whose body is let go', async () => {
    let cancelled = false
    const body = new ReadableStream({
      cancel() {
        cancelled = true
      },
    })
    const failure = new Response(body, { status: 500 })
    const seen: unknown[] = []
    const { breaker, call, next } = breakerOf({
      fallback: (...args) => {
        seen.push(...args)
        return new Response('cached')
      },
    })
    const told: unknown[] = []
    breaker.on('fallback', (what) => told.push(what))
    next.push(failure)
    const init = { method: 'POST' }
    assert.equal(await (await call('/7', init)).text(), 'cached')
    assert.deepEqual(seen, [failure, '/7', init])
    assert.deepEqual(told, [failure])
    assert.equal(cancelled, true)
    assert.equal(breaker.statistics.fallbacks, 1)
    assert.equal(breaker.statistics.failures, 1)
  })

  test('may give the failed response itself, or one of its body', async () => {
    const { call, next } = breakerOf({
      volumeThreshold: 9,
      fallback: (failure, input) => {
        assert.ok(failure instanceof Response)
        return input === '/' ? failure : new Response(failure.body, { status: 200 })
      },
    })
    next.push(broken(), broken())
    assert.equal(await (await call('/')).text(), 'broken')
    assert.equal(await (await call('/again')).text(), 'broken')
  })

  test('may be made of the fetch that comes with Node, and may take its time', async () => {
    const { call, next } = breakerOf({ fallback: async () => globalThis.Response.json({ cached: true }) })
    next.push(broken())
    assert.deepEqual(await (await call()).json(), { cached: true })
  })

  test('hears of errors, and the caller of those that it throws', async () => {
    const failure = new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })
    const { call, next, outcomes } = breakerOf({
      fallback: (error) => {
        throw new Error('no answer either', { cause: error })
      },
    })
    next.push(failure)
    const error = await call().catch((reason: Error) => reason)
    assert.ok(error instanceof Error)
    assert.equal(error.cause, failure)
    assert.deepEqual(outcomes.of(error), { breaker: 'reviews', state: 'closed', result: 'failure', fallback: true })
  })

  test('answers calls that are not let through, by what the caller would have got', async () => {
    for (const throwsReplies of [false, true]) {
      const failures: unknown[] = []
      const { breaker, call, next, sent } = breakerOf(
        {
          fallback: (failure) => {
            failures.push(failure)
            return new Response('cached')
          },
        },
        throwsReplies,
      )
      next.push(broken())
      await call()
      assert.equal(breaker.state, 'open')
      assert.equal(await (await call()).text(), 'cached')
      assert.equal(sent.length, 1)
      const [, refusal] = failures as [unknown, { status?: number; cause?: { code?: string } }]
      if (throwsReplies) assert.equal(refusal.cause?.code, 'ERR_INMESH_CIRCUIT_OPEN')
      else assert.equal(refusal.status, 503)
    }
  })

  test('is not asked for calls that did not fail', async () => {
    const { call, next } = breakerOf({ fallback: () => assert.fail('nothing failed') })
    assert.equal(await (await call()).text(), 'fine')
    next.push(new TypeError('wrong arguments'))
    await assert.rejects(call(), /wrong arguments/)
  })
})

test('the outcome of a call is known by what its caller got', async () => {
  const { call, next, outcomes, clock } = breakerOf({ resetTimeout: 1000 })
  const first = await call()
  assert.deepEqual(outcomes.of(first), { breaker: 'reviews', state: 'closed', result: 'success', fallback: false })
  const wrong = new TypeError('wrong arguments')
  next.push(wrong, broken(), broken())
  await assert.rejects(call())
  assert.deepEqual(outcomes.of(wrong), { breaker: 'reviews', state: 'closed', result: 'uncounted', fallback: false })
  await call()
  const failed = await call()
  assert.deepEqual(outcomes.of(failed), { breaker: 'reviews', state: 'closed', result: 'failure', fallback: false })
  clock.advance(10_000)
  next.push(broken())
  await call()
  const rejected = await call()
  assert.deepEqual(outcomes.of(rejected), { breaker: 'reviews', state: 'open', result: 'rejected', fallback: false })
  clock.advance(1000)
  const probe = await call()
  assert.deepEqual(outcomes.of(probe), { breaker: 'reviews', state: 'half-open', result: 'success', fallback: false })
  assert.equal(outcomes.of({}), undefined)
})

test('a listener finds the call that it hears of in the statistics', async () => {
  const { breaker, call, next } = breakerOf()
  const seen: number[] = []
  breaker.on('open', () => seen.push(breaker.statistics.failures, breaker.statistics.opened))
  next.push(broken())
  await call()
  assert.deepEqual(seen, [1, 1])
})

test('what a listener throws is an uncaught error and changes nothing for the call', async (context) => {
  const { breaker, call, next } = breakerOf()
  const uncaught: unknown[] = []
  context.mock.method(globalThis, 'queueMicrotask', (callback: () => void) => {
    assert.throws(callback, (error) => uncaught.push(error) > 0)
  })
  breaker.on('open', () => {
    throw new Error('of the listener')
  })
  next.push(broken())
  assert.equal((await call()).status, 503)
  assert.equal(breaker.state, 'open')
  assert.match(String(uncaught), /of the listener/)
})

test('calls are sent as they are to be sent', async () => {
  const inits: unknown[] = []
  const settings = resolveServiceOptions('service reviews', { breaker: {} }).breaker!
  const fetch: MeshFetch = async (_input, init) => {
    inits.push(init)
    return new Response()
  }
  const environment = {
    fetch,
    clock: new SimulatedClock(),
    throwsReplies: false,
    breaks: true,
    outcomes: new BreakerOutcomes(),
    guards: new Set<GuardedCalls>(),
  }
  const init = { mesh: { timeoutMs: 5 } }
  await new GuardedCalls('reviews', settings, environment).send('http://reviews/', init, '/', undefined)
  assert.deepEqual(inits, [init])
})
