import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FaultConfig, FilterOverrides, HttpFilter } from '../model/filter-config.js'
import { filterContext } from '../testing/exchange-fixtures.js'
import { FilterChain } from './filter-chain.js'

const ALWAYS = { perMillion: 1_000_000 }
const context = filterContext()

const filter = (config: Omit<FaultConfig, 'kind'>, name = 'fault', disabled = false): HttpFilter => ({
  name,
  config: { kind: 'fault', ...config },
  disabled,
})

const override = (name: string, config: Omit<FaultConfig, 'kind'> | 'disabled'): FilterOverrides =>
  new Map([[name, config === 'disabled' ? config : { kind: 'fault', ...config }]])

function status(chain: FilterChain): number | undefined {
  const verdict = chain.run(context)
  return verdict.kind === 'local-reply' ? verdict.httpStatus : undefined
}

test('a request passes a chain without filters, and filters that inject nothing are not run', () => {
  assert.equal(FilterChain.compile([], []).run(context).kind, 'continue')
  assert.equal(FilterChain.compile([filter({})], []).length, 0)
})

test('the most specific override replaces the configuration whole', () => {
  const base = [filter({ abort: { fraction: ALWAYS, httpStatus: 500 } })]
  const specific = override('fault', { abort: { fraction: ALWAYS, httpStatus: 418 } })
  const general = override('fault', { abort: { fraction: ALWAYS, httpStatus: 503 } })
  assert.equal(status(FilterChain.compile(base, [])), 500)
  assert.equal(status(FilterChain.compile(base, [specific, general])), 418)
  assert.equal(status(FilterChain.compile(base, [override('other', {}), general])), 503)
  assert.equal(status(FilterChain.compile(base, [override('fault', {}), general])), undefined, 'nothing is merged')
  assert.equal(status(FilterChain.compile(base, [override('fault', 'disabled')])), undefined)
})

test('a filter that is off by default is turned on by an override', () => {
  const base = [filter({ abort: { fraction: ALWAYS, httpStatus: 500 } }, 'fault', true)]
  assert.equal(status(FilterChain.compile(base, [])), undefined)
  const on = override('fault', { abort: { fraction: ALWAYS, httpStatus: 503 } })
  assert.equal(status(FilterChain.compile(base, [on])), 503)
})

test('a filter that is off by default is turned on with its own or a more general configuration', () => {
  const base = [filter({ abort: { fraction: ALWAYS, httpStatus: 500 } }, 'fault', true)]
  const on: FilterOverrides = new Map([['fault', 'enabled']])
  const general = override('fault', { abort: { fraction: ALWAYS, httpStatus: 503 } })
  assert.equal(status(FilterChain.compile(base, [on])), 500)
  assert.equal(status(FilterChain.compile(base, [on, general])), 503)
  assert.equal(status(FilterChain.compile(base, [on, override('fault', 'disabled')])), 500, 'the most specific counts')
  assert.equal(status(FilterChain.compile(base, [override('fault', 'disabled'), on])), undefined)
})

test('a request does not pass a filter that is not carried out, once an override turns it on', () => {
  const guard: HttpFilter = { name: 'rbac', config: { kind: 'guard', reason: 'no RBAC yet' }, disabled: true }
  assert.equal(status(FilterChain.compile([guard], [])), undefined)
  const verdict = FilterChain.compile([guard], [new Map([['rbac', 'enabled']])]).run(context)
  assert.ok(verdict.kind === 'local-reply')
  assert.equal(verdict.code, 'ERR_INMESH_ROUTE_UNSUPPORTED')
  assert.match(verdict.detail, /rbac: no RBAC yet/)
})

test('after a wait the chain goes on behind the filter that waited', () => {
  const chain = FilterChain.compile(
    [
      filter({ delay: { durationMs: 10, fraction: ALWAYS } }, 'first'),
      filter({ delay: { durationMs: 20, fraction: ALWAYS } }, 'second'),
      filter({ abort: { fraction: ALWAYS, httpStatus: 500 } }, 'third'),
    ],
    [],
  )
  const first = chain.run(context)
  assert.ok(first.kind === 'wait' && first.delayMs === 10)
  const second = first.resume(context)
  assert.ok(second.kind === 'wait' && second.delayMs === 20)
  const third = second.resume(context)
  assert.ok(third.kind === 'local-reply' && third.detail.includes('third'))
})

test('delay and abort of one filter throw dice of their own, the delay first', () => {
  const half = { perMillion: 500_000 }
  const chain = FilterChain.compile(
    [filter({ delay: { durationMs: 5, fraction: half }, abort: { fraction: half, httpStatus: 500 } })],
    [],
  )
  const seen = new Map<string, number>()
  for (let round = 0; round < 4000; round++) {
    let verdict = chain.run(context)
    const delayed = verdict.kind === 'wait'
    if (verdict.kind === 'wait') verdict = verdict.resume(context)
    const outcome = `${delayed ? 'delayed' : 'at once'}, ${verdict.kind}`
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
  }
  assert.equal(seen.size, 4)
  for (const [outcome, count] of seen) assert.ok(Math.abs(count - 1000) < 150, `${outcome}: ${count}`)
})

const statuses: [http: number, grpc: number][] = [
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [503, 14],
  [200, 2],
  [500, 2],
]
for (const [http, grpc] of statuses) {
  test(`an abort with HTTP ${http} is gRPC status ${grpc} (A33)`, () => {
    const verdict = FilterChain.compile([filter({ abort: { fraction: ALWAYS, httpStatus: http } })], []).run(context)
    assert.ok(verdict.kind === 'local-reply')
    assert.deepEqual([verdict.httpStatus, verdict.grpcStatus, verdict.flag], [http, grpc, 'FI'])
  })
}
