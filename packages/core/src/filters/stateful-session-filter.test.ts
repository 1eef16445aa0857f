import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint } from '../cluster/endpoint.js'
import type { SessionCookie, SessionHeader } from '../model/stateful-session-config.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { filterContext, ListEditor } from '../testing/exchange-fixtures.js'
import { endpoint, request } from '../testing/fixtures.js'
import type { FilterContext } from './filter.js'
import { readSessionToken, writeSessionToken } from './session-token.js'
import { StatefulSessionFilter } from './stateful-session-filter.js'

const COOKIE: SessionCookie = { kind: 'cookie', name: 'session', path: '', ttlMs: 0, attributes: [] }

function filter(state: SessionCookie | SessionHeader, strict = false): StatefulSessionFilter {
  return new StatefulSessionFilter('session', state, { kind: 'stateful-session', strict })
}

/** A request that was answered by an endpoint, as the filter sees it. */
function exchange(parts: Parameters<typeof request>[0], port?: number): FilterContext {
  return filterContext({
    request: request(parts),
    clusterName: 'c',
    clock: new SimulatedClock(1_000_000),
    ...(port !== undefined && { endpoint: new Endpoint(endpoint(port)) }),
  })
}

/** Headers that the response gets. */
function answered(by: StatefulSessionFilter, context: FilterContext): string[] {
  const editor = new ListEditor()
  by.request(context)
  by.response(context, { status: 200, headers: editor })
  return editor.list
}

test('the first response brings a cookie that leads the next request to the same endpoint', () => {
  const made = filter(COOKIE)
  const [name, value] = answered(made, exchange({}, 7))
  assert.equal(name, 'set-cookie')
  assert.equal(value, `session="${writeSessionToken('10.0.0.1:7', 0)}"; HttpOnly`)
  const next = exchange({ headers: { cookie: `a=b; ${value!.split(';')[0]}` } }, 7)
  assert.deepEqual(answered(made, next), [], 'the session stays where it is')
  assert.deepEqual(next.overrideHost, { key: '10.0.0.1:7', strict: false })
})

test("a session whose endpoint could not serve it is the next one's", () => {
  const headers = { cookie: `session=${writeSessionToken('10.0.0.1:7', 0)}` }
  assert.deepEqual(answered(filter(COOKIE), exchange({ headers }, 8)), [
    'set-cookie',
    `session="${writeSessionToken('10.0.0.1:8', 0)}"; HttpOnly`,
  ])
})

test('an answer of the mesh itself begins no session', () => {
  assert.deepEqual(answered(filter(COOKIE), exchange({})), [])
})

test('a cookie has its limits, and one whose time is over pins nothing', () => {
  const made = filter({ ...COOKIE, path: '/shop', ttlMs: 60_000, attributes: ['SameSite=Strict'] })
  const [, value] = answered(made, exchange({ path: '/shop/7' }, 7))
  const token = writeSessionToken('10.0.0.1:7', 1060)
  assert.equal(value, `session="${token}"; Max-Age=60; Path=/shop; SameSite=Strict; HttpOnly`)
  const context = exchange({ path: '/shop', headers: { cookie: `session=${writeSessionToken('10.0.0.1:7', 999)}` } })
  made.request(context)
  assert.equal(context.overrideHost, undefined)
})

test('a cookie counts below its path only', () => {
  const made = filter({ ...COOKIE, path: '/shop' })
  const counts = (path: string): boolean => answered(made, exchange({ path }, 7)).length > 0
  assert.deepEqual(['/shop', '/shop/7', '/shop?a', '/shopping', '/'].map(counts), [true, true, true, false, false])
  assert.ok(answered(filter({ ...COOKIE, path: '/shop/' }), exchange({ path: '/shop/7' }, 7)).length > 0)
})

test('a header may hold the address; gRPC does not read it', () => {
  const made = filter({ kind: 'header', name: 'x-session' }, true)
  const token = Buffer.from('10.0.0.1:7').toString('base64')
  assert.deepEqual(answered(made, exchange({}, 7)), ['x-session', token])
  const pinned = exchange({ headers: { 'x-session': token } }, 7)
  assert.deepEqual(answered(made, pinned), [])
  assert.deepEqual(pinned.overrideHost, { key: '10.0.0.1:7', strict: true })
  assert.deepEqual(answered(made, exchange({ view: 'grpc', headers: { 'x-session': token } }, 7)), [])
})

test('gRPC writes the address with its cluster, and knows no strictness (A55, A60)', () => {
  const made = filter(COOKIE, true)
  const [, value] = answered(made, exchange({ view: 'grpc' }, 7))
  const token = Buffer.from('10.0.0.1:7;c').toString('base64')
  assert.equal(value, `session="${token}"; HttpOnly`)
  const next = exchange({ view: 'grpc', headers: { cookie: `session=${token}` } })
  made.request(next)
  assert.deepEqual(next.overrideHost, { key: '10.0.0.1:7', strict: false, cluster: 'c' })
})

test('gRPC reads several addresses, no cluster, and the prefix of older cookies (A60, A61)', () => {
  const pinned = (text: string) => {
    const headers = { cookie: `session=${Buffer.from(text).toString('base64')}` }
    const context = exchange({ view: 'grpc', headers })
    filter(COOKIE).request(context)
    return context.overrideHost
  }
  const key = '10.0.0.1:7'
  assert.deepEqual(pinned(`${key},10.0.0.1:8;other`), { key, strict: false, cluster: 'other' })
  assert.deepEqual(pinned(`${key};cluster:other`), { key, strict: false, cluster: 'other' })
  assert.deepEqual(pinned(key), { key, strict: false, cluster: undefined })
  assert.equal(pinned(';other'), undefined)
})

test('a gRPC session that went to another cluster brings a new cookie (A60)', () => {
  const token = (cluster: string) => Buffer.from(`10.0.0.1:7;${cluster}`).toString('base64')
  const cookies = (cluster: string) =>
    answered(filter(COOKIE), exchange({ view: 'grpc', headers: { cookie: `session=${token(cluster)}` } }, 7))
  assert.deepEqual(cookies('c'), [])
  assert.deepEqual(cookies('other'), ['set-cookie', `session="${token('c')}"; HttpOnly`])
})

test('an address is written as Envoy writes it, and read back until its session ends', () => {
  // The message Cookie { address = "10.0.0.1:80", expires = 300 }.
  const token = Buffer.from([0x0a, 11, ...Buffer.from('10.0.0.1:80'), 0x10, 0xac, 0x02]).toString('base64')
  assert.equal(writeSessionToken('10.0.0.1:80', 300), token)
  assert.deepEqual([readSessionToken(token, 300), readSessionToken(token, 301)], ['10.0.0.1:80', undefined])
  const endless = writeSessionToken('[::1]:80', 0)
  assert.equal(readSessionToken(endless, 9_999_999_999), '[::1]:80')
  const far = writeSessionToken('10.0.0.1:80', 9_999_999_999)
  assert.deepEqual(
    [readSessionToken(far, 9_999_999_999), readSessionToken(far, 10_000_000_000)],
    ['10.0.0.1:80', undefined],
  )
})

test('an address alone is read, as older proxies write it; anything broken is none', () => {
  assert.equal(readSessionToken(Buffer.from('10.0.0.1:80').toString('base64'), 0), '10.0.0.1:80')
  for (const bytes of [[], [0x0a], [0x0a, 0xff], [0x0a, 50, 1], [0x0a, 0], [0x0a, 1, 65, 0x10, 0x80]]) {
    assert.equal(readSessionToken(Buffer.from(bytes).toString('base64'), 0), undefined, String(bytes))
  }
  assert.equal(readSessionToken('', 0), undefined)
})
